"""The other readings that a parser comes across: noted where they begin, given out once it is known where they end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from gateway.mime.boundary import Level
from gateway.mime.entity import Alternative, Entity
from gateway.mime.reading import Reading


class _Pending(NamedTuple):
    """Another reading of an entity that has not ended yet; it stands within so many multiparts."""

    levels: int
    view: str
    start: int
    entity: Entity


@dataclass(slots=True)
class Doubts:
    """`settled` are the readings whose octets have ended, in the order in which they ended."""

    settled: list[Alternative] = field(default_factory=list)
    _pending: list[_Pending] = field(default_factory=list)

    def begin(self, levels: int, view: str, start: int, entity: Entity) -> None:
        """What begins at place `start`, within `levels` multiparts, can be read as `entity`."""
        self._pending.append(_Pending(levels, view, start, entity))

    def end(self, levels: int, end: int) -> None:
        """All that stands within `levels` multiparts or more ends at place `end`."""
        while self._pending and self._pending[-1].levels >= levels:
            _, view, start, entity = self._pending.pop()
            self.settled.append(Alternative(view, start, end, entity))

    def leaf(self, entity: Entity, reading: Reading, start: int, end: int) -> None:
        """The leaf from `start` to `end` can be decoded otherwise."""
        other = replace(entity, reading=reading, leaf=True)
        self.settled.append(Alternative(f"encoding {reading.encoding}", start, end, other))

    def multipart(self, level: Level, end: int) -> None:
        """A multipart ends whose delimiters can be told otherwise."""
        boundaries = tuple([needle[2:] for needle in level.needles])
        reading = Reading(level.content_type, boundaries=boundaries)
        for matching in sorted(level.doubts, key=lambda one: one.value):
            entity = Entity(level.path, False, level.depth, matching=matching, reading=reading)
            self.settled.append(Alternative(f"delimiters {matching.value}", level.start, end, entity))
