"""Base64: equal to the standard library on valid input, tolerant on the rest, however it is cut."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.encoding_base64 import Base64Decoder


def decode(data: bytes, step: int = 0) -> tuple[bytes, set[str], bool]:
    """Decoded octets, names of what was wrong, and whether the body was faithful."""
    decoder = Base64Decoder()
    step = step or max(len(data), 1)
    decoded = b"".join([decoder.feed(data[index : index + step]) for index in range(0, len(data), step)])
    faithful = decoder.faithful
    decoded += decoder.close()
    return decoded, {deviation.name for deviation in decoder.deviations}, faithful and decoder.faithful


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 90), st.sampled_from([b"\r\n", b"\n", b""]))
def test_valid_base64_is_what_the_standard_library_says(content: bytes, step: int, ending: bytes) -> None:
    encoded = base64.encodebytes(content).replace(b"\n", ending)
    assert decode(encoded, step) == (content, set(), True)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="QUJDRA=+/-_ \t\r\n#\x00\xff", max_size=60), st.integers(1, 9))
def test_any_cut_gives_the_same(text: str, step: int) -> None:
    data = text.encode("latin-1")
    assert decode(data, step) == decode(data)


@pytest.mark.parametrize(
    ("encoded", "decoded", "deviations"),
    [
        (b"QU#JD", b"ABC", {"base64-junk"}),
        (b"Q.U:J%D", b"ABC", {"base64-junk"}),
        (b"QU\x00JD\xff", b"ABC", {"base64-junk"}),
        (b"QUJD \r\n\tREVG", b"ABCDEF", {"base64-space"}),
        (b"QUJD #REVG", b"ABCDEF", {"base64-space", "base64-junk"}),
        (b"-_-_", base64.b64decode(b"+/+/"), {"base64-url-safe"}),
        (b"QQ==QUJD", b"AABC", {"base64-after-padding"}),
        (b"QQ==\r\nQg==\r\nQw==", b"ABC", {"base64-after-padding"}),
        (b"====\r\nQUJD", b"ABC", {"base64-padding"}),
        (b"Q=UJD", b"ABC", {"base64-padding"}),
        (b"QQ==Q", b"A", {"base64-after-padding", "base64-truncated"}),
        (
            b"= QAA=Q",
            b"@\x00",
            {"base64-padding", "base64-space", "base64-after-padding", "base64-truncated"},
        ),
        (b"QQ=QUJD", b"AABC", {"base64-padding", "base64-after-padding"}),
        (b"QUJD=", b"ABC", {"base64-padding"}),
        (b"QUJDQQ", b"ABCA", {"base64-truncated"}),
        (b"QUJDQ", b"ABC", {"base64-truncated"}),
        (b"QQ=", b"A", {"base64-truncated"}),
        (b"", b"", set()),
    ],
)
def test_what_is_not_well_formed(encoded: bytes, decoded: bytes, deviations: set[str]) -> None:
    for step in (0, 1, 3):
        result = decode(encoded, step)
        assert result == (decoded, deviations, not deviations)


def test_padding_divided_by_a_line_ending() -> None:
    assert decode(b"QQ=\r\n=\r\n", 3) == (b"A", set(), True)


def test_padding_everywhere_is_limited() -> None:
    encoded = b"QQ==" * 20_050
    decoded, deviations, faithful = decode(encoded)
    assert decoded.startswith(b"A" * 20_000)
    assert "base64-too-broken" in deviations
    assert not faithful
    assert decode(encoded, 1001) == (decoded, deviations, faithful)
