"""Quoted-printable (RFC 2045 section 6.7), whole blocks at a time.

The block goes to the C decoder of the standard library once escapes that it would read in its own way are made
plain: an equals sign that is not followed by two hexadecimal digits or a line ending stays as it is; white space
between a soft break's equals sign and its line ending is part of the break.

Known limit: white space at the end of a line is kept, though rule 3 lets a reader remove it.
"""

from __future__ import annotations

import binascii
import enum
import re

from gateway.mime import defect
from gateway.mime.defect import Deviation

_MAX_PADDING = 1000  # octets of white space within a soft break; beyond, the equals sign is taken for itself
_ODD = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n)")
_SOFT_BREAK = re.compile(rb"=(?:[ \t]{0,%d}(?:\r\n|\n)|[ \t]{0,%d}\r(?!\n))" % (_MAX_PADDING, _MAX_PADDING))
_STRAY_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n)[^=\r\n]{0,2}")
_WITHIN_ESCAPE = re.compile(
    rb"=[ \t\v\f\0]{0,%d}\r?\n|(?<==[0-9A-Fa-f])[ \t]{0,%d}\r?\n(?=[0-9A-Fa-f])"
    % (_MAX_PADDING, _MAX_PADDING)
)
_MAY_GO_ON = re.compile(rb"[0-9A-Fa-f]?[ \t\v\f\0]{0,%d}\r?\n?\Z" % _MAX_PADDING)
_UNFINISHED = re.compile(rb"(?:[0-9A-Fa-f]?|[ \t]{0,%d}\r?)\Z" % _MAX_PADDING)
_SOFT_AT_END = re.compile(rb"=[ \t]*\r?\Z")


class Stray(enum.Enum):
    """What becomes of an equals sign that begins no escape: it stays, it is left out, or it and the two characters that
    should be digits are left out."""

    KEPT = enum.auto()
    DROPPED = enum.auto()
    DROPPED_WITH_DIGITS = enum.auto()


class QuotedPrintableDecoder:
    """Quoted-printable; illegal escapes stay as they stand, or are dealt with as `stray` says."""

    faithful = False
    filename = None

    def __init__(self, stray: Stray = Stray.KEPT) -> None:
        self._stray = stray
        self.deviations: dict[Deviation, None] = {}
        self._held = b""  # from an equals sign on, what may yet become an escape or a soft break

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        text = self._held + data if self._held else data
        self._held = b""
        last = text.rfind(b"=", max(0, len(text) - _MAX_PADDING - 2))
        if last >= 0 and (_UNFINISHED.match(text, last + 1) or self._may_be_stray(text, last)):
            text, self._held = text[:last], text[last:]
        return self._decode(text)

    def _may_be_stray(self, text: bytes, last: int) -> bool:
        return self._stray is Stray.DROPPED_WITH_DIGITS and len(text) - last < 3

    def close(self) -> bytes:
        """The rest; an equals sign at the very end is a soft break."""
        text = _SOFT_AT_END.sub(b"", self._held)
        self._held = b""
        return self._decode(text)

    def _decode(self, text: bytes) -> bytes:
        if _ODD.search(text) is not None:
            text = _SOFT_BREAK.sub(b"=\n", text)
            if self._stray is Stray.DROPPED_WITH_DIGITS:
                plain = _STRAY_ESCAPE.sub(b"", text)
            else:
                plain = _ODD.sub(b"" if self._stray is Stray.DROPPED else b"=3D", text)
            if len(plain) != len(text):
                self.deviations[defect.QP_ILLEGAL] = None
            text = plain
        return binascii.a2b_qp(text)


class UnfoldingDecoder(QuotedPrintableDecoder):
    """Quoted-printable whose line breaks are taken out before its escapes are read, as though they were one line."""

    def __init__(self) -> None:
        super().__init__()
        self._folded = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        text = self._folded + data
        self._folded = b""
        last = text.rfind(b"=", max(0, len(text) - _MAX_PADDING - 3))
        if last >= 0 and _MAY_GO_ON.match(text, last + 1):
            text, self._folded = text[:last], text[last:]
        return super().feed(_WITHIN_ESCAPE.sub(b"", text))

    def close(self) -> bytes:
        """The rest."""
        return super().feed(self._folded) + super().close()
