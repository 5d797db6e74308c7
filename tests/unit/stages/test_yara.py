import base64
from pathlib import Path

import pytest

from gateway.mime.event import Kind
from gateway.model import Direction, Finding
from gateway.policy.yara_rules import YaraMatcher, load_yara
from gateway.spool import Spool
from gateway.stages import yara as yara_stage
from gateway.stages.base import Context, Message, Part, StageRun
from gateway.stages.yara import Raw, YaraStage

SOURCE = """
rule wombat { meta: category = "malware" strings: $a = "wombat" condition: $a }
rule at_start { meta: category = "malware" strings: $a = "koala" condition: $a at 0 }
rule named { meta: category = "executable" condition: extension == "exe" and filename != "" }
rule typed { meta: category = "executable" condition: filetype == "application/x-dosexec" }
rule outward { meta: category = "confidential" strings: $a = "secret" condition: $a and direction == "outbound" }
rule both { meta: category = "malware" strings: $a = "first" $b = "second" condition: $a and $b }
"""
CATEGORIES = {"malware": None, "executable": None, "confidential": None}


@pytest.fixture
def matcher(tmp_path: Path) -> YaraMatcher:
    return compiled(tmp_path, SOURCE)


def compiled(folder: Path, source: str) -> YaraMatcher:
    path = folder / "rules.yar"
    path.write_text(source, encoding="utf-8")
    matcher, problems = load_yara(folder, [path], CATEGORIES)
    assert problems == []
    assert matcher is not None
    return matcher


def start(
    matcher: YaraMatcher, direction: Direction = Direction.INBOUND, raw: Raw = "outside-base64"
) -> StageRun:
    return YaraStage(matcher, raw, 10).start(Context(direction))


def spool(content: bytes, memory: int = 1 << 20) -> Spool:
    held = Spool(None, memory)
    held.write(content)
    return held


def part(content: bytes, *filenames: str, detected: str = "text/plain", memory: int = 1 << 20) -> Part:
    found = Part("1", Kind.BODY, "text/plain", (), "", filenames, "", spool(content, memory))
    found.detected_type = detected
    return found


def rules(run: StageRun, seen: Part) -> list[str]:
    return [found.rule for found in run.part(seen)]


def finish(run: StageRun, raw: bytes, *opaque: tuple[int, int], memory: int = 1 << 20) -> list[Finding]:
    return list(run.finish(Message(spool(raw, memory), list(opaque))))


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_a_leaf(matcher: YaraMatcher, memory: int) -> None:
    seen = part(b"a wombat, a wombat", "notes.txt", memory=memory)
    assert list(start(matcher).part(seen)) == [
        Finding("yara", "wombat", "malware", "1", "notes.txt", "rules.yar")
    ]


def test_an_empty_leaf(matcher: YaraMatcher) -> None:
    assert rules(start(matcher), part(b"", "a.exe")) == []


def test_name_type_and_direction(matcher: YaraMatcher) -> None:
    assert rules(start(matcher), part(b"x", "Setup.EXE")) == ["named"]
    assert rules(start(matcher), part(b"x", "setup.exe. ")) == ["named"]
    assert rules(start(matcher), part(b"x", detected="application/x-dosexec")) == ["typed"]
    assert rules(start(matcher), part(b"secret")) == []
    assert rules(start(matcher, Direction.OUTBOUND), part(b"secret")) == ["outward"]


def test_every_candidate_name_is_tried(matcher: YaraMatcher) -> None:
    found = list(start(matcher).part(part(b"wombat", "photo.png", "photo.exe")))
    assert [(item.rule, item.filename) for item in found] == [("wombat", "photo.png"), ("named", "photo.png")]


def test_more_names_than_are_tried(matcher: YaraMatcher) -> None:
    eight = [f"{number}.txt" for number in range(8)]
    assert rules(start(matcher), part(b"x", *eight, *eight)) == []
    assert rules(start(matcher), part(b"x", *eight, "8.exe")) == ["yara-too-many-names"]


def test_names_do_not_matter_where_no_rule_asks_for_them(tmp_path: Path) -> None:
    nameless = compiled(
        tmp_path, 'rule a { meta: category = "malware" strings: $a = "wombat" condition: $a }'
    )
    assert rules(start(nameless), part(b"wombat", *[f"{number}.txt" for number in range(20)])) == ["a"]


def test_a_name_of_which_nothing_is_left(matcher: YaraMatcher) -> None:
    assert rules(start(matcher), part(b"wombat", " . ")) == ["wombat"]


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_the_message_as_it_stands_on_the_wire(matcher: YaraMatcher, memory: int) -> None:
    found = finish(start(matcher), b"X-Wombat: wombat\r\n\r\ntext", memory=memory)
    assert found == [Finding("yara", "wombat", "malware", "", None, "rules.yar")]


def test_what_a_leaf_had_is_not_told_again(matcher: YaraMatcher) -> None:
    run = start(matcher)
    assert rules(run, part(b"wombat")) == ["wombat"]
    assert [found.rule for found in finish(run, b"Subject: first wombat\r\n\r\nsecond")] == ["both"]


def test_well_formed_base64_is_left_out(matcher: YaraMatcher) -> None:
    raw = b"first " + base64.b64encode(b"x" * 30) + b" wombat second"
    assert [found.rule for found in finish(start(matcher), raw, (6, 46))] == ["wombat", "both"]
    hidden = b"-- wombat --"
    assert finish(start(matcher), hidden, (3, 9)) == []
    assert finish(start(matcher), b"wombat", (0, 6)) == []


def test_the_ends_of_what_is_left_out_do_not_grow_together(matcher: YaraMatcher) -> None:
    assert finish(start(matcher), b"wom====bat", (3, 7)) == []


def test_all_of_the_wire_form_where_that_is_set(matcher: YaraMatcher) -> None:
    found = finish(start(matcher, raw="whole"), b"-- wombat --", (3, 9))
    assert [item.rule for item in found] == ["wombat"]


def test_no_message(matcher: YaraMatcher) -> None:
    assert finish(start(matcher), b"") == []


@pytest.mark.parametrize("place", [0, 250, 997, 1000, 1003, 1999, 2994])
def test_a_long_wire_form_is_matched_in_pieces(
    matcher: YaraMatcher, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(yara_stage, "_PIECE", 1000)
    monkeypatch.setattr(yara_stage, "_OVERLAP", 20)
    monkeypatch.setattr("gateway.spool.BLOCK", 250)
    raw = bytearray(b"." * 3000)
    raw[place : place + 6] = b"wombat"
    assert [found.rule for found in finish(start(matcher), bytes(raw))] == ["wombat"]


def test_too_much_time(tmp_path: Path) -> None:
    slow = compiled(
        tmp_path, 'rule slow { meta: category = "malware" strings: $a = /(x+x+)+y/ condition: $a }'
    )
    run = YaraStage(slow, "outside-base64", 0.2).start(Context(Direction.INBOUND))
    with pytest.raises(TimeoutError):
        run.part(part(b"xx" * 2_000_000))


def test_a_rule_that_was_given_up_is_told(tmp_path: Path) -> None:
    busy = compiled(
        tmp_path, 'rule many { meta: category = "malware" strings: $a = "ab" condition: #a > 3000000 }'
    )
    assert list(start(busy).part(part(b"ab" * 1_100_000))) == [
        Finding("yara", "yara-gave-up", "not-inspected", "1", None, 'the rule "many" matched too often')
    ]
