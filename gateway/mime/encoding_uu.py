"""Uuencode as a transfer encoding (x-uuencode; never standardised, POSIX uuencode's historical form).

Lines before "begin" and after "end" are passed over, as readers do. Where there is no "begin" line the content
is decoded from its first line on. Lines may end with CR, LF or both.

Known limits: one file a leaf; a line longer than 1,024 octets is not decoded; the base64 variant
("begin-base64") is left to those who look into the leaf (`gateway.mime.enclosed`).
"""

from __future__ import annotations

import binascii
import enum
import re

from gateway.mime import defect
from gateway.mime.defect import Deviation
from gateway.text import charset

BEGIN = re.compile(rb"begin[ \t]+[0-7]{3,6}[ \t]+(.+)", re.IGNORECASE)
END = re.compile(rb"end\s*", re.IGNORECASE)
CR_TO_LF = bytes.maketrans(b"\r", b"\n")
_MAX_LINE = 1024
_BATCH = 64  # lines tried at once; small, because one odd line has them all tried again
_STARTS = (b"b", b"B", b"e", b"E")


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
        self._passed_over = False  # something that is neither empty nor content

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        data = data.translate(CR_TO_LF)
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
        return self._lines(lines)

    def close(self) -> bytes:
        """The rest."""
        held, self._held = self._held, b""
        rest = self._lines([held])
        if self._state is _State.WAITING and self._passed_over:
            self.deviations[defect.UUENCODE_MALFORMED] = None
        return rest

    def _lines(self, lines: list[bytes]) -> bytes:
        pieces: list[bytes] = []
        index = 0
        while index < len(lines):
            if self._state in (_State.BEGUN, _State.WITHOUT_BEGIN):
                decoded, index = decode_lines(lines, index, self.deviations)
                pieces += decoded
            if index < len(lines):
                index += self._between(lines[index])
        return b"".join(pieces)

    def _between(self, line: bytes) -> int:
        """Take a line that is not content; 0 where the content begins with this very line."""
        if not line or len(line) > _MAX_LINE:
            if line:
                self.deviations[defect.UUENCODE_MALFORMED] = None
            return 1
        begin = BEGIN.fullmatch(line) if line[:1] in b"bB" else None
        if begin is not None:
            self._begin(begin[1])
        elif self._state in (_State.BEGUN, _State.WITHOUT_BEGIN):
            self._state = _State.ENDED
        elif self._state is _State.WAITING and plausible(line):
            self.deviations[defect.UUENCODE_NO_BEGIN] = None
            self._state = _State.WITHOUT_BEGIN
            return 0
        else:
            self._passed_over = True
        return 1

    def _begin(self, name: bytes) -> None:
        if self._state is not _State.WAITING:  # content may have come out: a name comes too late
            self.deviations[defect.UUENCODE_MALFORMED] = None
        elif self.filename is None:
            self.filename = charset.decode(name, None).strip()
        self._state = _State.BEGUN


def decode_lines(
    lines: list[bytes], start: int, deviations: dict[Deviation, None]
) -> tuple[list[bytes], int]:
    """Decode content lines from index `start` on, up to one that begins or ends a file.

    Gives what they decode to, and the index of that line (the number of lines where there is none). Lines that
    cannot be decoded are passed over and noted. Lines come without their endings.
    """
    pieces: list[bytes] = []
    for first in range(start, len(lines), _BATCH):
        batch = lines[first : first + _BATCH]
        try:
            pieces += _batch(batch)
            continue
        except binascii.Error:
            pass
        for index, line in enumerate(batch, first):
            if line[:1] in _STARTS and (END.fullmatch(line) or BEGIN.fullmatch(line)):
                return pieces, index
            if line:
                pieces.append(_content(line, deviations))
    return pieces, len(lines)


def _batch(lines: list[bytes]) -> list[bytes]:
    """Several lines at once, where nothing is odd about any; else raises binascii.Error."""
    if max(map(len, lines)) > _MAX_LINE:
        raise binascii.Error
    return [*map(binascii.a2b_uu, filter(None, lines))]


def _content(line: bytes, deviations: dict[Deviation, None]) -> bytes:
    if len(line) <= _MAX_LINE:
        try:
            return binascii.a2b_uu(line)
        except binascii.Error:
            pass
        try:  # some encoders append characters to the line: take the length that it declares
            return binascii.a2b_uu(line[: 1 + encoded_length(line)])
        except binascii.Error:
            pass
    deviations[defect.UUENCODE_MALFORMED] = None
    return b""


def encoded_length(line: bytes) -> int:
    """How many characters should follow the first one of a line, which gives its length."""
    return (((line[0] - 32) & 63) + 2) // 3 * 4


def plausible(line: bytes) -> bool:
    """Whether a line without a "begin" before it is uuencoded."""
    return len(line) > 1 and len(line) == 1 + encoded_length(line) and uppercase(line)


def uppercase(line: bytes) -> bool:
    """Whether a line has no character outside the alphabet of uuencode."""
    return max(line) <= 0x60 and min(line) >= 0x20
