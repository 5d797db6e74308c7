"""Uuencode: files between begin and end, with and without those lines, however they are cut."""

from __future__ import annotations

import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.encoding_uu import UuDecoder


def encode(content: bytes, ending: bytes = b"\r\n") -> bytes:
    lines = [
        binascii.b2a_uu(content[index : index + 45], backtick=True) for index in range(0, len(content), 45)
    ]
    return b"".join([line.replace(b"\n", ending) for line in [*lines, b"`\n"]])


def decode(data: bytes, step: int = 0) -> tuple[bytes, set[str], str | None]:
    decoder = UuDecoder()
    step = step or max(len(data), 1)
    decoded = b"".join([decoder.feed(data[index : index + step]) for index in range(0, len(data), step)])
    decoded += decoder.close()
    return decoded, {deviation.name for deviation in decoder.deviations}, decoder.filename


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 80), st.sampled_from([b"\r\n", b"\n"]))
def test_a_file(content: bytes, step: int, ending: bytes) -> None:
    data = b"hello" + ending + b"begin 644 a b.exe" + ending + encode(content, ending) + b"end" + ending
    assert decode(data, step) == (content, set(), "a b.exe")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="#0V%T`bein 64a\r\n", max_size=60), st.integers(1, 9))
def test_any_cut_gives_the_same(text: str, step: int) -> None:
    data = text.encode("ascii")
    assert decode(data, step) == decode(data)


def test_without_begin() -> None:
    assert decode(encode(b"Cat")) == (b"Cat", {"uuencode-no-begin"}, None)


def test_without_end() -> None:
    assert decode(b"begin 644 x\n#0V%T") == (b"Cat", set(), "x")


def test_characters_behind_a_line() -> None:
    assert decode(b"begin 644 x\n#0V%T!\nend\n") == (b"Cat", set(), "x")


def test_second_file_is_reported() -> None:
    data = b"begin 644 x\n#0V%T\nend\nbegin 644 y\n#0V%T\nend\n"
    assert decode(data) == (b"CatCat", {"uuencode-malformed"}, "x")


@pytest.mark.parametrize("step", [0, 1, 100])
def test_endless_line_is_passed_over(step: int) -> None:
    data = b"begin 644 x\n" + b"A" * 3000 + b"\n#0V%T\nend\n"
    assert decode(data, step) == (b"Cat", {"uuencode-malformed"}, "x")


def test_undecodable_line_is_reported() -> None:
    assert decode(b"begin 644 x\n#\xff\xff\xff\xff\n#0V%T\nend\n") == (b"Cat", {"uuencode-malformed"}, "x")


def test_prose_is_no_content() -> None:
    assert decode(b"This is not encoded at all.\nNor is this.\n") == (b"", {"uuencode-malformed"}, None)


def test_lines_may_end_with_cr_alone() -> None:
    assert decode(b"begin 644 x\r#0V%T\r#0V%T\rend\r", 5) == (b"CatCat", set(), "x")


def test_a_begin_line_within_a_file_is_reported_and_is_no_content() -> None:
    data = b"begin 644 x\n#0V%T\nbegin 644 y\n#0V%T\nend\n"
    assert decode(data) == (b"CatCat", {"uuencode-malformed"}, "x")


@pytest.mark.parametrize("lines", [1, 63, 64, 65, 1000])
def test_an_odd_line_among_many_spoils_no_other(lines: int) -> None:
    data = b"begin 644 x\n" + b"#0V%T\n" * lines + b"not content\n" + b"#0V%T\n" * lines + b"end\n#0V%T\n"
    assert decode(data) == (b"Cat" * lines * 2, {"uuencode-malformed"}, "x")
