"""BinHex 4.0 (RFC 1741 and its appendix): between colons, six bits a character, runs shortened, then a Macintosh file.

The data fork and the resource fork are given one after the other. A checksum that does not hold is noted; the
content is given all the same, as readers do.

Known limits: the resource fork is given only where the data fork was taken whole, as it can be reached only
through that. Content that ends before it should (no second colon) is given as far as it goes.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

import pybase64

from gateway.mime import defect
from gateway.mime.enclosed.base import OCTETS, Buffer, Deviations, Enclosed, line_blocks, piece, unique
from gateway.text import charset

MARK = re.compile(rb"\(?This file must be converted with BinHex 4[^\r\n]*", re.IGNORECASE)
_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_BASE64 = bytes.maketrans(_ALPHABET, _BASE64)
_SPACE = b" \t\r\n"
_JUNK = bytes(octet for octet in range(256) if octet not in _ALPHABET)
_COLON = re.compile(rb"[\r\n][ \t]*:")
_RUN = 0x90
_RUNS = re.compile(rb"\x90[\0-\xff]?|[^\x90]+")
_ENCODED = 1 << 15  # octets decoded at a time; small, because a run may grow them a hundredfold
_LOOK_AHEAD = 4096  # between the line that says what follows, and the first colon
_FIXED = 1 + 18 + 2  # of the header, behind the name: version; type, creator, flags, lengths; checksum


def binhexed(data: Buffer, start: int) -> Iterator[Enclosed]:
    """The forks of the file whose announcing line may hold `start`."""
    before = piece(data, start - 64, start + 64)
    mark = next((one for one in MARK.finditer(before) if one.start() <= min(start, 64) <= one.end()), None)
    if mark is None:
        return
    text = piece(data, start, start + _LOOK_AHEAD)
    again = MARK.search(text)
    colon = _COLON.search(text, 0, again.start() if again else len(text))
    if colon:
        yield from body(data, start + colon.end())


def body(data: Buffer, start: int) -> Iterator[Enclosed]:
    """The forks of the file whose first character, behind the colon, stands at `start`."""
    deviations: Deviations = {}
    source = _Source(_expanded(_decoded(data, start, deviations)))
    head = source.take(1)
    name = source.take(head[0]) if head else b""
    fixed = source.take(_FIXED)
    if len(fixed) < _FIXED or not name:
        return
    header = head + name + fixed[:-2]
    if not _agrees(binascii.crc_hqx(header, 0), fixed[-2:]):
        deviations[defect.BINHEX_MALFORMED] = None
    sizes = [int.from_bytes(fixed[place : place + 4], "big") for place in (11, 15)]
    names = unique(charset.decode(name, label).strip() for label in ("macintosh", None))
    for size, candidates in zip(sizes, (names, ()), strict=True):
        if size or candidates:
            chunks = source.fork(size, deviations)
            yield Enclosed("binhex", candidates, OCTETS, (), chunks, deviations)
            if not source.done:
                return
            deviations = {}


def _agrees(checksum: int, octets: bytes) -> bool:
    return int.from_bytes(octets, "big") == checksum


class _Source:
    """A stream of octets, by number."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self.done = True

    def take(self, count: int) -> bytes:
        """That many octets, or as many as there are; meant for few."""
        while len(self._held) < count:
            more = next(self._pieces, None)
            if more is None:
                break
            self._held += more
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def fork(self, size: int, deviations: Deviations) -> Iterator[bytes]:
        """The next `size` octets and the checksum behind them."""
        self.done = False
        checksum, left = 0, size
        while left:
            block = self._held or next(self._pieces, None)
            if block is None:
                break
            taken, self._held = block[:left], block[left:]
            left -= len(taken)
            checksum = binascii.crc_hqx(taken, checksum)
            if taken:
                yield taken
        declared = self.take(2)
        if left or len(declared) < 2 or not _agrees(checksum, declared):
            deviations[defect.BINHEX_MALFORMED] = None
        self.done = True


def _decoded(data: Buffer, start: int, deviations: Deviations) -> Iterator[bytes]:
    """Six-bit characters to octets, up to the colon, or another file's announcing line."""
    held = b""
    for _whole, block in line_blocks(data, start, _ENCODED):
        again = MARK.search(block) if b"inhex" in block.lower() else None
        text = block[: again.start()] if again else block
        text, colon, _ = text.partition(b":")
        characters = text.translate(None, _SPACE)
        kept = characters.translate(None, _JUNK)
        if len(kept) != len(characters):
            deviations[defect.BINHEX_MALFORMED] = None
        held += kept.translate(_TO_BASE64)
        whole = len(held) & ~3
        if whole:
            yield pybase64.b64decode(held[:whole], validate=True)
        held = held[whole:]
        if colon or again:
            break
    if len(held) > 1:
        yield pybase64.b64decode(held + b"=" * (4 - len(held)), validate=True)


def _expanded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Runs written out: 0x90 and a number stand for the octet before, that many times; 0x90 0 for 0x90 itself."""
    held = b""
    last = b""
    for block in pieces:
        text = held + block
        held = b""
        if _RUN not in text:
            last = text[-1:] or last
            yield text
            continue
        if text.endswith(b"\x90") and _RUNS.findall(text)[-1] == b"\x90":
            text, held = text[:-1], b"\x90"
        expanded, last = _runs(text, last)
        yield expanded


def _runs(text: bytes, last: bytes) -> tuple[bytes, bytes]:
    pieces: list[bytes] = []
    for token in _RUNS.findall(text):
        if token[0] != _RUN:
            last = token[-1:]
            pieces.append(token)
        elif token[1]:
            pieces.append(last * (token[1] - 1))
        else:
            last = b"\x90"
            pieces.append(last)
    return b"".join(pieces), last
