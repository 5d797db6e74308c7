"""The systemd units: sound in systemd's own eyes, hardened, and in step with the gateway's settings."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

from gateway.config import Gateway
from tests.support.gateway import ROOT
from tests.support.root import as_root
from tests.support.smtp_tools import program

UNITS = sorted((ROOT / "systemd").glob("*.service"))
MAX_EXPOSURE = 20  # tenths; systemd calls everything below 20 "OK"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run it; standard error joined to standard output."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def copy_of(unit: Path, folder: Path) -> Path:
    """The unit with a program that exists on this machine in the place of the one that it starts."""
    lines = unit.read_text().splitlines()
    start = [number for number, line in enumerate(lines) if line.startswith("ExecStart=")]
    assert len(start) == 1
    assert lines[start[0]].split()[1:] == ["run", "-c", "/etc/postern/postern.toml"]
    lines[start[0]] = f"ExecStart={program('true')}"
    copy = folder / unit.name
    copy.write_text("\n".join(lines) + "\n")
    return copy


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_verify_has_no_complaint(unit: Path, tmp_path: Path) -> None:
    done = run(program("systemd-analyze"), "verify", "--man=no", str(copy_of(unit, tmp_path)))
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_hardened(unit: Path, tmp_path: Path) -> None:
    copy = copy_of(unit, tmp_path)
    done = run(
        program("systemd-analyze"),
        *("security", "--offline=true", "--no-pager", f"--threshold={MAX_EXPOSURE}", str(copy)),
    )
    assert done.returncode == 0, done.stdout


def test_service_gives_the_gateway_time_to_stop() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "systemd/postern.service")
    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) > Gateway(hostname="mail.school.example").stop_timeout
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0


def test_account_and_folders_are_made(tmp_path: Path) -> None:
    root = as_root("Folders of another user are made by root only")
    image = tmp_path / "image"
    (image / "etc").mkdir(parents=True)
    account = run(*root, "systemd-sysusers", f"--root={image}", str(ROOT / "systemd/postern.sysusers"))
    assert account.returncode == 0, account.stdout
    assert "postern:" in (image / "etc/passwd").read_text()

    folders = run(
        *root, "systemd-tmpfiles", "--create", f"--root={image}", str(ROOT / "systemd/postern.tmpfiles")
    )
    assert folders.returncode == 0, folders.stdout
    mode = run(*root, "stat", "--format=%a %n", str(image / "var/lib/postern"), str(image / "etc/postern"))
    assert [line.split()[0] for line in mode.stdout.splitlines()] == ["700", "750"]
