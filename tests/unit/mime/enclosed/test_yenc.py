"""yEnc in a text."""

from __future__ import annotations

import zlib
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import base, find
from gateway.mime.enclosed.yenc import unescaped

CRITICAL = frozenset(b"\0\n\r=")


def encode(
    content: bytes, *, line: int = 128, escaped: frozenset[int] = CRITICAL, ending: bytes = b"\r\n"
) -> bytes:
    lines, current = [], bytearray()
    for octet in content:
        shifted = (octet + 42) % 256
        current += bytes([0x3D, (shifted + 64) % 256]) if shifted in escaped else bytes([shifted])
        if len(current) >= line:
            lines.append(bytes(current))
            current.clear()
    return b"".join([one + ending for one in [*lines, bytes(current)] if one])


def whole(
    content: bytes, ending: bytes = b"\r\n", name: bytes = b"a b.exe", end: dict[str, object] | None = None
) -> bytes:
    declared = end or {"size": len(content), "crc32": f"{zlib.crc32(content):08x}"}
    last = " ".join(f"{key}={value}" for key, value in declared.items()).encode("ascii")
    begin = b"=ybegin line=128 size=%d name=%b" % (len(content), name)
    return begin + ending + encode(content, ending=ending) + b"=yend " + last + ending


def found(data: bytes) -> list[tuple[tuple[str, ...], bytes, set[str]]]:
    result = []
    for one in find(data, "text/plain", ()):
        assert one.kind == "yenc"
        content = b"".join(one.chunks)
        result.append((one.filenames, content, {deviation.name for deviation in one.deviations}))
    return result


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"\r\n", b"\n"]))
def test_a_file(content: bytes, ending: bytes) -> None:
    assert found(b"Hello." + ending + whole(content, ending) + b"Bye.") == [(("a b.exe",), content, set())]


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=900), st.integers(150, 300))
def test_blocks_make_no_difference(content: bytes, first: int) -> None:
    with patch.object(base, "_FIRST_BLOCK", first):
        assert found(whole(content)) == [(("a b.exe",), content, set())]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 60))
def test_escapes_may_be_cut(text: bytes, cut: int) -> None:
    first, held = unescaped(text[:cut])
    second, left = unescaped(held + text[cut:])
    assert (first + second, left) == unescaped(text)


def test_any_octet_may_be_escaped() -> None:
    content = bytes(range(256))
    escaped = b"".join([b"=" + bytes([(octet + 42 + 64) % 256]) for octet in content])
    assert unescaped(escaped) == (content, b"")


def test_parts_of_a_split_file() -> None:
    data = (
        b"=ybegin part=2 total=3 line=128 size=6 name=x.exe\r\n=ypart begin=4 end=6\r\n"
        + encode(b"Dog")
        + b"=yend size=3 part=2 pcrc32=%08x crc32=12345678\r\n" % zlib.crc32(b"Dog")
    )
    assert found(data) == [(("x.exe",), b"Dog", set())]


@pytest.mark.parametrize(
    "end", [{"size": 4}, {"size": 3, "crc32": "00000000"}, {"size": 3, "part": 1, "pcrc32": "0"}]
)
def test_what_does_not_agree_is_noted(end: dict[str, object]) -> None:
    assert found(whole(b"Cat", end=end)) == [(("a b.exe",), b"Cat", {"yenc-malformed"})]


def test_without_end() -> None:
    assert found(b"=ybegin line=128 size=3 name=x\r\n" + encode(b"Cat")) == [
        (("x",), b"Cat", {"yenc-malformed"})
    ]


def test_without_end_the_next_file_ends_it() -> None:
    data = b"=ybegin line=128 size=3 name=a\n" + encode(b"Cat") + whole(b"Dog", name=b"b")
    assert found(data) == [(("a",), b"Cat", {"yenc-malformed"}), (("b",), b"Dog", set())]


def test_cut_within_an_escape() -> None:
    assert found(b"=ybegin line=128 size=3 name=x\nab=") == [(("x",), b"78", {"yenc-malformed"})]


def test_a_name_is_optional_and_may_be_quoted() -> None:
    assert found(b'=YBEGIN line=128 name="x.exe"\n=yend\n=ybegin line=1\n=yend\n') == [
        (("x.exe",), b"", set()),
        ((), b"", set()),
    ]


def test_octets_that_are_no_text_do_not_hide_it() -> None:
    content = bytes(range(256)) * 8
    data = whole(content)
    assert [b"".join(one.chunks) for one in find(data, "application/octet-stream", ())] == [content]


def test_ordinary_text_has_none() -> None:
    assert found(b"A file begins with =ybegin line=128 name=x\n=ybeginning\n") == []
