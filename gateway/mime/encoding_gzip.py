"""The transfer encoding x-gzip64 (Lotus and a few others; never standardised): base64 of gzip (RFC 1952).

Of what expands to more than `_RATIO` times its size the rest is not decompressed, and the deviation says so.
"""

from __future__ import annotations

import zlib

from gateway.mime import defect
from gateway.mime.defect import Deviation
from gateway.mime.encoding_base64 import Base64Decoder

_GZIP = 16 + zlib.MAX_WBITS
_RATIO = 200
_FREE = 1 << 20  # octets that may come out whatever the ratio


class Gzip64Decoder:
    """Base64, then gzip, several members one after the other."""

    faithful = False
    filename = None

    def __init__(self) -> None:
        self.deviations: dict[Deviation, None] = {}
        self._base64 = Base64Decoder()
        self._gzip = zlib.decompressobj(_GZIP)
        self._left = _FREE
        self._broken = False

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        self._left += _RATIO * len(data)
        return self._decompress(self._base64.feed(data))

    def close(self) -> bytes:
        """The rest."""
        rest = self._decompress(self._base64.close())
        if not self._gzip.eof and not self._broken:
            self.deviations[defect.GZIP_MALFORMED] = None
        self.deviations.update(self._base64.deviations)
        return rest

    def _decompress(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        while data and not self._broken:
            if self._gzip.eof:
                self._gzip = zlib.decompressobj(_GZIP)
            try:
                piece = self._gzip.decompress(data, max(self._left, 1))
            except zlib.error:
                self.deviations[defect.GZIP_MALFORMED] = None
                self._broken = True
                break
            pieces.append(piece)
            self._left -= len(piece)
            if self._left <= 0:
                self.deviations[defect.DECODED_TOO_LARGE] = None
                self._broken = True
            data = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail
        return b"".join(pieces)
