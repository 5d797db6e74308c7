"""Dot transparency, end of data and line endings: the same whatever the blocks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.content import ContentReader, DotStuffer

HUGE = 1 << 30
# Octets that matter to the reader turn up far more often than in random data.
WIRE = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"\0", b"a", b"MAIL FROM:<x@y>", b"\xff"]),
    max_size=40,
).map(b"".join)


def read(wire: bytes, sizes: list[int] | None = None, max_size: int = HUGE) -> tuple[ContentReader, bytes]:
    """Feed `wire` in pieces of the given sizes (then the rest at once) until the end of data."""
    reader = ContentReader(max_size)
    content = b""
    position = 0
    for size in [*(sizes or []), len(wire)]:
        if reader.finished or position >= len(wire):
            break
        content += reader.feed(wire[position : position + size])
        position += size
    if reader.finished:
        reader.rest += wire[position:]
    return reader, content


def reference(wire: bytes) -> tuple[bytes, bytes] | None:
    """The same by the letter of RFC 5321: content and rest, or None where the data does not end."""
    end = (b"\r\n" + wire).find(b"\r\n.\r\n")
    if end < 0:
        return None
    lines = wire[:end].split(b"\r\n")
    plain = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)
    return re.sub(rb"\r\n|\r|\n", b"\r\n", plain), wire[end + 3 :]


@given(WIRE, WIRE)
def test_agrees_with_the_letter_of_the_standard(before: bytes, after: bytes) -> None:
    wire = before + b"\r\n.\r\n" + after
    reader, content = read(wire)
    assert reader.finished
    assert (content, reader.rest) == reference(wire)


@given(WIRE, st.lists(st.integers(min_value=1, max_value=5), max_size=60))
def test_blocks_do_not_matter(before: bytes, sizes: list[int]) -> None:
    wire = before + b"\r\n.\r\nQUIT\r\n"
    whole, content = read(wire)
    split, pieces = read(wire, sizes)
    octets, singly = read(wire, [1] * len(wire))
    assert content == pieces == singly
    assert (whole.rest, whole.size, whole.bare, whole.eight_bit) == (
        split.rest, split.size, split.bare, split.eight_bit,
    )  # fmt: skip
    assert octets.rest == whole.rest


@given(WIRE, st.lists(st.integers(min_value=1, max_value=7), max_size=40))
def test_what_is_stuffed_is_read_back(content: bytes, sizes: list[int]) -> None:
    content = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    stuffer = DotStuffer()
    wire, position = b"", 0
    for size in [*sizes, len(content)]:
        wire += stuffer.feed(content[position : position + size])
        position += size
    wire += stuffer.finish()
    reader, back = read(wire + b"QUIT\r\n")
    assert reader.finished
    assert reader.rest == b"QUIT\r\n"
    expected = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
    assert back == expected
    # Nor may a server that drops NULs, or takes a bare CR or LF for a line ending, see another end.
    tolerant = re.sub(rb"\r\n|\r|\n", b"\n", wire.replace(b"\0", b""))
    assert (b"\n" + tolerant).count(b"\n.\n") == 1


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\n.\r", b"\r.\r\n", b"\r\n.\r\r\n", b"\r\n\0.\r\n"]
)
def test_no_other_sequence_ends_the_data(end: bytes) -> None:
    smuggled = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nsecond"
    reader, content = read(b"first" + end + smuggled + b"\r\n.\r\n")
    assert reader.finished
    assert reader.rest == b""
    assert content.endswith(b"second\r\n")
    assert b"MAIL FROM" in content


def test_oversize_is_drained_to_the_end() -> None:
    reader = ContentReader(10)
    got = reader.feed(b"x" * 9) + reader.feed(b"y" * 50) + reader.feed(b"\r\n.\r\nNOOP\r\n")
    assert got == b"x" * 9
    assert reader.oversize
    assert reader.finished
    assert reader.rest == b"NOOP\r\n"


def test_exactly_the_limit_is_not_oversize() -> None:
    reader, content = read(b"12345678\r\n.\r\n", max_size=10)
    assert content == b"12345678\r\n"
    assert not reader.oversize


def test_an_empty_message() -> None:
    reader, content = read(b".\r\n")
    assert reader.finished
    assert content == b""


def test_long_lines_and_eight_bit_octets_are_carried() -> None:
    line = b"\xe9" * 100_000
    reader, content = read(line + b"\r\n.\r\n", [4096] * 30)
    assert content == line + b"\r\n"
    assert reader.eight_bit
    assert not reader.bare
