"""`make run`: the demonstration starts, and every line that it prints to try does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ports import free_port, wait_until
from tests.support.process import Service

DEMO = Path(__file__).parents[2] / "config" / "demo.toml"

EXPECTED = {
    "clean": "<-  250 2.0.0",
    "an executable": "<** 550 5.7.1 Message blocked: executable attachment (nexus-mat 5.11.3). Reference ",
    "a prohibited phrase": "<** 550 5.7.1 Message blocked: ",
    "marked personal": "<-  250 2.0.0",
    "the EICAR": "<** 550 5.7.1 Message blocked: ",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the demonstration's configuration, on other ports."""
    text = DEMO.read_text().replace(":2525", f":{free_port()}").replace(":9108", f":{free_port()}")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "demo.toml").write_text(text)
    return tmp_path


def hints(printed: str) -> dict[str, str]:
    """The commands that were printed, each by the comment above it."""
    return dict(re.findall(r"^  # ([^:]*):.*\n  (.*swaks .*)$", printed, re.MULTILINE))


def test_every_printed_line_does_what_it_says(folder: Path) -> None:
    command = [sys.executable, "-m", "gateway.cli", "run", "-c", "config/demo.toml", "--demo"]
    memory = {"RUNTIME_DIRECTORY": str(folder / "memory")}
    service = Service("gateway", command, folder, directory=folder, environment=memory)
    try:
        wait_until(lambda: "Ctrl-C ends it." in service.errors or not service.running, "the hints", 30)
        found = hints(service.errors)
        assert len(found) == len(EXPECTED)
        for start, answer in EXPECTED.items():
            (line,) = [line for comment, line in found.items() if comment.startswith(start)]
            done = subprocess.run(
                ["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=30, check=False
            )
            assert answer in done.stdout, f"{line}\n{done.stdout}{done.stderr}"
        delivered = sorted((folder / "var" / "demo" / "mail" / "new").iterdir())
        assert len(delivered) == 2
        assert b"X-Postern-Privacy: personal" in b"".join(path.read_bytes() for path in delivered)
    finally:
        assert service.stop() == 0
