"""Quoted-printable: equal to the standard library on valid input, verbatim where it is illegal."""

from __future__ import annotations

import binascii
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.encoding_qp import QuotedPrintableDecoder, Stray, UnfoldingDecoder


def decode(data: bytes, step: int = 0) -> tuple[bytes, set[str]]:
    decoder = QuotedPrintableDecoder()
    step = step or max(len(data), 1)
    decoded = b"".join([decoder.feed(data[index : index + step]) for index in range(0, len(data), step)])
    decoded += decoder.close()
    return decoded, {deviation.name for deviation in decoder.deviations}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40), st.booleans())
def test_valid_input_is_what_the_standard_library_says(content: bytes, step: int, crlf: bool) -> None:
    encoded = quopri.encodestring(content)
    if crlf:
        encoded = encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert decode(encoded, step) == (binascii.a2b_qp(encoded), set())


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="=3Da5 \t\r\nx", max_size=40), st.integers(1, 7))
def test_any_cut_gives_the_same(text: str, step: int) -> None:
    data = text.encode("ascii")
    assert decode(data, step) == decode(data)


@pytest.mark.parametrize(
    ("encoded", "decoded", "deviations"),
    [
        (b"a=3Db", b"a=b", set()),
        (b"a=3db", b"a=b", set()),
        (b"a=\r\nb", b"ab", set()),
        (b"a=\nb", b"ab", set()),
        (b"a= \t\r\nb", b"ab", set()),
        (b"a=\rb", b"ab", set()),
        (b"a=", b"a", set()),
        (b"a= ", b"a", set()),
        (b"a=\r", b"a", set()),
        (b"==", b"=", {"quoted-printable-illegal"}),
        (b"==41", b"=A", {"quoted-printable-illegal"}),
        (b"=XY", b"=XY", {"quoted-printable-illegal"}),
        (b"=5\r\n8", b"=5\r\n8", {"quoted-printable-illegal"}),
        (b"=0=58", b"=0X", {"quoted-printable-illegal"}),
        (b"= =58", b"= X", {"quoted-printable-illegal"}),
        (b"a=4", b"a=4", {"quoted-printable-illegal"}),
        (b"=" + b" " * 1001 + b"\n", b"=" + b" " * 1001 + b"\n", {"quoted-printable-illegal"}),
        (b"=" + b" " * 1000 + b"\n", b"", set()),
    ],
)
def test_breaks_and_illegal_escapes(encoded: bytes, decoded: bytes, deviations: set[str]) -> None:
    for step in (0, 1, 2):
        assert decode(encoded, step) == (decoded, deviations)


def test_it_is_never_faithful() -> None:
    assert not QuotedPrintableDecoder().faithful


def in_pieces(decoder: QuotedPrintableDecoder, data: bytes, step: int = 0) -> bytes:
    """What `decoder` makes of `data`."""
    step = step or max(len(data), 1)
    pieces = [decoder.feed(data[index : index + step]) for index in range(0, len(data), step)]
    return b"".join([*pieces, decoder.close()])


DECODERS = {
    "kept": QuotedPrintableDecoder,
    "dropped": lambda: QuotedPrintableDecoder(Stray.DROPPED),
    "dropped with digits": lambda: QuotedPrintableDecoder(Stray.DROPPED_WITH_DIGITS),
    "unfolding": UnfoldingDecoder,
}


@pytest.mark.parametrize(
    ("encoded", "dropped", "with_digits"),
    [
        (b"a=3Db", b"a=b", b"a=b"),
        (b"a=\r\nb", b"ab", b"ab"),
        (b"a==41", b"aA", b"aA"),
        (b"a=Xb", b"aXb", b"a"),
        (b"a=XYb", b"aXYb", b"ab"),
        (b"=0=58", b"0X", b"X"),
        (b"= =58", b" X", b"X"),
        (b"=5\r\n8", b"5\r\n8", b"\r\n8"),
        (b"a= \t\r\nb", b"ab", b"ab"),
        (b"a=", b"a", b"a"),
    ],
)
def test_stray_equals_signs(encoded: bytes, dropped: bytes, with_digits: bytes) -> None:
    for step in (0, 1, 2):
        assert in_pieces(DECODERS["dropped"](), encoded, step) == dropped
        assert in_pieces(DECODERS["dropped with digits"](), encoded, step) == with_digits


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        (b"a=41", b"aA"),
        (b"=5\r\n8", b"X"),
        (b"=5\n8", b"X"),
        (b"=5=\r\n8", b"X"),
        (b"=5= \t\r\n8", b"X"),
        (b"=\r\n41", b"41"),
        (b"a=\r\nb", b"ab"),
        (b"one\r\ntwo", b"one\r\ntwo"),
        (b"=5\r\nx", b"=5\r\nx"),
        (b"=41\r\n42", b"A\r\n42"),
    ],
)
def test_escapes_across_lines(encoded: bytes, decoded: bytes) -> None:
    for step in (0, 1, 2, 3):
        assert in_pieces(UnfoldingDecoder(), encoded, step) == decoded


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="=3Da5 \t\r\n\v\0x", max_size=40), st.integers(1, 7))
def test_any_cut_gives_the_same_to_each(name: str, text: str, step: int) -> None:
    data = text.encode("ascii")
    assert in_pieces(DECODERS[name](), data, step) == in_pieces(DECODERS[name](), data)


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 40))
def test_valid_input_is_the_same_to_each(name: str, content: bytes, step: int) -> None:
    encoded = quopri.encodestring(content)
    assert in_pieces(DECODERS[name](), encoded, step) == binascii.a2b_qp(encoded)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("unit", [b"=", b"= ", b"=" + b" " * 999, b"=4", b"=4\r\n", b"=\r", b"=\r\n", b"=\0"])
def test_hostile_input(name: str, unit: bytes) -> None:
    data = unit * (500_000 // len(unit))
    assert len(in_pieces(DECODERS[name](), data, 65_536)) <= len(data)
