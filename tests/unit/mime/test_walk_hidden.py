"""Octets that some client shows or saves though the likeliest reading hides them; and what bounds the work."""

from __future__ import annotations

import base64

import pytest

from gateway.mime.encoding import decoder_for
from gateway.mime.limits import Limits
from tests.support.walking import Walked, entity, multipart, walk

CANARY = b"wombatflute, which no view may miss"
BASE64 = b"Content-Transfer-Encoding: base64\r\n"
FILE = b"Content-Type: application/octet-stream; name=a.txt\r\n" + BASE64


def b64(length: int = 0) -> bytes:
    """The canary in base64 without padding; 3 as `length`: three characters more than groups of four."""
    return base64.b64encode(CANARY + b"." * (-len(CANARY) % 3) + (b".." if length == 3 else b"")).rstrip(b"=")


def seen(walked: Walked) -> bool:
    return any(CANARY in leaf.content for leaf in walked.leaves)


NESTED = b"Content-Type: multipart/mixed; boundary=bar\r\n\r\n" + entity(
    FILE + b"\r\n" + b64(), boundary=b"bar"
)
SINGLE = FILE + b"\r\n" + b64()[:30] + b"\r\n" + b64()[30:] + b"\r\n"


@pytest.mark.parametrize(
    "message",
    [
        # Thunderbird, Outlook, Dovecot: a line that is no field is passed over, the header ends at the empty line.
        multipart(FILE + b"ABCDE\r\n\r\n" + b64(3)),
        b"Subject: s\r\n" + BASE64 + b"ABCDE\r\n\r\n" + b64(3),
        multipart(b"Content-Type: message/rfc822\r\njunk\r\n\r\n" + SINGLE),
        b"Content-Type: multipart/digest; boundary=foo\r\n\r\n" + entity(b"junk\r\n\r\n" + SINGLE),
        # mutt: the line that is no field ends the header, and belongs to neither header nor body.
        multipart(FILE + b"ABCDE\r\n" + b64(3)),
    ],
)
def test_junk_behind_the_last_field(message: bytes) -> None:
    assert seen(walk(message))


def test_delimiter_within_a_part_header() -> None:
    """mutt reads a part's header up to a line that is no field, a delimiter included."""
    assert seen(walk(multipart(FILE + b"--foo--\r\n\r\n" + b64())))


@pytest.mark.parametrize(
    "inner",
    [
        b"X-Pad: " + b"a" * 5_000 + b"\r\n" + SINGLE,
        b"junk\r\nSubject: x\r\n" + SINGLE,
        b"junk\r\nSubject: x\r\n" + NESTED,
        b"1234      \nSubject: x\r\n" + NESTED,
        b"X-" + b"a" * 80 + b": b\r\nSubject: x\r\n" + NESTED,
        b"Hello World: a\r\nSubject: x\r\n" + NESTED,
    ],
)
def test_attached_message_files(inner: bytes) -> None:
    """Thunderbird, Outlook and Apple Mail open what is called .eml as a message, however it begins."""
    part = b"Content-Type: application/octet-stream; name=x.eml\r\n"
    assert seen(walk(multipart(part + BASE64 + b"\r\n" + base64.encodebytes(inner))))


def test_message_of_another_message_type() -> None:
    """The standard library takes every message/* apart; Outlook Express joins a message/partial of one part."""
    inner = b"X-Pad: " + b"a" * 5_000 + b"\r\n" + SINGLE
    assert seen(walk(multipart(b"Content-Type: message/partial; number=1; total=1; id=a\r\n\r\n" + inner)))


@pytest.mark.parametrize("value", [b"none; base64", b"text; charset=base64", b"utf-8 (base64)"])
def test_harmless_word_before_the_encoding(value: bytes) -> None:
    """Readers that look for the word anywhere in the field; as with "7bit; base64", which is read both ways."""
    part = b"Content-Type: a/b\r\nContent-Transfer-Encoding: " + value + b"\r\n\r\n"
    assert seen(walk(multipart(part + b64()[:30] + b"\r\n" + b64()[30:])))


def test_padding_that_counts_as_a_character() -> None:
    """Thunderbird counts "=" as a character of its group: "I===" is a space, and shifts nothing."""
    words = [b"abc", b"defghi", b"jklmno", b"pqr"]
    body = b"I===".join([base64.b64encode(word) for word in words])
    assert any(b" ".join(words) == leaf.content for leaf in walk(multipart(BASE64 + b"\r\n" + body)).leaves)


def test_junk_and_a_blank_line_together() -> None:
    """Outlook ends a header at a line of white space, and passes over lines that are no fields."""
    part = b"Content-Type: a/b\r\njunk\r\nKeywords: x\r\n" + BASE64 + b" \r\n" + b64() + b"\r\n\r\nrest"
    assert seen(walk(multipart(part)))


def test_white_space_before_the_first_field() -> None:
    """Readers that trim each line, or unfold the first line as they do the others."""
    assert seen(walk(multipart(b" " + BASE64 + b"\r\n" + b64()[:30] + b"\r\n" + b64()[30:])))


def test_messages_with_bare_cr_within_one_another() -> None:
    """Twice the work for each level: not bounded by `views`."""
    message = b"Subject: x\r\nX-A: a\rb\r\n\r\ntext\r\n"
    for number in range(10):
        head = b"Subject: %d\r\nX-A: a\rb: c\r\nContent-Type: message/rfc822\r\n" % number
        message = head + BASE64 + b"\r\n" + base64.encodebytes(message)
    assert len(walk(message).leaves) < 1_000


def test_other_readings_end_where_no_more_may_be_decoded() -> None:
    message = multipart(*[b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n" + b"x " * 500] * 50)
    walked = walk(message, Limits(decoded_octets=50_000))
    assert len(walked.of("type c/d")) < 5


@pytest.mark.parametrize("step", [1_000, 4_096, 99_999])
def test_long_line_with_junk_however_it_is_cut(step: int) -> None:
    encoded = base64.b64encode(b"hello world, this is text" * 6_000)
    data = encoded[:101] + b"#" + encoded[101:]
    decoder, whole = decoder_for("base64 by line"), decoder_for("base64 by line")
    pieces = [decoder.feed(data[index : index + step]) for index in range(0, len(data), step)]
    assert b"".join(pieces) + decoder.close() == whole.feed(data) + whole.close()


def test_two_boundaries_of_an_encoded_multipart() -> None:
    """Leaves that differ in their boundaries only count as one."""
    inner = entity(b"\r\none\r\n" + entity(b"\r\ntwo", boundary=b"bar"))
    head = b"Content-Type: multipart/mixed; boundary=foo; boundary=bar\r\n" + BASE64
    assert walk(head + b"\r\n" + base64.encodebytes(inner)).of("boundary 2 of multipart/mixed")
