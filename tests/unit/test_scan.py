"""`postern scan` as functions: the verdict that the gateway would give, whatever the file is."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.inspection import Inspection
from gateway.loaded import Loaded, load_all
from gateway.model import Direction
from gateway.policy.decide import decide
from gateway.scan import ScanResult, files_of, scan, text_lines
from gateway.stages.base import Context
from tests.support.gateway import config_text
from tests.support.messages import PROGRAM, message, with_attachment
from tests.unit.test_inspection import Observer

CATEGORIES = """
[category.inspection-fault]
label = "fault"
description = "x"
[category.not-inspected]
label = "content that cannot be inspected"
description = "x"
[category.encrypted]
label = "encrypted content"
description = "x"
[category.ambiguous]
label = "damaged message"
description = "x"
[category.ambiguous-text]
label = "damaged text"
description = "x"
[category.gambling]
label = "gambling"
description = "x"
[category.executable]
label = "executable attachment"
description = "x"
[category.noise]
label = "noise"
description = "x"
"""
KEYWORDS = """
[[rule]]
id = "betting"
category = "gambling"
terms = ["place your bets"]
must_match = ["Place your bets now"]
must_not_match = ["Placement of beds"]
[[rule]]
id = "loud"
category = "noise"
terms = ["hurrah"]
must_match = ["Hurrah"]
must_not_match = ["Hura"]
"""
ATTACHMENTS = """
[[rule]]
id = "program-name"
category = "executable"
extensions = ["exe"]
must_match = ["a.exe"]
must_not_match = ["a.txt"]
"""
PROFILE = """
title = "For tests"
[category.gambling]
clause = "5.11"
action = { inbound = "reject", outbound = "quarantine", internal = "relay" }
[category.executable]
clause = "6.3"
action = "reject"
[category.noise]
clause = "7"
action = "tag"
"""
PIECES = (
    *(b"Subject: place your bets\r\n", b"\r\n", b"place your bets ", b"hurrah ", b"--x\r\n", b"--x--\r\n"),
    *(b"Content-Type: multipart/mixed; boundary=x\r\n", b"Content-Type: text/html\r\n", b"<b>", b"\0"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: a/b; name=a.exe\r\n", b"word " * 50),
)
CLEAN = message("Lunch", "Hello.")
BETTING = message("Lunch", "Please place your bets.")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("configured")
    for name, text in {
        "categories": CATEGORIES, "keywords/test": KEYWORDS, "attachments/test": ATTACHMENTS, "profiles/test": PROFILE
    }.items():  # fmt: skip
        file = folder / "rules" / f"{name}.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    sections = {
        "gateway": {"hostname": "gw.example", "local_domains": ["school.example"], "state_dir": "state"},
        "policy": {"profile": "test", "rulesets": "rules"},
    }
    listener = {"name": "in", "bind": "127.0.0.1:25", "relay_to": "127.0.0.1:26"}
    config = folder / "postern.toml"
    config.write_text(config_text(sections, [listener]))  # type: ignore[arg-type]
    found, problems = load_all(config)
    assert found is not None, problems
    return found


def scanned(loaded: Loaded, *paths: Path, direction: Direction = Direction.INBOUND) -> list[ScanResult]:
    return list(scan(loaded, paths, direction))


def one(loaded: Loaded, folder: Path, content: bytes, direction: Direction = Direction.INBOUND) -> ScanResult:
    file = folder / "message.eml"
    file.write_bytes(content)
    [result] = scanned(loaded, file, direction=direction)
    return result


@pytest.mark.parametrize(
    ("content", "direction", "action", "relayable"),
    [
        (CLEAN, Direction.INBOUND, "relay", True),
        (BETTING, Direction.INBOUND, "reject", False),
        (BETTING, Direction.OUTBOUND, "quarantine", False),
        (BETTING, Direction.INTERNAL, "relay", True),
        (message("Hurrah", "x"), Direction.INBOUND, "tag", True),
        (with_attachment("x", PROGRAM, "a.exe"), Direction.OUTBOUND, "reject", False),
    ],
)
def test_the_verdict(
    loaded: Loaded, tmp_path: Path, content: bytes, direction: Direction, action: str, relayable: bool
) -> None:
    result = one(loaded, tmp_path, content, direction)
    assert (result.as_json()["action"], result.relayable) == (action, relayable)


def test_the_json_object_has_what_the_contract_promises(loaded: Loaded, tmp_path: Path) -> None:
    found = one(loaded, tmp_path, with_attachment("[Personal] place your bets", PROGRAM, "a.exe")).as_json()
    assert found["file"] == str(tmp_path / "message.eml")
    assert found["personal"] is True
    assert {"stage", "rule", "category", "clause", "part", "filename"} <= set(found["findings"][0])
    [program] = [finding for finding in found["findings"] if finding["rule"] == "program-name"]
    assert (program["category"], program["clause"], program["part"], program["filename"]) == (
        "executable", "6.3", "2", "a.exe",
    )  # fmt: skip
    assert [part["path"] for part in found["parts"]] == ["1", "2"]
    assert set(found["parts"][1]) == {
        *("path", "view", "content_type", "detected_type", "filename", "filenames", "size", "defects"),
    }
    assert (found["parts"][1]["filename"], found["parts"][1]["size"]) == ("a.exe", len(PROGRAM))


def test_line_endings_of_a_file_make_no_difference(loaded: Loaded, tmp_path: Path) -> None:
    for content in (BETTING, BETTING.replace(b"\r\n", b"\n"), BETTING.replace(b"\r\n", b"\r")):
        assert one(loaded, tmp_path, content).as_json()["action"] == "reject"


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\0" * 1000, b"no header at all", b"\xff" * 300_000])
def test_any_file_gets_a_verdict(loaded: Loaded, tmp_path: Path, content: bytes) -> None:
    result = one(loaded, tmp_path, content)
    assert result.error is None
    assert list(text_lines(result, "test"))


def test_a_file_that_cannot_be_read_is_an_error_and_the_rest_goes_on(loaded: Loaded, tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(CLEAN)
    missing, result = scanned(loaded, tmp_path / "missing.eml", good)
    assert missing.error
    assert not missing.relayable
    assert {"file", "action", "findings", "personal", "parts"} <= set(missing.as_json()), (
        "the contract's fields"
    )
    assert result.relayable
    assert [str(tmp_path / "missing.eml") in line for line in text_lines(missing, "test")] == [True]


def test_folders_are_read_with_what_is_below_in_order(tmp_path: Path) -> None:
    for name in ("b.eml", "a/2.eml", "a/1.eml", "c.eml"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(CLEAN)
    os.symlink(tmp_path / "gone", tmp_path / "dangling")
    os.mkfifo(tmp_path / "pipe")
    assert [str(path.relative_to(tmp_path)) for path in files_of([tmp_path, tmp_path / "b.eml"])] == [
        "a/1.eml", "a/2.eml", "b.eml", "c.eml", "b.eml",
    ]  # fmt: skip


def test_the_state_folder_is_left_alone(loaded: Loaded, tmp_path: Path) -> None:
    state = loaded.settings.gateway.state_dir
    before = set(state.rglob("*"))
    one(loaded, tmp_path, with_attachment("x", b"y" * 3_000_000, "a.bin"))
    assert set(state.rglob("*")) == before


def test_names_cannot_play_with_the_terminal(loaded: Loaded, tmp_path: Path) -> None:
    name = "=?utf-8?b?G1sySmEuZXhl?="  # ESC [2J a.exe
    for line in text_lines(one(loaded, tmp_path, with_attachment("x", PROGRAM, name)), "test"):
        assert line.isprintable(), repr(line)


@given(
    pieces=st.lists(
        st.sampled_from(PIECES),
        max_size=12,
    ),
    block=st.integers(1, 400),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scan_says_what_the_gateway_would_do(
    loaded: Loaded, tmp_path: Path, pieces: list[bytes], block: int
) -> None:
    """Promise 5: the same findings offline as in the SMTP server, however the message arrives there."""

    async def as_the_server_does() -> tuple[object, object]:
        inspection = Inspection(loaded.inspector(Observer(), None), Context(Direction.INBOUND))
        try:
            for position in range(0, len(content), block):
                await inspection.feed(content[position : position + block])
            await inspection.finish()
            return decide(inspection.findings, loaded.profile, Direction.INBOUND), inspection.privacy
        finally:
            inspection.close()

    content = b"".join(pieces)
    (loaded.settings.gateway.state_dir / "spool").mkdir(parents=True, exist_ok=True)
    result = one(loaded, tmp_path, content)
    assert (result.verdict, result.privacy) == asyncio.run(as_the_server_does())
    assert json.loads(json.dumps(result.as_json()))["action"] == result.verdict.action


def test_other_readings_are_named_and_defects_explained(loaded: Loaded, tmp_path: Path) -> None:
    content = (
        b"Subject: x\r\nContent-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n--b--\r\n"
    )
    result = one(loaded, tmp_path, content)
    _, finding, readings = text_lines(result, "test")
    assert "mime/duplicate-field in the message: A Content- field" in finding
    assert "(At octet " in finding
    assert readings.strip().startswith("read in 2 ways: as most mail programs do; type text/plain ")
    found = result.as_json()
    assert {part["view"] for part in found["parts"]} == {"", "type text/plain"}
    assert [(one["name"], one["severity"], one["part"]) for one in found["defects"]] == [
        ("duplicate-field", "suspect", "")
    ]
