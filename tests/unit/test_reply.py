"""Replies: what goes on the wire is always one well-formed reply, whatever the text is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import reply
from gateway.reply import Reply

OWN = [value for value in vars(reply).values() if isinstance(value, Reply)]
MADE = [
    reply.greeting("mx.school.example"),
    reply.accepted("01J9ZZZZZZZZZZZZZZZZZZZZZZ"),
    reply.blocked("executable attachment", "nexus-mat", "5.11.3", "01J9ZZZZZZZZZZZZZZZZZZZZZZ"),
    reply.deferred("01J9ZZZZZZZZZZZZZZZZZZZZZZ"),
]


@given(st.integers(min_value=200, max_value=599), st.text())
def test_any_text_becomes_one_reply(code: int, text: str) -> None:
    octets = Reply(code, text).encode()
    assert octets.endswith(b"\r\n")
    lines = octets[:-2].split(b"\r\n")
    assert len(lines) == text.count("\n") + 1
    for line in lines[:-1]:
        assert line.startswith(b"%d-" % code)
    assert lines[-1].startswith(b"%d " % code)
    for line in lines:
        assert not re.search(rb"[\x00-\x1f\x7f]", line)
        assert len(line) <= 510, "RFC 5321 section 4.5.3.1.5"


@given(
    st.text(alphabet=st.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=150, max_size=400)
)
def test_a_line_that_is_cut_is_still_utf_8(text: str) -> None:
    assert Reply(550, f"5.7.1 {text}").encode().decode("utf-8")


def test_a_long_reply_is_not_split_by_what_a_next_hop_says() -> None:
    assert Reply(550, "5.7.1 No\r\n250 2.0.0 Ok").encode() == b"550-5.7.1 No \r\n550 250 2.0.0 Ok\r\n"


@pytest.mark.parametrize("answer", OWN + MADE, ids=lambda answer: answer.text[:20])
def test_our_own_texts(answer: Reply) -> None:
    assert answer.text.isascii()
    assert len(answer.encode()) <= 512
    enhanced = re.match(r"([245])\.\d{1,3}\.\d{1,3} \S", answer.text)
    if answer.code in (220, 354):
        assert enhanced is None, "RFC 2034: none in the greeting, nor in 354"
    else:
        assert enhanced is not None
        assert enhanced[1] == str(answer.code)[0], "class of the enhanced code (RFC 2034 section 4)"


@pytest.mark.parametrize(
    ("code", "positive", "permanent"),
    [
        *[(199, False, False), (200, True, False), (299, True, False), (354, False, False)],
        *[(451, False, False), (500, False, True), (599, False, True), (600, False, False)],
    ],
)
def test_classes(code: int, positive: bool, permanent: bool) -> None:
    answer = Reply(code, "x")
    assert (answer.positive, answer.permanent) == (positive, permanent)


def test_a_rejection_reads_as_the_contract_says() -> None:
    assert reply.blocked("executable attachment", "nexus-mat", "5.11.3", "01J9") == Reply(
        550, "5.7.1 Message blocked: executable attachment (nexus-mat 5.11.3). Reference 01J9"
    )
    assert reply.blocked("malware", "nexus-mat", "", "01J9").text == (
        "5.7.1 Message blocked: malware (nexus-mat). Reference 01J9"
    )


@pytest.mark.parametrize(
    ("answer", "code", "enhanced"),
    [
        (reply.TOO_LARGE, 552, "5.3.4"),
        (reply.deferred("X"), 451, "4.7.1"),
        (reply.NEXT_HOP_DOWN, 451, "4.4.1"),
        (reply.NEXT_HOP_LOST, 451, "4.4.1"),
        (reply.NEXT_HOP_NONSENSE, 451, "4.4.1"),
        (reply.RELAY_DENIED, 550, "5.7.1"),
        (reply.NOT_TRUSTED, 550, "5.7.1"),
        (reply.TOO_MANY_CONNECTIONS, 421, "4.7.0"),
        (reply.SERVER_BUSY, 421, "4.7.0"),
        (reply.POLICY_DIFFERS, 452, "4.5.3"),
        (reply.TOO_MANY_RECIPIENTS, 452, "4.5.3"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_the_codes_of_the_contract(answer: Reply, code: int, enhanced: str) -> None:
    assert (answer.code, answer.text.split()[0]) == (code, enhanced)


def test_the_first_line_is_for_a_record() -> None:
    assert Reply(550, "5.1.1 No\nsuch person").first_line == "550 5.1.1 No"
