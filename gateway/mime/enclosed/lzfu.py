"""Compressed RTF ([MS-OXRTFCP]): what Outlook puts a message's text into.

Memory is bounded by a window; time is linear in the output, which can be nine times the input.

Known limit: HTML or plain text that is wrapped in the RTF is left in it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from gateway.mime import defect
from gateway.mime.enclosed.base import BLOCK, Buffer, Deviations, blocks, piece

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_HEADER = 16
_WINDOW = 4096
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def decompress(data: Buffer, start: int, end: int, deviations: Deviations) -> Iterator[bytes]:
    """The RTF that stands, compressed, from `start` up to `end`."""
    head = piece(data, start, min(start + _HEADER, end))
    content = min(end, start + 4 + int.from_bytes(head[:4], "little"))
    size = int.from_bytes(head[4:8], "little")
    if head[8:12] == _PLAIN:
        yield from blocks(data, start + _HEADER, min(start + _HEADER + size, end))
        return
    if head[8:12] != _COMPRESSED:
        deviations[defect.TNEF_MALFORMED] = None
        return
    # What is behind the declared end is decoded too: the stream has an end of its own.
    expander = _Expander()
    checksum, place = 0xFFFFFFFF, start + _HEADER
    for block in blocks(data, start + _HEADER, end, BLOCK // 16):
        checksum = zlib.crc32(block[: max(content - place, 0)], checksum)
        place += len(block)
        if expanded := expander.feed(block):
            yield expanded
        if expander.ended and place >= content:
            break
    if rest := expander.close():
        yield rest
    wrong = int.from_bytes(head[12:16], "little") != checksum ^ 0xFFFFFFFF
    if wrong or not expander.ended:
        deviations[defect.TNEF_MALFORMED] = None


class _Expander:
    """LZ77 over a ring of 4,096 octets that begins with what RTF often has."""

    def __init__(self) -> None:
        self.ended = False
        self._held = b""
        # What was written last; position i of it stands at ring position (self._base + i) % _WINDOW.
        self._out = bytearray(_WINDOW - len(_DICTIONARY)) + _DICTIONARY
        self._base = len(_DICTIONARY) % _WINDOW

    def feed(self, data: bytes) -> bytes:
        """Take the next compressed octets; give what they expand to."""
        if self.ended:
            return b""
        data = self._held + data
        first = len(self._out)
        place, length = 0, len(data)
        while place < length and not self.ended:
            flags = data[place]
            # Groups are taken whole (one octet, and up to sixteen), so that nothing is held within one.
            if place + 17 > length and place + 1 + 8 + flags.bit_count() > length:
                break
            place = self._group(data, place + 1, flags)
        self._held = data[place:]
        return self._take(first)

    def close(self) -> bytes:
        """What the last group expands to, which ends where the input does."""
        first = len(self._out)
        if self._held and not self.ended:
            try:
                self._group(self._held, 1, self._held[0])
            except IndexError:
                pass
        return self._take(first)

    def _take(self, first: int) -> bytes:
        expanded = bytes(self._out[first:])
        dropped = len(self._out) - _WINDOW
        del self._out[:dropped]
        self._base = (self._base + dropped) % _WINDOW
        return expanded

    def _group(self, data: bytes, place: int, flags: int) -> int:
        if not flags:
            self._out += data[place : place + 8]
            return place + 8
        for bit in range(8):
            if not flags >> bit & 1:
                self._out.append(data[place])
                place += 1
                continue
            token = data[place] << 8 | data[place + 1]
            place += 2
            if not self._copy(token >> 4, (token & 15) + 2):
                self.ended = True
                break
        return place

    def _copy(self, position: int, length: int) -> bool:
        """Repeat what stands at a ring position; False for the position that is next, which means the end."""
        out = self._out
        distance = (self._base + len(out) - position) % _WINDOW
        if not distance:
            return False
        start = len(out) - distance
        if distance >= length:
            out += out[start : start + length]
        else:
            out += (out[start:] * (length // distance + 1))[:length]
        return True
