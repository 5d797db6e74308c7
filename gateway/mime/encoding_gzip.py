"""The transfer encoding x-gzip64 (Lotus and a few others; never standardised): base64 of gzip (RFC 1952).

Of what expands to more than `_RATIO` times its size the rest is not decompressed, and the deviation says so. What
comes before the octet at which the content is damaged is given.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from gateway.mime import defect
from gateway.mime.defect import Deviation
from gateway.mime.encoding_base64 import Base64Decoder

_GZIP = 16 + zlib.MAX_WBITS
_RATIO = 200
_FREE = 1 << 20  # octets that may come out whatever the ratio
_STEP = 4_096  # encoded octets dealt with at once, so that what comes out does not depend on how they are cut


class Decompressor(Protocol):
    """A decompression in progress, as `zlib.decompressobj` gives it."""

    def copy(self) -> Decompressor:
        """The same, to go on from here in another way."""
        ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """What the next octets give. Raises zlib.error."""
        ...


class Gzip64Decoder:
    """Base64, then gzip, several members one after the other."""

    faithful = False
    filename = None

    def __init__(self) -> None:
        self.deviations: dict[Deviation, None] = {}
        self._base64 = Base64Decoder()
        self._gzip = zlib.decompressobj(_GZIP)
        self._held = b""
        self._left = _FREE
        self._broken = False

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        text = self._held + data
        whole = len(text) - len(text) % _STEP
        self._held = text[whole:]
        return b"".join([self._step(text[place : place + _STEP]) for place in range(0, whole, _STEP)])

    def _step(self, text: bytes) -> bytes:
        self._left += _RATIO * len(text)
        return self._decompress(self._base64.feed(text))

    def close(self) -> bytes:
        """The rest."""
        rest = self._step(self._held) + self._decompress(self._base64.close())
        if not self._gzip.eof and not self._broken:
            self.deviations[defect.GZIP_MALFORMED] = None
        self.deviations.update(self._base64.deviations)
        return rest

    def _decompress(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        while data and not self._broken:
            if self._gzip.eof:
                self._gzip = zlib.decompressobj(_GZIP)
            before = self._gzip.copy()
            try:
                piece = self._gzip.decompress(data, max(self._left, 1))
            except zlib.error:
                self.deviations[defect.GZIP_MALFORMED] = None
                self._broken = True
                pieces.append(_before_error(before, data)[: max(self._left, 0)])
                break
            pieces.append(piece)
            self._left -= len(piece)
            if self._left <= 0:
                self.deviations[defect.DECODED_TOO_LARGE] = None
                self._broken = True
            data = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail
        return b"".join(pieces)


def _before_error(gzip: Decompressor, data: bytes) -> bytes:
    """What `data` gives up to the octet at which it cannot go on; that octet is found by halves."""
    pieces: list[bytes] = []
    while data:
        half = (len(data) + 1) // 2
        trial = gzip.copy()
        try:
            pieces.append(trial.decompress(data[:half]))
        except zlib.error:
            if half == len(data):
                break
            data = data[:half]
        else:
            gzip, data = trial, data[half:]
    return b"".join(pieces)
