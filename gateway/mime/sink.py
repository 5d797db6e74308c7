"""Where the octets of a body go: each sink turns them into events.

A sink is fed the encoded octets in order, each block with its place in the message, and is closed once with the
place where the body ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from gateway.mime.encoding import Decoder, doubts
from gateway.mime.event import Event, Kind, LeafData, LeafEnd, LeafStart
from gateway.mime.reading import IDENTITY, UUENCODE

Emit = Callable[[Event], None]
Doubt = Callable[[str, int, int], None]  # encoding, start, end
_BLANK = b" \t\r\n\f\v"


class Sink(Protocol):
    """Takes the octets of one body."""

    def feed(self, data: bytes, offset: int) -> None:
        """The next octets, which stand at `offset`."""
        ...

    def close(self, offset: int) -> None:
        """The body has ended before `offset`."""
        ...


class LeafSink:
    """A body that is one leaf."""

    def __init__(
        self, emit: Emit, start: LeafStart, decoder: Decoder, offset: int, doubt: Doubt | None = None
    ) -> None:
        """`offset` is where the body begins; `doubt` is told the other encodings that the body may be in."""
        self._emit, self._start, self._decoder, self._offset = emit, start, decoder, offset
        self._doubt = doubt
        self._started = False
        # The name within uuencoded content is known only when its first line has come.
        if start.encoding != UUENCODE:
            self._begin()

    def _begin(self) -> None:
        start, name = self._start, self._decoder.filename
        if name and name not in start.filenames:
            start = replace(start, filenames=(*start.filenames, name))
        self._emit(start)
        self._started = True

    def feed(self, data: bytes, offset: int) -> None:
        """Decode and pass on."""
        decoded = self._decoder.feed(data)
        if decoded:
            if not self._started:
                self._begin()
            self._emit(LeafData(decoded))

    def close(self, offset: int) -> None:
        """End the leaf, with what was wrong with its encoding."""
        rest = self._decoder.close()
        if not self._started:
            self._begin()
        if rest:
            self._emit(LeafData(rest))
        path = self._start.path
        for deviation in sorted(self._decoder.deviations, key=lambda one: one.name):
            self._emit(deviation.at(path, self._offset))
        self._emit(LeafEnd(path, self._offset, offset, self._decoder.faithful))
        if self._doubt is not None and self._decoder.deviations:
            for encoding in doubts(self._start.encoding, self._decoder.deviations):
                self._doubt(encoding, self._offset, offset)


class MarginSink:
    """A preamble or epilogue: a leaf from the first octet that is not white space, if there is one."""

    def __init__(self, make: Callable[[int], LeafSink]) -> None:
        """`make` makes the leaf that begins at an offset."""
        self._make = make
        self._leaf: LeafSink | None = None

    def feed(self, data: bytes, offset: int) -> None:
        """Pass over white space until something else comes."""
        if self._leaf is None:
            text = data.lstrip(_BLANK)
            if not text:
                return
            offset += len(data) - len(text)
            data = text
            self._leaf = self._make(offset)
        self._leaf.feed(data, offset)

    def close(self, offset: int) -> None:
        """End the leaf, if there was one."""
        if self._leaf is not None:
            self._leaf.close(offset)


def margin(kind: Kind, path: str, parent_type: str, depth: int = 0) -> LeafStart:
    """The start of a preamble or epilogue: plain text by definition (RFC 2046 section 5.1.1)."""
    suffix = ".pre" if kind is Kind.PREAMBLE else ".post"
    return LeafStart(path + suffix, kind, "text/plain", (), "", (), IDENTITY, parent_type, depth=depth)
