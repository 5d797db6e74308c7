"""Content transfer encodings (RFC 2045 section 6): the interface of a decoder, and the way to get one.

A decoder is fed the encoded octets in blocks of any size and gives the decoded ones; the result does not depend
on how the input is cut. It never raises; what is wrong with the input it keeps in `deviations`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Protocol

from gateway.mime import defect, reading
from gateway.mime.defect import Deviation
from gateway.mime.encoding_base64 import Base64Decoder, GroupBase64Decoder, LineBase64Decoder
from gateway.mime.encoding_gzip import Gzip64Decoder
from gateway.mime.encoding_qp import QuotedPrintableDecoder, Stray, UnfoldingDecoder
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


# How readers that do not read broken base64 as we do read it: each line for itself, from another character on (so
# that the groups of four are others), up to the first padding, or without the characters that we take for the URL-safe
# alphabet.
_BY_LINE, _WITHOUT_URL_SAFE = "base64 by line", "base64 without - and _"
_WITH_PADDING, _UP_TO_PADDING = "base64 in groups with =", "base64 up to its padding"
_SHIFTED = {f"base64 from character {skipped + 1}": skipped for skipped in (1, 2, 3)}
# Quoted-printable in which an equals sign that begins no escape is left out, alone or with what it escapes.
_QP_DROPPED, _QP_UNFOLDED = "quoted-printable without stray =", "quoted-printable with escapes across lines"
_QP_SHORTENED = "quoted-printable without broken escapes"

_DECODERS: dict[str, Callable[[], Decoder]] = {
    reading.BASE64: Base64Decoder,
    reading.QUOTED_PRINTABLE: QuotedPrintableDecoder,
    reading.UUENCODE: UuDecoder,
    reading.GZIP64: Gzip64Decoder,
    _BY_LINE: LineBase64Decoder,
    _UP_TO_PADDING: partial(Base64Decoder, stop=True),
    _WITH_PADDING: GroupBase64Decoder,
    _WITHOUT_URL_SAFE: partial(Base64Decoder, url_safe=False),
    **{name: partial(Base64Decoder, skip=skipped) for name, skipped in _SHIFTED.items()},
    _QP_DROPPED: partial(QuotedPrintableDecoder, Stray.DROPPED),
    _QP_SHORTENED: partial(QuotedPrintableDecoder, Stray.DROPPED_WITH_DIGITS),
    _QP_UNFOLDED: UnfoldingDecoder,
}


def decoder_for(encoding: str) -> Decoder:
    """A fresh decoder for the name of an encoding as `reading` or `doubts` gives it."""
    return _DECODERS.get(encoding, IdentityDecoder)()


def doubts(encoding: str, deviations: Collection[Deviation]) -> tuple[str, ...]:
    """The other encodings in which readers may read a body that is not quite in `encoding`."""
    if encoding == reading.BASE64:
        groups = (_BY_LINE, *_SHIFTED) if not _REGROUPED.isdisjoint(deviations) else ()
        alphabet = (_WITHOUT_URL_SAFE,) if defect.BASE64_URL_SAFE in deviations else ()
        plain = (reading.IDENTITY,) if not _NOT_BASE64.isdisjoint(deviations) else ()
        padding = (_WITH_PADDING,) if defect.BASE64_PADDING in deviations else ()
        first = (_UP_TO_PADDING,) if defect.BASE64_AFTER_PADDING in deviations else ()
        return (*plain, *groups, *alphabet, *padding, *first)
    if encoding == reading.QUOTED_PRINTABLE and defect.QP_ILLEGAL in deviations:
        return (reading.IDENTITY, _QP_DROPPED, _QP_SHORTENED, _QP_UNFOLDED)
    if encoding in (reading.UUENCODE, reading.GZIP64) and deviations:
        return (reading.IDENTITY,) if encoding == reading.UUENCODE else (reading.IDENTITY, reading.BASE64)
    return ()


_NOT_BASE64 = frozenset({defect.BASE64_JUNK, defect.BASE64_TRUNCATED, defect.BASE64_PADDING})
_REGROUPED = _NOT_BASE64 | {defect.BASE64_AFTER_PADDING, defect.BASE64_URL_SAFE}
