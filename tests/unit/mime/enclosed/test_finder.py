"""What is looked for in a leaf, and where."""

from __future__ import annotations

import mmap
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import Buffer, find

UU = b"begin 644 x.exe\n#0V%T\nend\n"
B64 = b"begin-base64 644 y.exe\nRG9n\n====\n"
YENC = b"=ybegin line=128 size=3 name=z.exe\n\x8d\x8b\x9e\n=yend size=3\n"
PEM = b"-----BEGIN CMS-----\nQ2F0\n-----END CMS-----\n"


def names(data: Buffer, content_type: str = "text/plain") -> list[tuple[str, tuple[str, ...], bytes]]:
    return [(one.kind, one.filenames, b"".join(one.chunks)) for one in find(data, content_type, ())]


ALL = [
    ("uuencode", ("x.exe",), b"Cat"),
    ("begin-base64", ("y.exe",), b"Dog"),
    ("yenc", ("z.exe",), b"cat"),
    ("cms-pem", (), b"Cat"),
]


@pytest.mark.parametrize("between", [b"", b"and\n", b"and\r\n\r\n", b"some words\r"])
def test_all_kinds_in_one_text_in_order(between: bytes) -> None:
    assert names(between.join([UU, B64, YENC, PEM])) == ALL


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer(kind: Callable[[bytes], Buffer]) -> None:
    assert names(kind(b"Hello\n" + UU)) == ALL[:1]


def test_a_map_can_be_closed_afterwards() -> None:
    mapped = mmap.mmap(-1, 1 << 16)
    mapped[: len(UU)] = UU
    files = find(mapped, "text/plain", ())
    assert b"".join(next(files).chunks) == b"Cat"
    mapped.close()
    assert mapped.closed


@settings(max_examples=40, deadline=None)
@given(st.integers(65_536 - 40, 65_536 + 5), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_wherever_the_line_stands(place: int, ending: bytes) -> None:
    before = b"x" * (place - len(ending)) + ending
    assert names(before + UU + YENC) == [ALL[0], ALL[2]]


def test_a_file_within_another_of_another_kind_is_given_too() -> None:
    found = names(b"begin 644 x.exe\n#0V%T\n" + YENC + b"#0V%T\nend\n")
    assert [kind for kind, _, _ in found] == ["uuencode", "yenc"]


def test_what_is_not_taken_does_not_hide_what_follows() -> None:
    kinds = [one.kind for one in find(UU + B64 + YENC, "text/plain", ())]
    assert kinds == ["uuencode", "begin-base64", "yenc"]


@pytest.mark.parametrize(
    ("content_type", "head", "expected"),
    [
        ("text/plain", b"\0\0\0\n", 1),
        ("message/delivery-status", b"\0\0\0\n", 1),
        ("application/octet-stream", b"Hello\n", 1),
        ("image/png", b"Hello\n", 1),
        ("application/octet-stream", b"PK\x03\x04\0\0\n", 0),
        ("image/png", bytes(range(1, 32)) * 2 + b"\n", 0),
    ],
)
def test_which_leaves_are_searched_as_text(content_type: str, head: bytes, expected: int) -> None:
    assert len(names(head + UU, content_type)) == expected


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\r", b"begin", b"\nbegin ", b"\xef\xbb\xbf", b"0", b"\0\5\x16"]
)
def test_next_to_nothing(data: bytes) -> None:
    assert names(data) == []


def test_more_announcements_than_are_followed() -> None:
    found = list(find(b"begin 644 x\n" * 20_000, "text/plain", ()))
    assert [one.kind for one in found] == ["unread"]
    assert [deviation.name for deviation in found[0].deviations] == ["enclosed-too-many"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    *(
                        UU,
                        B64,
                        YENC,
                        PEM,
                        b"begin 644 a\n",
                        b"=ybegin name=a\n",
                        b"====\n",
                        b"end\n",
                        b"\r",
                        b"\n",
                    ),
                    *(b"(This file must be converted with BinHex 4.0)\n", b":", b"#0V%T\n", b"=yend\n", b"="),
                ]
            ),
            st.binary(max_size=20),
        ),
        max_size=12,
    ),
    st.sampled_from(["text/plain", "application/octet-stream", "application/mac-binhex40"]),
)
def test_any_octets(pieces: list[bytes], content_type: str) -> None:
    data = b"".join(pieces)
    total = sum(len(content) for _, _, content in names(data, content_type))
    assert total <= 255 * len(data)
    assert names(memoryview(data), content_type) == names(data, content_type)


@pytest.mark.parametrize("beginning", [b"\x00\x05\x16\x00" + bytes(22), b"\x00\x05\x16\x07" + bytes(22)])
def test_a_text_is_searched_however_it_begins(beginning: bytes) -> None:
    text = beginning + b"\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"
    kinds = [one.kind for one in find(text, "text/plain", ())]
    assert "uuencode" in kinds
