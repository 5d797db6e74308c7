"""Uuencode as a transfer encoding (x-uuencode; never standardised, POSIX uuencode's historical form).

Lines before "begin" and after "end" are passed over, as readers do. Where there is no "begin" line the content
is decoded from its first line on.

Known limits: one file a leaf; a line longer than 1,024 octets is not decoded; the base64 variant
("begin-base64") is left to those who look at the raw message.
"""

from __future__ import annotations

import binascii
import enum
import re

from gateway.mime import defect
from gateway.mime.defect import Deviation
from gateway.text import charset

_BEGIN = re.compile(rb"begin [0-7]{3,4} +(.+)", re.IGNORECASE)
_END = re.compile(rb"end\s*", re.IGNORECASE)
_MAX_LINE = 1024


class _State(enum.Enum):
    WAITING = enum.auto()
    WITHOUT_BEGIN = enum.auto()
    BEGUN = enum.auto()
    ENDED = enum.auto()


class UuDecoder:
    """Uuencoded lines to octets."""

    faithful = False

    def __init__(self) -> None:
        self.deviations: dict[Deviation, None] = {}
        self.filename: str | None = None
        self._held = b""
        self._skipping = False
        self._state = _State.WAITING

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        text = self._held + data if self._held else data
        *lines, self._held = text.split(b"\n")
        if lines and self._skipping:
            self._skipping = False
            del lines[0]
        if len(self._held) > _MAX_LINE:
            self.deviations[defect.UUENCODE_MALFORMED] = None
            self._held, self._skipping = b"", True
        elif self._skipping:
            self._held = b""
        return b"".join([self._line(line) for line in lines])

    def close(self) -> bytes:
        """The rest."""
        held, self._held = self._held, b""
        return self._line(held)

    def _line(self, line: bytes) -> bytes:
        if len(line) > _MAX_LINE:
            self.deviations[defect.UUENCODE_MALFORMED] = None
            return b""
        line = line.removesuffix(b"\r")
        if not line:
            return b""
        begin = _BEGIN.fullmatch(line) if line[:1] in b"bB" else None
        if begin is not None and self._state is not _State.BEGUN:
            return self._begin(begin[1])
        if self._state in (_State.BEGUN, _State.WITHOUT_BEGIN):
            return self._content(line)
        if self._state is _State.WAITING and _plausible(line):
            self.deviations[defect.UUENCODE_NO_BEGIN] = None
            self._state = _State.WITHOUT_BEGIN
            return self._content(line)
        return b""

    def _begin(self, name: bytes) -> bytes:
        if self._state is not _State.WAITING:
            self.deviations[defect.UUENCODE_MALFORMED] = None
        if self.filename is None:
            self.filename = charset.decode(name, None).strip()
        self._state = _State.BEGUN
        return b""

    def _content(self, line: bytes) -> bytes:
        if _END.fullmatch(line):
            self._state = _State.ENDED
            return b""
        try:
            return binascii.a2b_uu(line)
        except binascii.Error:
            pass
        try:  # some encoders append characters to the line: take the length that it declares
            return binascii.a2b_uu(line[: 1 + _encoded_length(line)])
        except binascii.Error:
            self.deviations[defect.UUENCODE_MALFORMED] = None
            return b""


def _encoded_length(line: bytes) -> int:
    return (((line[0] - 32) & 63) + 2) // 3 * 4


def _plausible(line: bytes) -> bool:
    """Whether a line without a "begin" before it is uuencoded: its first character gives its length."""
    return (
        len(line) > 1 and len(line) == 1 + _encoded_length(line) and max(line) <= 0x60 and min(line) >= 0x20
    )
