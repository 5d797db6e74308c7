"""Wheel and source archive: they build, hold what a site needs, and work when installed elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import gateway as package
from tests.support.gateway import ROOT


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    """Standard output of the command; AssertionError with everything it said where it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel, built from the source archive, and that archive."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--outdir", folder, ROOT], folder)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def relative_files(folder: str) -> set[str]:
    """Every file in a folder of the repository, relative to it, without what Python leaves there."""
    return {
        str(file.relative_to(ROOT / folder))
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    }


def test_wheel_holds_code_rules_and_examples(archives: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(archives[0]) as wheel:
        names = set(wheel.namelist())
    for folder in ("rulesets", "config", "systemd"):
        wanted = {f"gateway/share/{folder}/{name}" for name in relative_files(folder)}
        assert wanted, f"{folder} is empty"
        assert wanted <= names
    code = {name for name in relative_files("gateway") if name.endswith((".py", ".mako"))}
    assert {f"gateway/{name}" for name in code} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_source_archive_holds_everything(archives: tuple[Path, Path]) -> None:
    with tarfile.open(archives[1]) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    for folder in ("gateway", "rulesets", "config", "systemd", "docs", "tests"):
        assert {f"{folder}/{name}" for name in relative_files(folder)} <= names
    assert {"Makefile", "README.md", "pyproject.toml", "requirements.lock"} <= names


def test_installed_command_works_without_the_repository(archives: tuple[Path, Path], tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = (
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        site,
    )
    run([sys.executable, *install, archives[0]], tmp_path)
    environment = {"PYTHONPATH": str(site)}
    where = run([sys.executable, "-c", "import gateway; print(gateway.__file__)"], tmp_path, **environment)
    assert where.startswith(str(site))
    assert package.__version__ in run([site / "bin/postern", "version"], tmp_path, **environment)
    demo = site / "gateway/share/config/demo.toml"
    run([site / "bin/postern", "check", "-c", demo], tmp_path, **environment)
