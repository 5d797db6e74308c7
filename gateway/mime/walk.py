"""The walk through a message in all its readings: every leaf that some reader may show.

    message -> Parser (the likeliest reading, while it arrives)
            -> each leaf, once decoded, is looked into: a message under another type, a file within text, TNEF, ...
    end     -> each other reading (`gateway.mime.entity.Alternative`) is parsed over its own octets

Readings are told apart by where they differ, not by combining what each reader does everywhere: an entity that can be
read in three ways is read three times, whatever stands around it. A leaf that has been shown already (same octets,
same decoding, type, charsets and names) is not shown again, and an entity that was read so is not read so again;
this bounds the work where ambiguities nest. `Limits.views` and `Limits.decoded_octets` bound it anyway.

The walk reads back only what it wrote, through `Body`; it does no I/O of its own and never raises for what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from gateway.mime import defect, enclosed, signs
from gateway.mime.defect import Deviation
from gateway.mime.enclosed.base import Buffer
from gateway.mime.entity import Alternative, Entity
from gateway.mime.event import Defect, Event, HeaderComplete, Kind, LeafData, LeafEnd, LeafStart, Severity
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.mime.machine import Tally
from gateway.mime.parser import MESSAGE, Parser
from gateway.mime.reading import IDENTITY, NESTED_TYPES, Reading

_BARE_CR = re.compile(rb"\r(?!\n)")


class Body(Protocol):
    """Where the octets of a leaf are kept."""

    size: int

    def write(self, data: bytes) -> None:
        """Append."""
        ...

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """A small piece."""
        ...

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """A piece of any size, block by block."""
        ...

    def view(self) -> AbstractContextManager[Buffer]:
        """All of it as a buffer."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Leaf(Generic[B]):
    """A leaf, complete. `view` names the reading that shows it, "" for the likeliest. `opaque` is the span of its
    encoded form in the message, where that is well-formed base64."""

    start: LeafStart
    view: str
    body: B
    opaque: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A header, as reading `view` has it."""

    event: HeaderComplete
    view: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A defect that was met in reading `view`."""

    defect: Defect
    view: str


class Pause:
    """Nothing yet: time for others."""


PAUSE = Pause()
_EFFORT_OF_READING = 2_048  # what a parser costs before its first octet, in octets parsed in the same time
_MARGINS = (Kind.PREAMBLE, Kind.EPILOGUE)


@dataclass(slots=True)
class _Source:
    """Octets that are walked through: the message itself, or what a leaf decodes to.

    `place` is where a leaf's octets count as standing in the message. The rest is what has been shown and read.
    """

    number: int
    entity: Entity
    place: int | None = None
    size: int = 0  # octets of a leaf
    quoted: bool = False  # it is a text to most readers, who see no defects in it
    bare_cr: int = 0
    ends_with_cr: bool = False
    leaves: set[tuple[object, ...]] = field(default_factory=set)
    headers: set[Header] = field(default_factory=set)
    entities: set[tuple[int, int, Entity]] = field(default_factory=set)
    alternatives: list[Alternative] = field(default_factory=list)

    def add(self, one: Alternative) -> None:
        """Have another reading followed, if it is a new one."""
        key = (one.start, one.end, one.entity)
        if one.start < one.end and key not in self.entities:
            self.entities.add(key)
            self.alternatives.append(one)

    def count(self, data: bytes) -> None:
        """Count each CR of `data`, the next octets, that is followed by something else than LF."""
        self.bare_cr += data.count(b"\r") - data.count(b"\r\n")
        if self.ends_with_cr and data.startswith(b"\n"):
            self.bare_cr -= 1
        self.ends_with_cr = data.endswith(b"\r") or (self.ends_with_cr and not data)


@dataclass(slots=True)
class _Reader(Generic[B]):
    """One parser at work on a source; `view` is "" for the likeliest reading of the message."""

    parser: Parser
    source: _Source
    view: str
    likeliest: bool  # of its source
    start: LeafStart | None = None
    body: B | None = None


