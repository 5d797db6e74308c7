"""Tags and lengths of BER (ITU-T X.690 section 8) in a buffer: just enough to find a value within nested ones.

Lengths may be definite or not; values are never copied. A reader of CMS must take both, as senders stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mime.enclosed.base import Buffer, piece

SEQUENCE, SET, OCTET_STRING, OBJECT_IDENTIFIER, INTEGER = 0x30, 0x31, 0x04, 0x06, 0x02
CONTEXT_0 = 0xA0
CONSTRUCTED = 0x20
_END_OF_CONTENTS = b"\0\0"
_INDEFINITE = 0x80
_MAX_HEADER = 2 + 8
_MAX_DEPTH = 32
_MAX_ELEMENTS = 500_000


class Malformed(Exception):
    """What stands there is no BER, or ends too early."""


class TooMany(Malformed):
    """There is more of it than is read."""


@dataclass(frozen=True, slots=True)
class Element:
    """A tag, and where its value stands; `end` is None where the length is indefinite."""

    tag: int
    start: int
    end: int | None


class Walker:
    """Reads elements from a buffer; counts them, so that it ends in time."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._left = _MAX_ELEMENTS

    def element(self, place: int, end: int | None) -> Element:
        """The element at `place`, within what ends at `end`. Raises Malformed.

        It may end behind the last octet there is, where a file was cut off: the value is there in part.
        """
        self._left -= 1
        if self._left < 0:
            raise TooMany
        head = piece(self._data, place, place + _MAX_HEADER)
        if len(head) < 2 or head[0] & 0x1F == 0x1F:  # no tag number of CMS needs more than one octet
            raise Malformed
        length, start = head[1], place + 2
        if length == _INDEFINITE:
            if not head[0] & CONSTRUCTED:
                raise Malformed
            return Element(head[0], start, None)
        if length > _INDEFINITE:
            count = length & 0x7F
            if count > 8 or len(head) < 2 + count:
                raise Malformed
            length, start = int.from_bytes(head[2 : 2 + count], "big"), start + count
        stop = start + length
        if end is not None and stop > end:
            raise Malformed
        return Element(head[0], start, stop)

    def behind(self, one: Element, depth: int = 0) -> int:
        """The place behind an element. Raises Malformed."""
        if one.end is not None:
            return one.end
        if depth > _MAX_DEPTH:
            raise TooMany
        place = one.start
        while not self.ended(one, place):
            place = self.behind(self.element(place, None), depth + 1)
        return place + len(_END_OF_CONTENTS)

    def ended(self, one: Element, place: int) -> bool:
        """Whether the contents of `one` end at `place`."""
        if one.end is not None:
            return place >= one.end
        return piece(self._data, place, place + 2) == _END_OF_CONTENTS

    def octets(self, one: Element, depth: int = 0) -> Iterator[tuple[int, int]]:
        """Where the octets of an octet string stand, which may be of several pieces. Raises Malformed."""
        if one.tag == OCTET_STRING and one.end is not None:
            yield one.start, one.end
            return
        if one.tag != OCTET_STRING | CONSTRUCTED or depth > _MAX_DEPTH:
            raise Malformed
        yield from self._pieces(one, depth)

    def _pieces(self, one: Element, depth: int) -> Iterator[tuple[int, int]]:
        place = one.start
        while not self.ended(one, place):
            inner = self.element(place, one.end)
            if inner.end is not None and inner.tag == OCTET_STRING:
                yield inner.start, inner.end
                place = inner.end
            else:
                yield from self.octets(inner, depth + 1)
                place = self.behind(inner)
