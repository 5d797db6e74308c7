from pathlib import Path
from typing import Any

import pytest

from gateway.mime.event import Flow, Kind
from gateway.mime.fields import parse
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
        Finding("keyword", "poker", "gambling", "", None, '"poker" in "Poker and roulette"'),
        Finding("keyword", "title", "gambling", "", None, '"roulette" in "Poker and roulette"'),
    ]


def test_an_encoded_subject(run: StageRun) -> None:
    assert [found.rule for found in run.header("", header(b"=?utf-8?Q?Po?= =?utf-8?B?a2Vy?="))] == ["poker"]


def test_every_subject_counts(run: StageRun) -> None:
    found = list(run.header("2", header(b"Lunch", b"poker")))
    assert [(item.rule, item.part) for item in found] == [("poker", "2")]


def test_no_subject(run: StageRun) -> None:
    assert list(run.header("", Header())) == []


def test_the_text(run: StageRun) -> None:
    detail = '"poker" in "Poker, poker and free casino bonu …", 3 times'
    assert list(run.part(part(b"Poker, poker\r\nand free\r\ncasino bonus"))) == [
        Finding("keyword", "poker", "gambling", "1", None, detail)
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
        Finding("keyword", "poker", "gambling", "1", None, '"poker" in "poker"'),
        Finding("keyword", "text-too-long", "not-inspected", "1", None, "11 octets of text were not read"),
    ]


def test_the_limit_is_for_the_whole_message() -> None:
    run = start(text_octets=10)
    assert rules(run, part(b"0123456")) == []
    assert rules(run, part(b"012")) == []
    assert rules(run, part(b"poker")) == ["text-too-long"]
    assert rules(run, part(b"")) == []
    assert rules(start(text_octets=10), part(b"poker")) == ["poker"]


def test_the_strongest_hit_of_all_readings_counts_not_their_sum(run: StageRun) -> None:
    (found,) = run.part(part(b"poker poker <i hidden>poker</i>", "text/html"))
    assert found.detail.endswith(", 3 times")


def test_what_style_hides_does_not_tear_words_apart(run: StageRun) -> None:
    assert rules(run, part(b"po<i style=display:none>x</i>ker", "text/html")) == ["poker"]


def test_every_charset_that_a_reader_may_go_by(run: StageRun) -> None:
    seen = part("poker".encode("cp500"))
    assert rules(run, seen) == []
    seen.charsets = ("utf-8", "ibm500")
    assert rules(run, seen) == ["poker"]


def test_lines_that_flow(run: StageRun) -> None:
    seen = part(b"po \r\nker")
    assert rules(run, seen) == []
    seen.flow = Flow.DELETE_SPACE
    assert rules(run, seen) == ["poker"]


def test_more_readings_than_are_tried_are_told(run: StageRun) -> None:
    content = "w\u043em\u202eb\u202c".encode() + b"+AHc- ~{~} \x1b(B =3D =?utf-8?q?a?= \r"
    seen = part(content, "text/html", detected="text/plain")
    seen.charsets = ("koi8-r", "windows-1251", "big5", "utf-16", "cp037")
    (found,) = run.part(seen)
    assert (found.rule, found.category) == ("text-has-many-readings", "not-inspected")


def in_header(run: StageRun, raw: bytes) -> list[tuple[str, str]]:
    header = parse(raw, 0, message=True, max_fields=100).header
    return [(item.rule, item.detail) for item in run.header("", header)]


@pytest.mark.parametrize(
    "raw",
    [
        b"From: Poker <a@b.example>\r\n",
        b"To: x@y.example,\r\n =?utf-8?Q?Po?= =?utf-8?B?a2Vy?= <a@b.example>\r\n",
        b"Comments: poker\r\n",
        b"X-Anything: po\xc2\xadker\r\n",
        b"Subject: po\r\n ker\r\n",
        b"Subject: a b po\r\n\tker\r\nTo: x\r\n",
        b"Keywords: a,\n po\n ker\n",
    ],
)
def test_header_fields(run: StageRun, raw: bytes) -> None:
    assert [rule for rule, _ in in_header(run, raw)] == ["poker"]


@pytest.mark.parametrize(
    "raw",
    [
        b"From: Somebody <poker@poker.example>\r\nTo: poker@example.org\r\n",
        b"Received: from poker (poker [192.0.2.1])\r\nMessage-ID: <poker@x>\r\nDKIM-Signature: poker\r\n",
        b"X-Note: roulette\r\n",
        b"Subject: poke\r\n rs\r\n",
    ],
)
def test_header_fields_that_say_nothing(run: StageRun, raw: bytes) -> None:
    assert in_header(run, raw) == []


def test_a_folded_field_is_found_once(run: StageRun) -> None:
    assert in_header(run, b"Subject: poker\r\n night\r\n") == [("poker", '"poker" in "poker night"')]


def test_a_header_beyond_the_limit_is_told() -> None:
    header = Header((Field("subject", b"x" * 40, 0, 51),))
    (found,) = start(text_octets=10).header("", header)
    assert (found.rule, found.detail) == ("text-too-long", "40 octets of text were not read")


def test_the_further_readings_of_all_leaves_are_bounded_together() -> None:
    page = (
        "<p>wom<b hidden>x</b>bat \u0430b".encode()
    )  # as it stands and as laid out, each with look-alikes and without
    run = start(text_octets=len(page) * 4)
    assert rules(run, part(page, "text/html")) == ["secret"]
    assert rules(run, part(page, "text/html")) == ["text-has-many-readings"]


def test_a_file_name_that_no_system_keeps_is_read_in_part(run: StageRun) -> None:
    assert rules(run, part(b"", "a/b", "poker " + "x" * 2_000)) == ["poker"]
    assert rules(run, part(b"", "a/b", "x" * 3_000 + " poker")) == ["text-too-long"]