class Walker(Generic[B]):
    """Walks through one message. `new_body` gives a fresh place for the octets of a leaf.

    The iterators that it returns are to be exhausted, one after the other. What a `Leaf` holds may be read until the
    next step is asked for; after that its body is closed.
    """

    def __init__(self, limits: Limits, new_body: Callable[[], B]) -> None:
        """`limits` bound structure, readings and memory."""
        self._limits, self._new_body = limits, new_body
        self._tally = Tally()
        self._sources = 1
        self._reached = 0  # octets of the message up to which leaves have ended
        self._reported: set[str] = set()
        self._top: _Reader[B] = _Reader(
            Parser(limits, MESSAGE, tally=self._tally), _Source(0, MESSAGE), "", True
        )

    def feed(self, data: bytes) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """The next octets of the message, and what they complete."""
        self._top.source.count(data)
        yield from self._follow(self._top, self._top.parser.feed(data))

    def close(self, message: Body) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """The message has ended: what is left of it, and its other readings. `message` holds all that was fed."""
        yield from self._follow(self._top, self._top.parser.close())
        self._reached = message.size
        yield from self._other_readings(message, self._top.source, "")

    # One reading

    def _walk(
        self,
        octets: Body,
        source: _Source,
        entity: Entity,
        view: str,
        span: tuple[int, int],
        *,
        likeliest: bool,
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """Read `entity`, which is the octets of `span`."""
        self._tally.effort += _EFFORT_OF_READING
        parser = Parser(self._limits, entity, base=span[0], tally=self._tally)
        reader: _Reader[B] = _Reader(parser, source, view, likeliest)
        for block in octets.blocks(*span):
            if self._worn_out:
                place = span[0] if source.place is None else source.place
                yield from self._limited(defect.TOO_MANY_VIEWS, entity.path, place)
                break
            self._tally.effort += len(block)
            if likeliest:
                source.count(block)
            yield from self._follow(reader, parser.feed(block))
            yield PAUSE
        yield from self._follow(reader, parser.close())

    def _other_readings(
        self, octets: Body, source: _Source, view: str
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """Follow each alternative, and those that are met on the way."""
        if source.bare_cr and (yield from self._view_left(source, source.place)):
            yield from self._without_bare_cr(octets, source, view)
        while source.alternatives:
            one = source.alternatives.pop(0)
            if not (yield from self._view_left(source, one.start)):
                source.alternatives.clear()
                return
            name = f"{view}; {one.view}" if view else one.view
            yield from self._walk(octets, source, one.entity, name, (one.start, one.end), likeliest=False)

    def _view_left(self, source: _Source, start: int | None) -> Generator[Noted, None, bool]:
        """Count another reading, from `start` on; False where it is one too many, or would show nothing."""
        place = (start if source.place is None else source.place) or 0
        if self._tally.decoded_octets > self._limits.decoded_octets:
            yield from self._limited(defect.DECODED_TOO_LARGE, source.entity.path, place)
            return False
        if self._tally.views >= self._limits.views or self._worn_out:
            yield from self._limited(defect.TOO_MANY_VIEWS, source.entity.path, place)
            return False
        self._tally.views += 1
        return True

    def _follow(
        self, reader: _Reader[B], events: Iterable[Event]
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        source = reader.source
        for event in events:
            match event:
                case LeafData(data=data):
                    if reader.body is not None and (kept := self._afforded(data)):
                        reader.body.write(kept)
                case LeafStart():
                    reader.start, reader.body = event, self._new_body()
                case LeafEnd():
                    yield from self._leaf(reader, event)
                case HeaderComplete():
                    if reader.likeliest or event.header not in source.headers:
                        source.headers.add(event.header)
                        yield Seen(event, reader.view)
                case Defect():
                    place = event.offset if source.place is None else source.place
                    seen = reader.likeliest and not (source.quoted or reader.view)
                    if seen or event.severity is Severity.LIMIT:
                        yield Noted(Defect(event.name, event.severity, event.path, place), reader.view)
        for one in reader.parser.alternatives:
            if len(source.alternatives) <= self._limits.views:  # else the limit is passed anyway
                source.add(one)
        reader.parser.alternatives.clear()

    def _leaf(self, reader: _Reader[B], end: LeafEnd) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        start, body, source = reader.start, reader.body, reader.source
        assert start is not None
        assert body is not None
        reader.start = reader.body = None
        if reader is self._top:
            self._reached = end.end
        place = end.start if source.place is None else source.place
        if self._tally.decoded_octets > self._limits.decoded_octets:
            yield from self._limited(defect.DECODED_TOO_LARGE, start.path, place)
        key = (
            *(end.start, end.end, start.encoding, start.content_type),
            *(start.charsets, start.filenames, start.boundaries, start.flow),
        )
        if reader.likeliest or key not in source.leaves:
            source.leaves.add(key)
            opaque = (
                (end.start, end.end) if end.faithful and source.number == 0 and reader.likeliest else None
            )
            again = start.encoding == IDENTITY and source.number > 0 and body.size == source.size
            leaf = Leaf(start, reader.view, body, opaque)
            yield from self._show(leaf, place, again=again, likeliest=reader.likeliest)
        body.close()

    def _show(
        self, leaf: Leaf[B], place: int, *, again: bool = False, likeliest: bool = True
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """`again`: the leaf has the same octets as what it stands in, which has been looked into."""
        yield leaf
        if leaf.body.size and not again:
            yield from self._look_into(leaf, place, likeliest=likeliest)

    # What a leaf holds

    def _look_into(
        self, leaf: Leaf[B], place: int, *, likeliest: bool
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        start, body = leaf.start, leaf.body
        head = body.read(0, signs.HEAD)
        begin, within, deviation = 0, None, None
        if start.kind not in _MARGINS:
            within = self._entity_within(start, head)
        if within is None and start.encoding == IDENTITY and (likeliest or start.kind in _MARGINS):
            begin, within = self._part_within(leaf)
            deviation = defect.PART_IN_MARGIN if start.kind in _MARGINS else defect.PART_IN_BODY
        if within is not None:
            if start.depth >= self._limits.depth:
                yield from self._limited(defect.DEPTH_LIMIT, start.path, place)
            elif self._worn_out:
                yield from self._limited(defect.TOO_MANY_VIEWS, start.path, place)
            elif start.encoding == IDENTITY and self._tally.parts > self._limits.parts:
                # It would be one leaf again but for its header, and that once for each level that may nest.
                yield from self._limited(defect.TOO_MANY_PARTS, start.path, place)
            else:
                if deviation is not None:
                    yield Noted(deviation.at(start.path, place), leaf.view)
                quoted = deviation is defect.PART_IN_BODY
                yield from self._walk_within(body, within, leaf.view, place, begin, quoted=quoted)
        yield from self._open(leaf, place)

    def _entity_within(self, start: LeafStart, head: bytes) -> Entity | None:
        """What the octets of a leaf are to be read as besides, by how they begin."""
        depth = start.depth + 1
        if start.encoding != IDENTITY:
            if start.content_type.startswith("multipart/"):
                reading = Reading(start.content_type, boundaries=start.boundaries)
                return Entity(start.path, False, depth, parent_type=start.parent_type, reading=reading)
            if start.content_type in NESTED_TYPES:
                return Entity(start.path, True, depth)
        return Entity(f"{start.path}:message", True, depth) if signs.is_message(start, head) else None

    def _part_within(self, leaf: Leaf[B]) -> tuple[int, Entity | None]:
        """A part that a leaf holds, with or without a delimiter, and the index where it begins: readers that find
        another boundary than we do show it."""
        start, depth = leaf.start, leaf.start.depth + 1
        path = start.path if start.kind in _MARGINS else f"{start.path}:part"
        part = Entity(path, False, depth, parent_type=start.parent_type)
        with leaf.body.view() as data:
            if start.kind in _MARGINS and signs.begins_like_part(data):
                return 0, part
            found = signs.delimited_part(data)
        if found is None:
            return 0, None
        begin, boundary = found
        if boundary is not None:
            part = replace(part, reading=Reading("multipart/mixed", boundaries=(boundary,)))
        return begin, part

    def _walk_within(
        self, body: Body, entity: Entity, view: str, place: int, begin: int = 0, *, quoted: bool = False
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """Walk through what stands in `body` from index `begin` on."""
        self._sources += 1
        source = _Source(self._sources, entity, place, body.size, quoted)
        if entity.message:  # no header begins with an empty line
            head = body.read(0, signs.HEAD)
            begin = len(head) - len(head.lstrip())
        yield from self._walk(body, source, entity, view, (begin, body.size), likeliest=True)
        yield from self._other_readings(body, source, view)

    def _without_bare_cr(
        self, octets: Body, source: _Source, view: str
    ) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """Readers that do not take CR alone for the end of a line pass it over."""
        name = "without bare CR"
        place = 0 if source.place is None else source.place
        body = self._new_body()
        held = b""
        for block in octets.blocks():
            data = held + block
            held = data[-1:] if data.endswith(b"\r") else b""
            data = _BARE_CR.sub(b"", data.removesuffix(b"\r"))
            kept = self._afforded_besides(data)
            body.write(kept)
            if len(kept) < len(data):
                yield from self._limited(defect.DECODED_TOO_LARGE, source.entity.path, place)
                break
            yield PAUSE
        yield from self._walk_within(body, source.entity, f"{view}; {name}" if view else name, place)
        body.close()

    def _open(self, leaf: Leaf[B], place: int) -> Iterator[Leaf[B] | Seen | Noted | Pause]:
        """Give out the files that stand within a leaf."""
        start = leaf.start
        numbers: dict[str, int] = {}
        with leaf.body.view() as data:
            for found in enclosed.find(data, start.content_type, start.filenames):
                self._tally.parts += 1
                numbers[found.kind] = numbers.get(found.kind, 0) + 1
                path = f"{start.path}:{found.kind}-{numbers[found.kind]}"
                if self._tally.parts > self._limits.parts:
                    yield from self._limited(defect.TOO_MANY_PARTS, path, place)
                    return
                if start.depth >= self._limits.depth:
                    yield from self._limited(defect.DEPTH_LIMIT, path, place)
                    return
                body = self._new_body()
                for chunk in found.chunks:
                    kept = self._afforded_besides(chunk)
                    body.write(kept)
                    if len(kept) < len(chunk):
                        yield from self._limited(defect.DECODED_TOO_LARGE, path, place)
                        break
                    yield PAUSE
                for deviation in found.deviations:
                    if not leaf.view or deviation.severity is Severity.LIMIT:
                        yield Noted(deviation.at(path, place), leaf.view)
                inner = LeafStart(
                    path,
                    Kind.ENCLOSED,
                    found.content_type,
                    found.charsets,
                    "attachment",
                    found.filenames,
                    found.kind,
                    start.content_type,
                    depth=start.depth + 1,
                )
                yield from self._show(Leaf(inner, leaf.view, body), place)
                body.close()

    # Limits

    @property
    def _worn_out(self) -> bool:
        """Whether other readings, and what leaves hold, have taken as much time as they may."""
        limits = self._limits
        return self._tally.effort > limits.rereading + limits.rereading_factor * self._reached

    def _afforded_besides(self, data: bytes) -> bytes:
        """The same for octets that are made in looking into leaves."""
        self._tally.effort += len(data)
        return b"" if self._worn_out else self._afforded(data)

    def _afforded(self, data: bytes) -> bytes:
        """Count decoded octets; what of `data` is within the limit."""
        left = max(self._limits.decoded_octets - self._tally.decoded_octets, 0)
        self._tally.decoded_octets += len(data)
        return data[:left]

    def _limited(self, deviation: Deviation, path: str, place: int) -> Iterator[Noted]:
        """A limit of the whole message is passed: said once."""
        if deviation.name not in self._reported:
            self._reported.add(deviation.name)
            yield Noted(deviation.at(path, place), "")
