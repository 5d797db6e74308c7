"""Base64: equal to the standard library on valid input, tolerant on the rest, however it is cut."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.encoding_base64 import Base64Decoder, LineBase64Decoder


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


def in_pieces(decoder: Base64Decoder | LineBase64Decoder, data: bytes, step: int = 0) -> bytes:
    """What `decoder` makes of `data`."""
    step = step or max(len(data), 1)
    pieces = [decoder.feed(data[index : index + step]) for index in range(0, len(data), step)]
    return b"".join([*pieces, decoder.close()])


class TestSkipping:
    """Readers for whom the groups of four begin at another character."""

    @pytest.mark.parametrize(
        ("skip", "encoded", "decoded"),
        [
            (1, b"XQUJD", b"ABC"),
            (1, b"X\r\nQUJD", b"ABC"),
            (1, b"#\x00X QUJD", b"ABC"),
            (2, b"X.YQUJD", b"ABC"),
            (3, b"XYZQUJDQQ==", b"ABCA"),
            (3, b"XY", b""),
            (1, b"=QUJD", b"ABC"),
            (2, b"-_QUJD", b"ABC"),
        ],
    )
    def test_the_first_characters_of_the_alphabet_are_left_out(
        self, skip: int, encoded: bytes, decoded: bytes
    ) -> None:
        for step in (0, 1, 2):
            assert in_pieces(Base64Decoder(skip=skip), encoded, step) == decoded

    @settings(max_examples=100, deadline=None)
    @given(st.text(alphabet="QUJDRA=+/-_ \r\n#", max_size=40), st.integers(1, 9), st.integers(0, 3))
    def test_any_cut_gives_the_same(self, text: str, step: int, skip: int) -> None:
        data = text.encode("ascii")
        assert in_pieces(Base64Decoder(skip=skip), data, step) == in_pieces(Base64Decoder(skip=skip), data)


class TestWithoutUrlSafe:
    """Readers that pass over - and _ like any other character."""

    @pytest.mark.parametrize(
        ("encoded", "decoded"), [(b"Q-U_J-D", b"ABC"), (b"-_-_", b""), (b"QUJD", b"ABC"), (b"QQ-=_=", b"A")]
    )
    def test_they_are_no_characters(self, encoded: bytes, decoded: bytes) -> None:
        for step in (0, 1, 2):
            assert in_pieces(Base64Decoder(url_safe=False), encoded, step) == decoded

    @settings(max_examples=100, deadline=None)
    @given(st.text(alphabet="QUJDRA=-_ \r\n#", max_size=40))
    def test_as_though_they_were_not_there(self, text: str) -> None:
        data = text.encode("ascii")
        bare = data.translate(None, b"-_")
        assert in_pieces(Base64Decoder(url_safe=False), data) == in_pieces(Base64Decoder(), bare)


class TestLines:
    """Readers that begin anew with each line."""

    @pytest.mark.parametrize(
        ("encoded", "decoded"),
        [
            (b"QUJD\r\nREVG\r\n", b"ABCDEF"),
            (b"QUJD\nX\nREVG", b"ABCDEF"),
            (b"QUJD\nXYZ\nREVG", b"ABCDEF"),
            (b"QQ==\rQg==\r\n\r\nQw==", b"ABC"),
            (b"QUI=\nQw", b"AB"),
            (b"Q#U.J D\n====\nREVG", b"ABCDEF"),
            (b"-_-_\n+/+/", base64.b64decode(b"+/+/+/+/")),
            (b"", b""),
        ],
    )
    def test_each_line_for_itself(self, encoded: bytes, decoded: bytes) -> None:
        for step in (0, 1, 2):
            assert in_pieces(LineBase64Decoder(), encoded, step) == decoded

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=400), st.integers(1, 90))
    def test_well_formed_content_is_what_it_is(self, content: bytes, step: int) -> None:
        assert in_pieces(LineBase64Decoder(), base64.encodebytes(content), step) == content

    def test_a_line_of_any_length(self) -> None:
        content = bytes(range(256)) * 1_000
        encoded = base64.b64encode(content) + b"\r\nX\r\nQUJD"
        for step in (1_000, 4_096, 0):
            assert in_pieces(LineBase64Decoder(), encoded, step) == content + b"ABC"

    def test_it_is_never_faithful(self) -> None:
        assert not LineBase64Decoder().faithful


@pytest.mark.parametrize("step", [1, 3, 4, 7, 100])
@pytest.mark.parametrize(
    "encoded", [b"QUI=QUJD", b"QUI=", b"QUI=\r\n\r\nQUJD====QUJD", b"Q U-I=QUJD", b"QUI=="]
)
def test_up_to_the_first_padding(encoded: bytes, step: int) -> None:
    decoder = Base64Decoder(stop=True)
    pieces = [decoder.feed(encoded[at : at + step]) for at in range(0, len(encoded), step)]
    expected = b"AO\x88" if b"-" in encoded else b"AB"
    assert b"".join([*pieces, decoder.close()]) == expected
