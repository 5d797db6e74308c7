"""MAPI properties as TNEF holds them ([MS-OXTNEF] section 2.1.3.4), without copying their values.

A list of properties is a count, then each property's type, its identifier, its name where it is a named one, and
its values. What is cut off is given as far as it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.mime import defect
from gateway.mime.enclosed.base import Buffer, Deviations, piece
from gateway.text import charset

STRING8, UNICODE, BINARY, OBJECT = 0x1E, 0x1F, 0x0102, 0x0D
_VARIABLE = frozenset({STRING8, UNICODE, BINARY, OBJECT})
# Lengths of the others; those that are shorter than four octets are filled up.
_FIXED = (
    {0: 4, 1: 4, 2: 4, 3: 4, 4: 4, 0x0A: 4, 0x0B: 4} | dict.fromkeys((5, 6, 7, 0x14, 0x40), 8) | {0x48: 16}
)
_MULTIPLE = 0x1000
_NAMED = 0x8000
_NAME_HEADER = 16 + 4 + 4  # GUID, kind, and the number or the length of the name
_MAX_STRING = 1 << 13  # octets of a string property that is a name or a type
_LABELS = {
    65001: "utf-8",
    65000: "utf-7",
    1200: "utf-16le",
    20127: "us-ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    50220: "iso-2022-jp",
    51932: "euc-jp",
    51949: "euc-kr",
    52936: "hz",
    54936: "gb18030",
    10000: "macintosh",
} | {28590 + part: f"iso-8859-{part}" for part in range(1, 16)}


@dataclass(slots=True)
class Budget:
    """How much of a stream is still looked at: attributes, properties and values, all together."""

    left: int = 100_000

    def spend(self) -> bool:
        """Take one; False where there is none left."""
        self.left -= 1
        return self.left >= 0


@dataclass(slots=True)
class Property:
    """One property: identifier, type (without the flag for several values), and where its values stand."""

    id: int
    type: int
    values: list[tuple[int, int]] = field(default_factory=list)


def properties(
    data: Buffer, start: int, end: int, budget: Budget, deviations: Deviations
) -> Iterator[Property]:
    """The properties that stand from `start` up to `end`."""
    count = _number(data, start)
    place = start + 4
    while count > 0 and budget.spend():
        count -= 1
        if place + 4 > end:
            deviations[defect.TNEF_MALFORMED] = None
            return
        head = piece(data, place, place + 4)
        kind, one = int.from_bytes(head[:2], "little"), Property(int.from_bytes(head[2:], "little"), 0)
        place += 4
        if one.id >= _NAMED:
            place = _behind_name(data, place)
        one.type = kind & ~_MULTIPLE
        after = _values(data, place, end, one, kind, budget)
        yield one
        if after is None:
            deviations[defect.TNEF_MALFORMED] = None
            return
        place = after


def _behind_name(data: Buffer, place: int) -> int:
    head = piece(data, place, place + _NAME_HEADER)
    place += _NAME_HEADER
    return place + _padded(_number(head, 20)) if _number(head, 16) == 1 else place


def _values(data: Buffer, place: int, end: int, one: Property, kind: int, budget: Budget) -> int | None:
    """Note where the values of `one` stand; gives what is behind them, or None where they are cut off or unknown."""
    variable = one.type in _VARIABLE
    count = 1
    if variable or kind & _MULTIPLE:
        count = _number(data, place)
        place += 4
    size = _FIXED.get(one.type)
    for _ in range(min(count, budget.left + 1)):
        if not budget.spend():
            return None
        if variable:
            size = _number(data, place)
            place += 4
        if size is None or place > end:
            return None
        one.values.append((place, min(place + size, end)))
        if place + size > end:
            return None
        place += _padded(size)
    return place


def _padded(size: int) -> int:
    return (size + 3) & ~3


def _number(data: Buffer, place: int) -> int:
    return int.from_bytes(piece(data, place, place + 4), "little")


def number(data: Buffer, one: Property) -> int:
    """The first value of a property that is a number; 0 where it has none."""
    return _number(data, one.values[0][0]) if one.values else 0


def strings(data: Buffer, one: Property, codepage: str | None) -> Iterator[str]:
    """The values of a property that are text, for names and the like: long ones are cut short."""
    label = "utf-16le" if one.type == UNICODE else codepage
    if one.type in (STRING8, UNICODE, BINARY):
        for start, end in one.values:
            yield text_of(piece(data, start, min(end, start + _MAX_STRING)), label)


def text_of(octets: bytes, label: str | None) -> str:
    """A string that may have its closing NUL."""
    return charset.decode(octets, label).rstrip("\0").strip()


def label_of(codepage: int) -> str | None:
    """The charset label for the number of a Windows code page."""
    label = _LABELS.get(codepage, f"cp{codepage}")
    return label if charset.codec_of(label) else None
