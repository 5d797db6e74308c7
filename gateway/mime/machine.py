"""The parser's state machine: header, body, delimiter, and so on until the octets end.

One machine reads one entity, in one way. Multiparts nest on a stack inside it, because an outer delimiter ends inner
parts (RFC 2046 section 5.1.2). Where readers differ it notes an `Alternative` and goes on.

Each step either moves on or says that it needs more octets; no step looks at an octet more than a fixed number
of times, whatever the input and however it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.mime import defect, fields
from gateway.mime.boundary import Boundaries, Delimiter, Level, Matching
from gateway.mime.defect import Deviation
from gateway.mime.doubts import Doubts
from gateway.mime.encoding import decoder_for
from gateway.mime.entity import LIKELIEST, Alternative, Entity, HeaderMode
from gateway.mime.event import HeaderComplete, Kind, LeafStart
from gateway.mime.fields import Junk
from gateway.mime.header import Field, Header
from gateway.mime.header_end import Ended, HeaderSearch
from gateway.mime.limits import Limits
from gateway.mime.reading import (
    BASE64,
    HEADER_TYPES,
    IDENTITY,
    NESTED_TYPES,
    REPORT_TYPES,
    Reading,
    interpret,
)
from gateway.mime.signs import fields_at_start, is_base64, looks_encoded
from gateway.mime.sink import Emit, LeafSink, MarginSink, Sink, margin

_PEEK = 2048  # octets of a body that are looked at before it is decided what it is
_JUNK_SKIPPED = HeaderMode(junk=Junk.SKIPPED)


# What takes longer than its octets do, in octets that are parsed in the same time.
_EFFORT_OF_FIELD, _EFFORT_OF_DASHES = 100, 64
_COUNTED_NAME = 128  # characters of a file name; a longer one counts for several


@dataclass(slots=True)
class Tally:
    """What is counted over the whole message, all readings included. `effort` is that of fields and of lines that begin
    with "--", and of all octets that are read again."""

    parts: int = 0
    names: int = 0
    views: int = 0
    decoded_octets: int = 0
    effort: int = 0


class Machine:
    """Reads one entity; `emit` takes its events."""

    def __init__(self, limits: Limits, tally: Tally, emit: Emit, entity: Entity, base: int = 0) -> None:
        """`base` is the place of the first octet."""
        self._limits, self._tally, self._emit = limits, tally, emit
        self._base = base
        self._buffer = bytearray()
        self._position = 0  # index in the buffer of the first octet not dealt with
        self._final = False
        self._boundaries = Boundaries(limits.delimiter_octets, entity.matching)
        self._header_search = HeaderSearch(limits, self._boundaries)
        self._step = self._read_header
        self._sink: Sink | None = None
        self._line_start = True
        self._path, self._message, self._depth = entity.path, entity.message, entity.depth
        self._default_type, self._parent_type = entity.default_type, entity.parent_type
        self._mode = entity.mode
        self._header_start = base
        self._earlier_fields: tuple[Field, ...] = ()
        self._reading = Reading(entity.default_type)
        self._unfinished = False
        self._cut: Reading | None = None  # what a header said that a delimiter has ended
        self._doubts = Doubts()
        if entity.reading is None:
            self._begin_header(entity.path, message=entity.message, depth=entity.depth, mode=entity.mode)
        else:
            self._begin_body(entity.reading, leaf=entity.leaf)

    @property
    def alternatives(self) -> list[Alternative]:
        """The other readings of what has ended. To be emptied by who takes them."""
        return self._doubts.settled

    def feed(self, data: bytes) -> None:
        """Take the next octets."""
        self._buffer += data
        self._run()

    def finish(self) -> None:
        """There are no more octets: end all that is open."""
        self._final = True
        self._run()
        self._close_sink(self._place(len(self._buffer)))
        for level in reversed(self._boundaries.levels):
            self._leave(level, self._place(len(self._buffer)))
        self._doubts.end(0, self._place(len(self._buffer)))

    def _run(self) -> None:
        while self._step():
            pass
        self._tally.effort += self._boundaries.examined * _EFFORT_OF_DASHES
        self._boundaries.examined = 0
        if self._position:
            self._base += self._position
            del self._buffer[: self._position]
            self._position = 0

    def _place(self, index: int) -> int:
        return self._base + index

    def _report(self, deviations: Iterable[Deviation], path: str, index: int) -> None:
        for deviation in deviations:
            self._emit(deviation.at(path, self._place(index)))

    # Other readings

    def _doubt(self, view: str, start: int, **differences: object) -> None:
        """The entity that begins at `start` can be read otherwise; where it ends is not known yet."""
        entity = replace(self._entity(), **differences)  # type: ignore[arg-type]
        self._doubts.begin(len(self._boundaries.levels), view, start, entity)

    def _entity(self) -> Entity:
        """The entity that is being read."""
        return Entity(
            self._path,
            self._message,
            self._depth,
            self._default_type,
            self._parent_type,
            matching=self._boundaries.matching,
        )

    def _doubt_leaf(self, encoding: str, start: int, end: int) -> None:
        self._doubts.leaf(self._entity(), replace(self._reading, encoding=encoding), start, end)

    # Header

    def _begin_header(self, path: str, *, message: bool, depth: int, mode: HeaderMode = LIKELIEST) -> None:
        self._path, self._message, self._depth, self._mode = path, message, depth, mode
        self._header_start = self._place(self._position)
        self._header_search.restart(blank_ends=mode.blank_ends)
        self._step = self._read_header

    def _read_header(self) -> bool:
        found = self._header_search.search(self._buffer, self._position, self._final)
        if found is None:
            return False
        if found.by is Ended.LIMIT:
            self._limited_header(found.end)
        else:
            self._end_header(found.end, found.body, finished=found.by is Ended.EMPTY_LINE)
        return True

    def _end_header(self, end: int, body: int, *, finished: bool) -> None:
        """The header is the octets up to index `end`; the body begins at `body`."""
        start = self._position
        parsed = self._parse_fields(start, end)
        if parsed.limited:
            self._emit(HeaderComplete(self._path, parsed.header, self._message))
            self._give_up((), start + parsed.end, self._body_path())
            return
        if parsed.end < end - start:
            body = start + parsed.end
        elif not finished and end > start:
            self._report([defect.HEADER_UNFINISHED], self._path, start)
        self._position, self._line_start = body, True
        self._unfinished = not finished and end > start
        self._doubt_header([deviation for deviation, _ in parsed.deviations], parsed.header)
        if self._mode.goes_on and body > start:
            self._earlier_fields = parsed.header.fields
            self._step = self._go_on
        else:
            self._complete_header(parsed.header)

    def _doubt_header(self, deviations: list[Deviation], header: Header) -> None:
        """Note the other places where the header may end."""
        mode = self._mode
        # Where the body is text as it stands, it makes no difference how much of the junk belongs to it.
        junk_matters = (
            defect.FIELDS_IN_BODY in deviations
            or self._default_type in NESTED_TYPES
            or any(field.name.startswith("content-") for field in header.fields)
        )
        if defect.BLANK_CONTINUATION in deviations and mode in (LIKELIEST, _JUNK_SKIPPED):
            self._doubt_mode(replace(mode, blank_ends=True))
        if mode is not LIKELIEST:
            return
        if defect.FIELD_IN_FOLD in deviations:
            self._doubt_mode(HeaderMode(unfolded=True))
        if defect.JUNK_LINE in deviations:
            self._doubt_mode(HeaderMode(junk=Junk.ENDS))
        if junk_matters and (defect.JUNK_LINE in deviations or defect.MISSING_SEPARATOR in deviations):
            self._doubt_mode(HeaderMode(junk=Junk.ENDS_BEHIND))
        if junk_matters and defect.MISSING_SEPARATOR in deviations:
            self._doubt_mode(_JUNK_SKIPPED)

    def _doubt_mode(self, mode: HeaderMode) -> None:
        self._doubt(mode.view, self._header_start, mode=mode)

    def _go_on(self) -> bool:
        """Where fields follow the empty line, they are part of the header."""
        if len(self._buffer) - self._position < _PEEK and not self._final:
            return False
        head = bytes(self._buffer[self._position : self._position + _PEEK])
        begin = fields_at_start(head)
        if (
            begin is None
            or self._boundaries.begins(head.lstrip())
            or len(self._earlier_fields) >= self._limits.header_fields
        ):
            self._complete_header(Header(self._earlier_fields))
            return True
        self._position += begin
        self._header_search.restart()
        self._step = self._read_header
        return True

    def _complete_header(self, header: Header) -> None:
        self._earlier_fields = ()
        self._emit(HeaderComplete(self._path, header, self._message))
        self._open_body(header)

    def _limited_header(self, end: int) -> None:
        """The header does not end within its limit: its last field, perhaps cut, is left to the rest."""
        start = self._position
        parsed = self._parse_fields(start, end, whole=False)
        self._emit(HeaderComplete(self._path, parsed.header, self._message))
        self._give_up([defect.HEADER_TOO_LARGE], start + parsed.end, self._body_path())

    def _parse_fields(self, start: int, end: int, *, whole: bool = True) -> fields.ParsedHeader:
        parsed = fields.parse(
            bytes(memoryview(self._buffer)[start:end]),
            self._place(start),
            message=self._message,
            max_fields=self._limits.header_fields,
            whole=whole,
            junk=self._mode.junk,
            unfolded=self._mode.unfolded,
        )
        self._tally.effort += len(parsed.header.fields) * _EFFORT_OF_FIELD
        for deviation, offset in parsed.deviations:
            self._emit(deviation.at(self._path, offset))
        if self._earlier_fields:
            parsed.header = Header(self._earlier_fields + parsed.header.fields)
        return parsed

    # What the body is

    def _body_path(self) -> str:
        return _join(self._path, 1) if self._message else self._path

    def _open_body(self, header: Header) -> None:
        reading = interpret(header, self._default_type, self._limits)
        self._report(reading.deviations, self._path, self._position)
        for view, other in reading.others:
            self._doubt(view, self._place(self._position), reading=other)
        self._reading = reading
        if self._unfinished and (reading.encoding != IDENTITY or reading.composite):
            self._cut = reading
        if reading.composite and self._depth >= self._limits.depth:
            self._report([defect.DEPTH_LIMIT], self._path, self._position)
            self._open_leaf(reading)
        elif reading.composite and reading.encoding == IDENTITY:
            self._enter(reading)
        else:
            self._step = self._peek

    def _begin_body(self, reading: Reading, *, leaf: bool) -> None:
        """The octets are a body that is read in a given way."""
        self._reading = reading
        if leaf or not reading.composite or self._depth >= self._limits.depth:
            self._open_leaf(reading)
        elif reading.encoding == IDENTITY:
            self._enter(reading)
        else:
            self._step = self._peek

    def _peek(self) -> bool:
        """Decide, by how the body begins, what to do with it."""
        reading = self._reading
        if len(self._buffer) - self._position < _PEEK and not self._final:
            return False
        head = bytes(self._buffer[self._position : self._position + _PEEK])
        if not reading.composite:
            self._peek_at_leaf(reading, head)
        elif looks_encoded(reading, head):
            self._report([defect.COMPOSITE_DECODED], self._path, self._position)
            self._doubt(
                "as it stands", self._place(self._position), reading=replace(reading, encoding=IDENTITY)
            )
            self._open_leaf(reading)
        else:
            self._report([defect.COMPOSITE_ENCODING], self._path, self._position)
            self._doubt("decoded", self._place(self._position), reading=reading, leaf=True)
            self._enter(reading)
        return True

    def _peek_at_leaf(self, reading: Reading, head: bytes) -> None:
        fields_belong = reading.content_type in REPORT_TYPES or reading.content_type in HEADER_TYPES
        if fields_at_start(head) is not None and not self._boundaries.begins(head.lstrip()):
            if not fields_belong:
                self._report([defect.FIELDS_IN_BODY], self._path, self._position)
            if self._mode is LIKELIEST:
                self._doubt_mode(HeaderMode(goes_on=True))
        if reading.encoding == IDENTITY and is_base64(head):
            base64 = replace(reading, encoding=BASE64)
            self._doubt("encoding base64", self._place(self._position), reading=base64, leaf=True)
        self._open_leaf(reading)

    def _open_leaf(self, reading: Reading) -> None:
        start = LeafStart(
            self._body_path(),
            Kind.BODY,
            reading.content_type,
            reading.charsets,
            reading.disposition,
            self._counted_names(reading.filenames),
            reading.encoding,
            self._parent_type,
            reading.flow,
            self._depth,
            reading.boundaries if reading.multipart else (),
        )
        self._pour_into(self._leaf(start, self._place(self._position), doubtful=True))

    def _counted_names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Count a part's candidate names; where there are too many in the message, only the first is kept."""
        self._tally.names += sum([1 + len(name) // _COUNTED_NAME for name in names])
        if len(names) < 2 or self._tally.names <= self._limits.names:
            return names
        self._report([defect.TOO_MANY_FILENAMES], self._path, self._position)
        return names[:1]

    def _leaf(self, start: LeafStart, offset: int, *, doubtful: bool = False) -> LeafSink:
        doubt = self._doubt_leaf if doubtful else None
        return LeafSink(self._emit, start, decoder_for(start.encoding), offset, doubt)

    def _margin(self, kind: Kind, level: Level) -> MarginSink:
        start = margin(kind, level.path, level.content_type, level.depth)
        return MarginSink(lambda offset: self._leaf(start, offset))

    def _pour_into(self, sink: Sink) -> None:
        self._sink = sink
        self._step = self._read_body

    def _enter(self, reading: Reading) -> None:
        if reading.multipart:
            self._enter_multipart(reading)
        elif self._counted():
            if reading.filenames:  # some readers save it as it stands, under its name
                self._doubt("one leaf", self._place(self._position), reading=reading, leaf=True)
            self._default_type, self._parent_type = "text/plain", ""
            self._begin_header(self._body_path(), message=True, depth=self._depth + 1)

    def _enter_multipart(self, reading: Reading) -> None:
        needles = tuple([b"--" + boundary for boundary in reading.boundaries])
        if not needles:
            self._report([defect.BOUNDARY_MISSING], self._path, self._position)
        if any(needle in level.needles for level in self._boundaries.levels for needle in needles):
            self._report([defect.BOUNDARY_REUSED], self._path, self._position)
        if reading.filenames or reading.encoding != IDENTITY:
            self._doubt("one leaf", self._place(self._position), reading=reading, leaf=True)
        start = self._place(self._position)
        self._boundaries.push(Level(self._path, reading.content_type, needles, self._depth, start))
        level = self._boundaries.levels[-1]
        self._pour_into(self._margin(Kind.PREAMBLE, level))

    # Body

    def _read_body(self) -> bool:
        position = self._position
        scan = self._boundaries.scan(self._buffer, position, self._line_start, self._final)
        if scan.end > position:
            assert self._sink is not None
            self._sink.feed(bytes(memoryview(self._buffer)[position : scan.end]), self._place(position))
            self._position, self._line_start = scan.end, False
        if scan.delimiter is None:
            return False
        self._cross(scan.delimiter)
        return True

    def _close_sink(self, offset: int) -> None:
        if self._sink is not None:
            self._sink.close(offset)
            self._sink = None

    def _cross(self, delimiter: Delimiter) -> None:
        """A delimiter: end what is within its multipart, and begin the next part or the epilogue."""
        self._close_sink(self._place(delimiter.start))
        inner = self._boundaries.levels[delimiter.level + 1 :]
        if any(level.parts and not level.closed for level in inner):
            self._boundaries.levels[delimiter.level].doubts.add(Matching.INNERMOST)
        for level in reversed(inner):
            self._leave(level, self._place(delimiter.start))
        self._doubts.end(delimiter.level + 1, self._place(delimiter.start))
        if defect.DELIMITER_SUFFIX in delimiter.deviations:
            self._boundaries.levels[delimiter.level].doubts.add(Matching.EXACT)
        if delimiter.outer is not None and delimiter.outer < delimiter.level:
            self._boundaries.levels[delimiter.outer].doubts.add(Matching.OUTERMOST)
        self._boundaries.settle(delimiter.level, delimiter.needle)
        level = self._boundaries.levels[delimiter.level]
        self._report(delimiter.deviations, level.path, delimiter.start)
        self._position, self._line_start = delimiter.end, True
        self._path = _join(level.path, level.parts + 1)
        if self._cut is not None:  # to some readers the line is part of the header
            self._doubt("header goes over delimiter", self._place(delimiter.end), reading=self._cut)
            self._cut = None
        if delimiter.limited:
            self._give_up((), delimiter.end, self._path)
        elif delimiter.close:
            self._close_level(level)
        elif self._counted():
            self._begin_part(level)

    def _close_level(self, level: Level) -> None:
        if level.closed and not self._counted():
            return
        if not level.parts:
            self._report([defect.NO_PARTS], level.path, self._position)
        level.closed = True
        self._pour_into(self._margin(Kind.EPILOGUE, level))

    def _begin_part(self, level: Level) -> None:
        if level.closed:
            self._report([defect.PART_AFTER_CLOSE], self._path, self._position)
            level.closed = False
        level.parts += 1
        self._parent_type = level.content_type
        self._default_type = "message/rfc822" if level.content_type == "multipart/digest" else "text/plain"
        self._begin_header(self._path, message=False, depth=level.depth + 1)

    def _leave(self, level: Level, end: int) -> None:
        if not level.parts and not level.closed:
            self._emit(defect.NO_PARTS.at(level.path, end))
        elif not level.closed:
            self._emit(defect.CLOSE_MISSING.at(level.path, end))
        if level.doubts and self._boundaries.matching is Matching.LENIENT:
            self._doubts.multipart(level, end)

    # Limits

    def _counted(self) -> bool:
        """Count a part; False where there are too many, and the rest of the message is one leaf."""
        self._tally.parts += 1
        if self._tally.parts <= self._limits.parts:
            return True
        self._give_up([defect.TOO_MANY_PARTS], self._position, self._path)
        return False

    def _give_up(self, deviations: Iterable[Deviation], index: int, path: str) -> None:
        """A limit is passed: all that follows, from `index` on, is one leaf, so that it is seen at least."""
        self._report(deviations, path, index)
        self._boundaries.levels.clear()
        self._position = index
        start = LeafStart(
            path, Kind.BODY, "application/octet-stream", (), "", (), IDENTITY, "", depth=self._depth
        )
        self._pour_into(self._leaf(start, self._place(index)))


def _join(path: str, number: int) -> str:
    return f"{path}.{number}" if path else str(number)
