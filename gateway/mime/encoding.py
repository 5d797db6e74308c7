"""Content transfer encodings (RFC 2045 section 6): the interface of a decoder, and the way to get one.

A decoder is fed the encoded octets in blocks of any size and gives the decoded ones; the result does not depend
on how the input is cut. It never raises; what is wrong with the input it keeps in `deviations`.
"""

from __future__ import annotations

from typing import Protocol

from gateway.mime import reading
from gateway.mime.defect import Deviation
from gateway.mime.encoding_base64 import Base64Decoder
from gateway.mime.encoding_qp import QuotedPrintableDecoder
from gateway.mime.encoding_uu import UuDecoder


class Decoder(Protocol):
    """A transfer decoding in progress."""

    deviations: dict[Deviation, None]
    """What was wrong so far, as an ordered set."""

    @property
    def faithful(self) -> bool:
        """True where the encoded form, so far, is well-formed and says nothing that the decoded form does not."""
        ...

    @property
    def filename(self) -> str | None:
        """A file name that the encoded form itself carries, known before the first octet comes out."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        ...

    def close(self) -> bytes:
        """The encoded octets have ended; give the rest."""
        ...


class IdentityDecoder:
    """7bit, 8bit and binary: the octets as they are."""

    faithful = False
    filename = None

    def __init__(self) -> None:
        self.deviations: dict[Deviation, None] = {}

    def feed(self, data: bytes) -> bytes:
        """The same octets."""
        return data

    def close(self) -> bytes:
        """Nothing is held back."""
        return b""


def decoder_for(encoding: str) -> Decoder:
    """A fresh decoder for the name of an encoding as `reading` gives it."""
    if encoding == reading.BASE64:
        return Base64Decoder()
    if encoding == reading.QUOTED_PRINTABLE:
        return QuotedPrintableDecoder()
    if encoding == reading.UUENCODE:
        return UuDecoder()
    return IdentityDecoder()
