"""The transfer encoding x-gzip64: base64, then gzip, with what it may expand to bounded."""

from __future__ import annotations

import base64
import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.encoding_gzip import Gzip64Decoder


def decode(data: bytes, step: int = 0) -> tuple[bytes, set[str]]:
    """Decoded octets, and the names of what was wrong."""
    decoder = Gzip64Decoder()
    step = step or max(len(data), 1)
    pieces = [decoder.feed(data[index : index + step]) for index in range(0, len(data), step)]
    decoded = b"".join([*pieces, decoder.close()])
    return decoded, {deviation.name for deviation in decoder.deviations}


def encode(content: bytes) -> bytes:
    """In gzip, then base64."""
    return base64.encodebytes(gzip.compress(content, mtime=0))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2_000), st.integers(1, 200))
def test_valid_input(content: bytes, step: int) -> None:
    assert decode(encode(content), step) == (content, set())


@pytest.mark.parametrize("step", [0, 1, 7])
def test_members_one_after_the_other(step: int) -> None:
    packed = gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0)
    assert decode(base64.encodebytes(packed), step) == (b"one two", set())
    assert decode(encode(b"one ") + encode(b"two"), step)[0] == b"one two"


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize(
    ("data", "decoded", "deviations"),
    [
        (b"", b"", {"gzip-malformed"}),
        (base64.encodebytes(b"not gzip"), b"", {"gzip-malformed"}),
        (base64.encodebytes(gzip.compress(b"text", mtime=0) + b"more"), b"text", {"gzip-malformed"}),
        (encode(b"text")[:4] + b"#" + encode(b"text")[4:], b"text", {"base64-junk"}),
    ],
)
def test_what_is_not_well_formed(data: bytes, decoded: bytes, deviations: set[str], step: int) -> None:
    assert decode(data, step) == (decoded, deviations)


@pytest.mark.parametrize("step", [0, 1, 7])
def test_what_is_cut_off_is_decoded_as_far_as_it_goes(step: int) -> None:
    content = bytes(range(256)) * 40
    whole = gzip.compress(content, mtime=0)
    decoded, deviations = decode(base64.encodebytes(whole[: len(whole) // 2]), step)
    assert content.startswith(decoded)
    assert "gzip-malformed" in deviations


@pytest.mark.parametrize("step", [0, 1_000])
def test_what_expands_beyond_measure_is_left(step: int) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = base64.encodebytes(packer.compress(b"\0" * (32 << 20)) + packer.flush())
    decoded, deviations = decode(bomb, step)
    assert (1 << 20) - 1 <= len(decoded) <= (1 << 20) + 201 * len(bomb)
    assert deviations == {"decoded-too-large"}


def test_what_expands_much_but_not_beyond_measure() -> None:
    content = b"0123456789" * 100_000
    assert decode(encode(content), 1_000) == (content, set())


def test_it_is_never_faithful() -> None:
    decoder = Gzip64Decoder()
    decoder.feed(encode(b"text"))
    decoder.close()
    assert not decoder.faithful
    assert decoder.filename is None
