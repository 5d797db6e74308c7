"""Tags and lengths of BER."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed.tlv import Element, Malformed, TooMany, Walker


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x04\x02ab", Element(4, 2, 4)),
        (b"\x04\x81\x02ab", Element(4, 3, 5)),
        (b"\x04\x84\0\0\0\x02ab", Element(4, 6, 8)),
        (b"\x04\x88\0\0\0\0\0\0\0\x02ab", Element(4, 10, 12)),
        (b"\x30\x80\0\0", Element(0x30, 2, None)),
        (b"\x04\x7fab", Element(4, 2, 129)),
    ],
)
def test_an_element(data: bytes, expected: Element) -> None:
    assert Walker(data).element(0, None) == expected


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", None),
        (b"\x04", None),
        (b"\x04\x80ab\0\0", None),
        (b"\x1f\x81\x01\0", None),
        (b"\x04\x89" + bytes(12), None),
        (b"\x04\x84\0", None),
        (b"\x04\x02ab", 3),
    ],
)
def test_what_is_no_element(data: bytes, end: int | None) -> None:
    with pytest.raises(Malformed):
        Walker(data).element(0, end)


def test_behind_an_element_of_indefinite_length() -> None:
    data = b"\x30\x80\x30\x80\x02\x01\x05\0\0\x04\x01a\0\0more"
    walker = Walker(data)
    assert walker.behind(walker.element(0, None)) == len(data) - 4


def test_an_octet_string_in_pieces() -> None:
    data = b"\x24\x80\x04\x02ab\x24\x05\x04\x03cde\x24\x80\x04\x01f\0\0\0\0"
    walker = Walker(data)
    spans = list(walker.octets(walker.element(0, None)))
    assert b"".join([data[start:end] for start, end in spans]) == b"abcdef"


@pytest.mark.parametrize("data", [b"\x24\x03\x02\x01\x05", b"\x05\0", b"\x24\x80\x04\x01a"])
def test_what_is_no_octet_string(data: bytes) -> None:
    walker = Walker(data)
    with pytest.raises(Malformed):
        list(walker.octets(walker.element(0, None)))


def test_depth_and_number_are_bounded() -> None:
    deep = Walker(b"\x30\x80" * 1_000_000)
    with pytest.raises(TooMany):
        deep.behind(deep.element(0, None))
    wide = Walker(b"\x30\x80" + b"\x05\0" * 600_000)
    with pytest.raises(TooMany):
        wide.behind(wide.element(0, None))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_octets(data: bytes) -> None:
    walker = Walker(data)
    try:
        one = walker.element(0, None)
        assert walker.behind(one) >= one.start
        assert all(start >= 2 for start, _ in walker.octets(one))
    except Malformed:
        assert not data.startswith(b"\x04\x00")
