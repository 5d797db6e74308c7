from pathlib import Path
from typing import Any

import pytest

from gateway.mime.event import Kind
from gateway.mime.header import Field, Header
from gateway.model import Direction, Finding
from gateway.policy.file_model import RuleFile
from gateway.policy.keyword_rules import KeywordFile, KeywordMatcher, keyword_rules
from gateway.spool import Spool
from gateway.stages.base import Context, Part, StageRun
from gateway.stages.keyword import KeywordStage
from gateway.toml_file import Document


def matcher() -> KeywordMatcher:
    rules: list[dict[str, Any]] = [
        {"id": "poker", "category": "gambling", "terms": ["poker", "free casino bonus"]},
        {"id": "secret", "category": "child-abuse", "terms": ["wombat"]},
        {"id": "title", "category": "gambling", "terms": ["roulette"], "scope": ["subject"]},
    ]
    data = {"rule": [{"must_match": ["-"], "must_not_match": ["-"], **rule} for rule in rules]}
    file = RuleFile(Document(Path("k.toml"), "", data), KeywordFile.model_validate(data))
    return KeywordMatcher(keyword_rules([file]))


@pytest.fixture
def run() -> StageRun:
    return start()


def start(text_octets: int = 1 << 20) -> StageRun:
    return KeywordStage(matcher(), text_octets, ["child-abuse"]).start(Context(Direction.INBOUND))


def part(
    content: bytes,
    declared: str = "text/plain",
    *filenames: str,
    charset: str | None = None,
    detected: str = "",
) -> Part:
    body = Spool(None, 1 << 20)
    body.write(content)
    found = Part("1", Kind.BODY, declared, (charset,) if charset else (), "", filenames, "", body)
    found.detected_type = detected or declared
    return found


def rules(run: StageRun, seen: Part) -> list[str]:
    return [found.rule for found in run.part(seen)]


def header(*subjects: bytes) -> Header:
    return Header(tuple(Field("subject", subject, 0, 0) for subject in subjects))


def test_the_subject(run: StageRun) -> None:
    assert list(run.header("", header(b"Poker and roulette"))) == [
        Finding("keyword", "poker", "gambling", "", None, '"poker"'),
        Finding("keyword", "title", "gambling", "", None, '"roulette"'),
    ]


def test_an_encoded_subject(run: StageRun) -> None:
    assert [found.rule for found in run.header("", header(b"=?utf-8?Q?Po?= =?utf-8?B?a2Vy?="))] == ["poker"]


def test_every_subject_counts(run: StageRun) -> None:
    found = list(run.header("2", header(b"Lunch", b"poker")))
    assert [(item.rule, item.part) for item in found] == [("poker", "2")]


def test_no_subject(run: StageRun) -> None:
    assert list(run.header("", Header())) == []


def test_the_text(run: StageRun) -> None:
    assert list(run.part(part(b"Poker, poker\r\nand free\r\ncasino bonus"))) == [
        Finding("keyword", "poker", "gambling", "1", None, '"poker", 3 times')
    ]


def test_what_is_for_subjects_only(run: StageRun) -> None:
    assert rules(run, part(b"roulette")) == []


def test_a_character_set(run: StageRun) -> None:
    assert rules(run, part("poker".encode("utf-16-le"), charset="utf-16-le")) == ["poker"]


def test_html_as_it_is_read(run: StageRun) -> None:
    assert rules(run, part(b"<p>free <b>casino</b>&nbsp;bonus</p>", "text/html")) == ["poker"]
    assert rules(run, part(b"po<i></i>ker", "text/html")) == ["poker"]


def test_html_that_is_declared_as_something_else(run: StageRun) -> None:
    for declared in ("text/plain", "application/octet-stream"):
        assert rules(run, part(b"<html>po<b>ker</b>", declared, detected="text/html")) == ["poker"]


def test_text_that_is_declared_as_html(run: StageRun) -> None:
    assert rules(run, part(b"a < poker > b", "text/html", detected="text/plain")) == ["poker"]


def test_text_with_another_declared_type(run: StageRun) -> None:
    assert rules(run, part(b"poker", "application/octet-stream", detected="text/plain")) == ["poker"]
    assert rules(run, part(b'{"a": "poker"}', "application/json")) == ["poker"]


def test_text_whose_declared_type_is_not_one_of_text(run: StageRun) -> None:
    for declared in ("application/javascript", "application/rtf", "message/partial"):
        assert rules(run, part(b"poker", declared, detected="text/plain")) == ["poker"]


def test_what_is_no_text(run: StageRun) -> None:
    assert rules(run, part(b"poker", "image/png", detected="image/png")) == []


def test_a_file_name(run: StageRun) -> None:
    assert list(run.part(part(b"", "image/png", "photo.png", "free_casino_bonus.png"))) == [
        Finding("keyword", "poker", "gambling", "1", "free_casino_bonus.png", '"free casino bonus"')
    ]


def test_the_text_of_an_attached_file(run: StageRun) -> None:
    (found,) = run.part(part(b"poker", "text/plain", "notes.txt"))
    assert found.filename == "notes.txt"


def test_findings_that_must_not_repeat_what_was_found(run: StageRun) -> None:
    assert [found.detail for found in run.part(part(b"a wombat"))] == [""]
    assert [found.detail for found in run.part(part(b"wombat wombat"))] == ["2 times"]


def test_text_beyond_the_limit_is_told() -> None:
    run = start(text_octets=10)
    assert list(run.part(part(b"poker" + b" " * 10 + b"wombat"))) == [
        Finding("keyword", "poker", "gambling", "1", None, '"poker"'),
        Finding("keyword", "text-too-long", "not-inspected", "1", None, "11 octets of text were not read"),
    ]


def test_the_limit_is_for_the_whole_message() -> None:
    run = start(text_octets=10)
    assert rules(run, part(b"0123456")) == []
    assert rules(run, part(b"012")) == []
    assert rules(run, part(b"poker")) == ["text-too-long"]
    assert rules(run, part(b"")) == []
    assert rules(start(text_octets=10), part(b"poker")) == ["poker"]
