"""`postern scan`, `check` and `version` as commands: what they print, and what they exit with."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.conftest import StartGateway
from tests.support.gateway import ROOT, Gateway
from tests.support.messages import EICAR, PROGRAM, message, with_attachment
from tests.support.next_hop import NextHop

CONTRACT = {"file", "action", "findings", "personal", "parts"}
CLEAN = message("Lunch", "Hello.")
BETS = message("Claim your free casino bonus today", "Hello.")
SAMPLES = {
    "clean": CLEAN,
    "bets": BETS,
    "personal": message("[Personal] Lunch", "Hello."),
    "program": with_attachment("Photos", PROGRAM, "photo.exe"),
    "disguised": with_attachment("Photos", PROGRAM, "photo.pdf"),
    "image": with_attachment("An image", b"x" * 100, "disk.iso"),
    "virus": message("Hello", EICAR.decode()),
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Gateway(tmp_path_factory.mktemp("scan"), "127.0.0.1:1", start=False).config_file


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    for name, content in SAMPLES.items():
        (folder / f"{name}.eml").write_bytes(content)
    return folder


def postern(*words: str | Path) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `postern WORDS`."""
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done.exit_code, done.stdout, done.stderr


def scan_json(config: Path, *paths: Path) -> tuple[int, list[dict[str, object]]]:
    status, output, _ = postern("scan", "-c", config, "--json", *paths)
    found = [json.loads(line) for line in output.splitlines()]
    for item in found:
        assert set(item) >= CONTRACT
    return status, found


def test_every_sample_has_its_verdict(config: Path, samples: Path) -> None:
    status, found = scan_json(config, samples)
    actions = {Path(str(item["file"])).stem: item["action"] for item in found}
    assert actions == {
        "bets": "reject", "clean": "relay", "disguised": "reject", "image": "quarantine",
        "personal": "relay", "program": "reject", "virus": "reject",
    }  # fmt: skip
    assert list(actions) == sorted(actions), "in the order of the names"
    assert {Path(str(item["file"])).stem for item in found if item["personal"]} == {"personal"}
    assert status == 1


@pytest.mark.parametrize(
    ("names", "status"),
    [(["clean"], 0), (["clean", "personal"], 0), (["clean", "bets"], 1), (["image"], 1)],
)
def test_the_exit_status(config: Path, samples: Path, names: Sequence[str], status: int) -> None:
    assert postern("scan", "-c", config, *[samples / f"{name}.eml" for name in names])[0] == status


def test_the_text_says_what_clause_and_where(config: Path, samples: Path) -> None:
    status, output, _ = postern("scan", "-c", config, samples / "program.eml", samples / "clean.eml")
    assert status == 1
    first = output.splitlines()[0]
    assert first == f"{samples / 'program.eml'}: reject"
    assert "nexus-mat 5.11.3" in output
    assert "photo.exe" in output
    assert f"{samples / 'clean.eml'}: relay" in output.splitlines()


def test_the_gateway_says_the_same(
    gateway: StartGateway, next_hop: NextHop, config: Path, samples: Path
) -> None:
    """Promise 5: `postern scan` gives the verdict that the message has in transit."""
    instance = gateway(next_hop.address)
    _, found = scan_json(config, samples)
    for item in found:
        with smtplib.SMTP("127.0.0.1", instance.port, "x.example", 10) as client:
            client.ehlo()
            client.mail("ann@elsewhere.example")
            client.rcpt("bob@school.example")
            code, text = client.docmd("DATA")
            client.send(Path(str(item["file"])).read_bytes() + b".\r\n")
            code, text = client.getreply()
        expected = {
            "relay": (250, "Ok"),
            "quarantine": (250, "Reference"),
            "reject": (550, "Message blocked"),
        }
        wanted, words = expected[str(item["action"])]
        assert code == wanted, item["file"]
        assert words in text.decode()


def test_a_file_that_is_not_there(config: Path, samples: Path) -> None:
    status, output, errors = postern("scan", "-c", config, samples / "clean.eml", samples / "missing.eml")
    assert status == 2
    assert "missing.eml" in output + errors
    status, output, _ = postern("scan", "-c", config, "--json", samples / "missing.eml")
    assert status == 2
    assert [set(json.loads(line)) >= CONTRACT for line in output.splitlines()] == [True]


def test_a_bad_configuration_is_an_error_not_a_verdict(tmp_path: Path, samples: Path) -> None:
    bad = tmp_path / "postern.toml"
    bad.write_text("[gatewy]\n")
    status, output, errors = postern("scan", "-c", bad, samples / "clean.eml")
    assert (status, output) == (2, "")
    assert "gatewy" in errors


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_in_any_encoding(config: Path, tmp_path: Path, form: list[str], encoding: str) -> None:
    """File names need not be UTF-8, and a terminal need not know every character."""
    for name in (b"caf\xe9.eml", "\u7528\u6237.eml".encode(), b"new\nline\x1b[2J.eml"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(
            with_attachment("\u00c9", b"x", "zo\u00eb \u7528.pdf", "application/pdf")
        )
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "scan", "-c", config, *form, tmp_path],
        capture_output=True, timeout=60, cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr.decode("utf-8", "replace")[-300:]
    output = done.stdout.decode("utf-8", "surrogateescape")
    assert done.returncode == 0
    assert "\x1b" not in output
    if form:
        assert len([json.loads(line) for line in output.splitlines()]) == 3


def test_check(config: Path, tmp_path: Path) -> None:
    status, output, errors = postern("check", "-c", config)
    assert (status, errors) == (0, "")
    assert "no problems" in output
    bad = tmp_path / "postern.toml"
    bad.write_text(config.read_text().replace("hostname", "hostnmae").replace("nexus-mat", "nexus-matt"))
    status, output, errors = postern("check", "-c", bad)
    assert (status, output) == (1, "")
    assert f"{bad}:" in errors
    assert 'Did you mean "hostname"?' in errors


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    for verb in ("check", "run", "reload"):
        status, _, errors = postern(verb, "-c", tmp_path / "none.toml")
        assert status == 1
        assert "none.toml" in errors


def test_version() -> None:
    status, output, _ = postern("version")
    assert status == 0
    assert output.startswith("postern ")
    assert output.split()[1][0].isdigit()
