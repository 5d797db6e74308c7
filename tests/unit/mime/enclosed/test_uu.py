"""Uuencoded files in a text."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import base, find

ALPHABET = "`" + "".join(chr(code) for code in range(33, 96))
Found = list[tuple[str, tuple[str, ...], bytes, set[str]]]


def encode(content: bytes, ending: bytes = b"\n", zero: str = "`") -> bytes:
    """Uuencode by the book: three octets to four characters, a line's length before it."""
    lines = []
    for start in range(0, len(content), 45):
        line = content[start : start + 45]
        bits = "".join(f"{octet:08b}" for octet in line + bytes(-len(line) % 3))
        characters = [ALPHABET[int(bits[place : place + 6], 2)] for place in range(0, len(bits), 6)]
        lines.append((ALPHABET[len(line)] + "".join(characters)).replace("`", zero).encode("ascii"))
    return b"".join([line + ending for line in lines]) + zero.encode("ascii") + ending


def found(data: bytes, content_type: str = "text/plain") -> Found:
    result = []
    for one in find(data, content_type, ()):
        content = b"".join(one.chunks)
        result.append((one.kind, one.filenames, content, {deviation.name for deviation in one.deviations}))
    return result


def contents(data: bytes) -> list[bytes]:
    return [content for _, _, content, _ in found(data)]


@settings(max_examples=60, deadline=None)
@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"\r\n", b"\n", b"\r"]),
    st.sampled_from("` "),
    st.sampled_from(["application/octet-stream", "text/html"]),
)
def test_a_file(content: bytes, ending: bytes, zero: str, content_type: str) -> None:
    data = (
        b"Hello," + ending + b"begin 644 a b.exe" + ending + encode(content, ending, zero) + b"end" + ending
    )
    assert found(data, content_type) == [("uuencode", ("a b.exe",), content, set())]


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=900), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_blocks_make_no_difference(content: bytes, ending: bytes) -> None:
    data = b"begin 644 x" + ending + encode(content, ending) + b"end" + ending
    with patch.object(base, "_FIRST_BLOCK", 70):
        assert found(data) == [("uuencode", ("x",), content, set())]


def test_several_files_with_text_between() -> None:
    data = b"one:\nbegin 644 a\n#0V%T\n`\nend\nand two:\nbegin 755 b\n#0V%T\n`\nend\nbye\n"
    assert [names for _, names, _, _ in found(data)] == [("a",), ("b",)]
    assert contents(data) == [b"Cat", b"Cat"]


@pytest.mark.parametrize(
    "begin",
    [
        b"begin 644 x.exe",
        b"BEGIN 644 x.exe",
        b"Begin 0644 x.exe",
        b"begin\t644\tx.exe",
        b"begin  x.exe",
        b"begin 644    x.exe  ",
    ],
)
def test_forms_of_the_begin_line(begin: bytes) -> None:
    assert found(b"\xef\xbb\xbf" + begin + b"\n#0V%T\nend\n") == [("uuencode", ("x.exe",), b"Cat", set())]


def test_a_file_without_name() -> None:
    assert found(b"begin 644\n#0V%T\nend\n") == [("uuencode", (), b"Cat", set())]


def test_a_long_name_is_whole() -> None:
    name = "a" * 4000 + ".exe"
    assert found(b"begin 644 " + name.encode() + b"\n#0V%T\nend\n")[0][1] == (name,)


def test_an_empty_file_has_its_name() -> None:
    assert found(b"begin 644 x.exe\n`\nend\n") == [("uuencode", ("x.exe",), b"", set())]


@pytest.mark.parametrize("tail", [b"", b"#0V%T", b"#0V%T\n"])
def test_without_end(tail: bytes) -> None:
    assert found(b"begin 644 x\n#0V%T\n" + tail) == [
        ("uuencode", ("x",), b"Cat" + b"Cat" * bool(tail), {"uuencode-malformed"})
    ]


def test_without_end_the_next_file_ends_it() -> None:
    data = b"begin 644 a\n#0V%T\nbegin 644 b\n#0V%T\nend\n"
    assert contents(data) == [b"Cat", b"Cat"]


def test_checksum_characters_behind_the_lines() -> None:
    assert contents(b"begin 644 x\n#0V%T!\n#0V%T!\nend\n") == [b"CatCat"]


def test_a_line_of_text_within_is_passed_over_and_noted() -> None:
    data = b"begin 644 x\n#0V%T\nthis is no content\n#0V%T\nend\n"
    assert found(data) == [("uuencode", ("x",), b"CatCat", {"uuencode-malformed"})]


def test_text_before_the_first_line() -> None:
    assert contents(b"begin 644 x\nhere it comes:\n\n#0V%T\nend\n") == [b"Cat"]


@pytest.mark.parametrize("length", [2_000, 300_000])
def test_an_endless_line_is_passed_over_and_noted(length: int) -> None:
    data = b"begin 644 x\n#0V%T\n" + b"M" * length + b"\n#0V%T\nend\n"
    assert found(data) == [("uuencode", ("x",), b"CatCat", {"uuencode-malformed"})]


@pytest.mark.parametrize(
    "text",
    [
        b"begin with the letter A.\n",
        b"Now let us\nbegin 2024 with good intentions,\nand end it with better ones.\n",
        b"begin 644 is what uuencode writes\nend\n",
        b"We shall begin 644 x\n#0V%T\nend\n",
        b"> begin 644 x\n> #0V%T\n> end\n",
        b"begin\n#0V%T\nend\n",
        b"begin 644 x\n\nMinutes of the meeting, as agreed on by all of those present.\n",
        b"begin  here\nEND\n",
        b"begin 644 x",
    ],
)
def test_ordinary_text_has_none(text: bytes) -> None:
    assert found(text) == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="#0V%T` begin64endM\r\n", max_size=80))
def test_any_text(text: str) -> None:
    for _, _, content, _ in found(b"begin 644 x\n#0V%T\n" + text.encode("ascii")):
        assert len(content) <= 64 * (len(text) + 10)
