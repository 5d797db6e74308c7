"""How the octets of a leaf are read: in pieces, in blocks, in blocks of whole lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime import defect
from gateway.mime.enclosed.base import blocks, carrier, line_blocks, line_end, piece, unique


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_piece_of_any_buffer(kind: type[bytes] | type[bytearray] | type[memoryview]) -> None:
    data = kind(b"0123456789")
    assert (piece(data, 2, 4), piece(data, 8, 99), piece(data, -3, 2)) == (b"23", b"89", b"01")
    assert list(blocks(data, 1, 99, 4)) == [b"1234", b"5678", b"9"]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab\r\n", max_size=60), st.integers(1, 20), st.integers(0, 5))
def test_blocks_of_lines_are_the_data(text: str, size: int, start: int) -> None:
    data = text.encode("ascii")
    found = list(line_blocks(data, start, size))
    assert b"".join([block for _, block in found]) == data[start:]
    before = b"\n"
    for whole, block in found:
        assert whole == before.endswith((b"\r", b"\n"))
        before = block


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"one\r\ntwo", (b"one", 5)),
        (b"one\ntwo", (b"one", 4)),
        (b"one\rtwo", (b"one", 4)),
        (b"one\n\rtwo", (b"one", 4)),
        (b"one", (b"one", 3)),
        (b"one two three four", (b"one two thr", 11)),
    ],
)
def test_a_line(data: bytes, expected: tuple[bytes, int]) -> None:
    assert line_end(data, 0, 11) == expected


def test_names_each_once() -> None:
    assert unique(iter(["b", "", "a", "b"])) == ("b", "a")


def test_a_deviation_with_nothing_else() -> None:
    one = carrier("tnef", defect.TNEF_MALFORMED)
    assert (one.kind, one.filenames, list(one.chunks), list(one.deviations)) == (
        "tnef",
        (),
        [],
        [defect.TNEF_MALFORMED],
    )
