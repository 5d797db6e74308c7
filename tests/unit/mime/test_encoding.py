"""The choice of a decoder."""

from __future__ import annotations

import pytest

from gateway.mime.encoding import IdentityDecoder, decoder_for
from gateway.mime.encoding_base64 import Base64Decoder
from gateway.mime.encoding_qp import QuotedPrintableDecoder
from gateway.mime.encoding_uu import UuDecoder


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("base64", Base64Decoder),
        ("quoted-printable", QuotedPrintableDecoder),
        ("x-uuencode", UuDecoder),
        ("identity", IdentityDecoder),
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
