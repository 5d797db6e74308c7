"""The choice of a decoder."""

from __future__ import annotations

import pytest

from gateway.mime import defect
from gateway.mime.defect import DEVIATIONS, Deviation
from gateway.mime.encoding import IdentityDecoder, decoder_for, doubts
from gateway.mime.encoding_base64 import Base64Decoder, LineBase64Decoder
from gateway.mime.encoding_gzip import Gzip64Decoder
from gateway.mime.encoding_qp import QuotedPrintableDecoder, UnfoldingDecoder
from gateway.mime.encoding_uu import UuDecoder


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("base64", Base64Decoder),
        ("quoted-printable", QuotedPrintableDecoder),
        ("x-uuencode", UuDecoder),
        ("identity", IdentityDecoder),
        ("x-gzip64", Gzip64Decoder),
        ("base64 by line", LineBase64Decoder),
        ("base64 from character 2", Base64Decoder),
        ("base64 without - and _", Base64Decoder),
        ("quoted-printable without stray =", QuotedPrintableDecoder),
        ("quoted-printable with escapes across lines", UnfoldingDecoder),
        ("uuencode", IdentityDecoder),
        ("begin-base64", IdentityDecoder),
        ("unheard of", IdentityDecoder),
    ],
)
def test_decoder_for(encoding: str, expected: type) -> None:
    assert type(decoder_for(encoding)) is expected


def test_identity_gives_back_what_it_takes() -> None:
    decoder = decoder_for("identity")
    assert decoder.feed(b"a=3D\x00") == b"a=3D\x00"
    assert decoder.close() == b""
    assert not decoder.faithful
    assert not decoder.deviations


REGROUPED = {f"base64 {how}" for how in ("by line", *[f"from character {number}" for number in (2, 3, 4)])}


@pytest.mark.parametrize(
    ("encoding", "deviation", "included", "excluded"),
    [
        ("base64", defect.BASE64_JUNK, {"identity", *REGROUPED}, {"base64 without - and _"}),
        ("base64", defect.BASE64_TRUNCATED, {"identity", *REGROUPED}, {"base64 without - and _"}),
        ("base64", defect.BASE64_PADDING, {"identity", *REGROUPED}, {"base64 without - and _"}),
        ("base64", defect.BASE64_AFTER_PADDING, REGROUPED, {"identity"}),
        ("base64", defect.BASE64_URL_SAFE, {"base64 without - and _", *REGROUPED}, {"identity"}),
        (
            "quoted-printable",
            defect.QP_ILLEGAL,
            {
                "identity",
                "quoted-printable without stray =",
                "quoted-printable with escapes across lines",
            },
            {"base64"},
        ),
        ("x-uuencode", defect.UUENCODE_MALFORMED, {"identity"}, set()),
        ("x-uuencode", defect.UUENCODE_NO_BEGIN, {"identity"}, set()),
        ("x-gzip64", defect.GZIP_MALFORMED, {"identity", "base64"}, set()),
        ("x-gzip64", defect.BASE64_JUNK, {"identity", "base64"}, set()),
    ],
)
def test_doubts(encoding: str, deviation: Deviation, included: set[str], excluded: set[str]) -> None:
    found = doubts(encoding, {deviation: None})
    assert included <= set(found)
    assert not excluded & set(found)
    assert len(set(found)) == len(found)
    assert encoding not in found


@pytest.mark.parametrize(
    ("encoding", "deviations"),
    [
        ("base64", ()),
        ("base64", (defect.BASE64_SPACE,)),
        ("quoted-printable", ()),
        ("x-uuencode", ()),
        ("x-gzip64", ()),
        ("identity", tuple(DEVIATIONS.values())),
        ("base64 by line", tuple(DEVIATIONS.values())),
        ("base64 from character 2", tuple(DEVIATIONS.values())),
    ],
)
def test_no_doubts(encoding: str, deviations: tuple[Deviation, ...]) -> None:
    assert doubts(encoding, deviations) == ()


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "x-gzip64"])
def test_every_doubt_has_a_decoder(encoding: str) -> None:
    for other in doubts(encoding, tuple(DEVIATIONS.values())):
        assert other == "identity" or type(decoder_for(other)) is not IdentityDecoder
