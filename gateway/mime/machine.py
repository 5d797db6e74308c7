"""The parser's state machine: header, body, delimiter, and so on until the octets end.

One machine reads one run of octets. Multiparts nest on a stack inside it, because an outer delimiter ends inner
parts (RFC 2046 section 5.1.2); a multipart or message that is itself transfer-encoded (RFC 2045 section 6.4
forbids it, readers decode it) gets a machine of its own for the decoded octets.

Each step either moves on or says that it needs more octets; no step looks at an octet more than a fixed number
of times, whatever the input and however it is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.mime import defect, fields
from gateway.mime.boundary import Boundaries, Delimiter, Level
from gateway.mime.defect import Deviation
from gateway.mime.encoding import decoder_for
from gateway.mime.event import HeaderComplete, Kind, LeafStart
from gateway.mime.header import Header
from gateway.mime.header_end import Ended, HeaderSearch
from gateway.mime.limits import Limits
from gateway.mime.reading import BASE64, IDENTITY, QUOTED_PRINTABLE, Reading, interpret
from gateway.mime.sink import DecodedSink, Emit, LeafSink, MarginSink, Sink, margin

_PEEK = 256  # octets of a body that are looked at before it is decided what it is
_FIELDS_IN_BODY = re.compile(
    rb"\s*(?:--[^\r\n]*\s+)?content-(?:type|transfer-encoding|disposition)[ \t]*:", re.IGNORECASE
)
_BASE64_LINE = re.compile(rb"\s*[A-Za-z0-9+/=]{4,}+[ \t]*(?:[\r\n]|\Z)")
_ENCODED_DELIMITER = re.compile(rb"\s*--[^\r\n]*=3D", re.IGNORECASE)
_MAX_DECODED = 8  # encoded messages within encoded messages


@dataclass(slots=True)
class Tally:
    """What is counted over the whole message, machines within machines included."""

    parts: int = 0
    names: int = 0


class Machine:
    """Reads one run of octets; `emit` takes its events."""

    def __init__(
        self,
        limits: Limits,
        tally: Tally,
        emit: Emit,
        *,
        base: int = 0,
        placed: bool = True,
        decoded: int = 0,
    ) -> None:
        """`base` is the place of the first octet; with `placed` false, of all. `decoded` counts the machines
        around this one."""
        self._limits, self._tally, self._emit = limits, tally, emit
        self._base, self._stride, self._decoded = base, int(placed), decoded
        self._buffer = bytearray()
        self._position = 0  # index in the buffer of the first octet not dealt with
        self._final = False
        self._boundaries = Boundaries(limits.delimiter_octets)
        self._header_search = HeaderSearch(limits, self._boundaries)
        self._step = self._read_header
        self._sink: Sink | None = None
        self._line_start = True
        self._path = ""
        self._message = True
        self._depth = 0
        self._default_type = "text/plain"
        self._parent_type = ""
        self._reading: Reading | None = None

    def begin_message(self, path: str, depth: int) -> None:
        """The octets to come are a message, nested at `path`."""
        self._begin_header(path, message=True, depth=depth)

    def begin_multipart(self, path: str, depth: int, reading: Reading) -> None:
        """The octets to come are the body of a multipart."""
        self._path, self._depth, self._message = path, depth, False
        self._enter_multipart(reading)

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
            self._leave(level)

    def _run(self) -> None:
        while self._step():
            pass
        if self._position:
            self._base += self._stride * self._position
            del self._buffer[: self._position]
            self._position = 0

    def _place(self, index: int) -> int:
        return self._base + self._stride * index

    def _report(self, deviations: Iterable[Deviation], path: str, index: int) -> None:
        for deviation in deviations:
            self._emit(deviation.at(path, self._place(index)))

    # Header

    def _begin_header(self, path: str, *, message: bool, depth: int) -> None:
        self._path, self._message, self._depth = path, message, depth
        self._header_search.restart()
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
            self._give_up((), start + parsed.end, self._body_path())
            return
        if parsed.end < end - start:
            body = start + parsed.end
        elif not finished and end > start:
            self._report([defect.HEADER_UNFINISHED], self._path, start)
        self._position, self._line_start = body, True
        self._open_body(parsed.header)

    def _limited_header(self, end: int) -> None:
        """The header does not end within its limit: its last field, perhaps cut, is left to the rest."""
        start = self._position
        parsed = self._parse_fields(start, end, whole=False)
        self._give_up([defect.HEADER_TOO_LARGE], start + parsed.end, self._body_path())

    def _parse_fields(self, start: int, end: int, *, whole: bool = True) -> fields.ParsedHeader:
        parsed = fields.parse(
            bytes(memoryview(self._buffer)[start:end]),
            fields.Origin(self._place(start), self._stride),
            message=self._message,
            max_fields=self._limits.header_fields,
            whole=whole,
        )
        for deviation, offset in parsed.deviations:
            self._emit(deviation.at(self._path, offset))
        self._emit(HeaderComplete(self._path, parsed.header, self._message))
        return parsed

    # What the body is

    def _body_path(self) -> str:
        return _join(self._path, 1) if self._message else self._path

    def _open_body(self, header: Header) -> None:
        reading = interpret(header, self._default_type, self._limits)
        self._report(reading.deviations, self._path, self._position)
        if reading.composite and self._depth >= self._limits.depth:
            self._report([defect.DEPTH_LIMIT], self._path, self._position)
            self._open_leaf(reading)
        elif reading.composite and reading.encoding == IDENTITY:
            self._enter(reading)
        else:
            self._reading = reading
            self._step = self._peek

    def _peek(self) -> bool:
        """Decide, by how the body begins, what to do with it."""
        reading = self._reading
        assert reading is not None
        if len(self._buffer) - self._position < _PEEK and not self._final:
            return False
        head = bytes(self._buffer[self._position : self._position + _PEEK])
        if not reading.composite:
            if _FIELDS_IN_BODY.match(head) and not self._boundaries.begins(head.lstrip()):
                self._report([defect.FIELDS_IN_BODY], self._path, self._position)
            self._open_leaf(reading)
        elif not _looks_encoded(reading, head):
            self._report([defect.COMPOSITE_ENCODING], self._path, self._position)
            self._enter(reading)
        elif self._decoded >= _MAX_DECODED:
            self._report([defect.DEPTH_LIMIT], self._path, self._position)
            self._open_leaf(reading)
        else:
            self._report([defect.COMPOSITE_DECODED], self._path, self._position)
            self._enter_decoded(reading)
        return True

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
        )
        self._pour_into(self._leaf(start, self._place(self._position)))

    def _counted_names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Count a part's candidate names; where there are too many in the message, only the first is kept."""
        self._tally.names += len(names)
        if len(names) < 2 or self._tally.names <= self._limits.names:
            return names
        self._report([defect.TOO_MANY_FILENAMES], self._path, self._position)
        return names[:1]

    def _leaf(self, start: LeafStart, offset: int) -> LeafSink:
        return LeafSink(self._emit, start, decoder_for(start.encoding), offset, placed=bool(self._stride))

    def _margin(self, kind: Kind, level: Level) -> MarginSink:
        start = margin(kind, level.path, level.content_type)
        return MarginSink(lambda offset: self._leaf(start, offset))

    def _pour_into(self, sink: Sink) -> None:
        self._sink = sink
        self._step = self._read_body

    def _enter(self, reading: Reading) -> None:
        if reading.multipart:
            self._enter_multipart(reading)
        elif self._counted():
            self._default_type, self._parent_type = "text/plain", ""
            self._begin_header(self._body_path(), message=True, depth=self._depth + 1)

    def _enter_multipart(self, reading: Reading) -> None:
        needles = tuple([b"--" + boundary for boundary in reading.boundaries])
        if not needles:
            self._report([defect.BOUNDARY_MISSING], self._path, self._position)
        if any(needle in level.needles for level in self._boundaries.levels for needle in needles):
            self._report([defect.BOUNDARY_REUSED], self._path, self._position)
        level = Level(self._path, reading.content_type, needles, self._depth)
        self._boundaries.push(level)
        self._pour_into(self._margin(Kind.PREAMBLE, level))

    def _enter_decoded(self, reading: Reading) -> None:
        path = self._path if reading.multipart else self._body_path()
        inner = Machine(
            self._limits,
            self._tally,
            self._emit,
            base=self._place(self._position),
            placed=False,
            decoded=self._decoded + 1,
        )
        if reading.multipart:
            inner.begin_multipart(path, self._depth, reading)
        else:
            inner.begin_message(path, self._depth + 1)
        base = self._place(self._position)

        def report(deviations: Iterable[Deviation]) -> None:
            for deviation in deviations:
                self._emit(deviation.at(path, base))

        self._pour_into(DecodedSink(report, decoder_for(reading.encoding), inner.feed, inner.finish))

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
        for level in reversed(self._boundaries.levels[delimiter.level + 1 :]):
            self._leave(level)
        self._boundaries.settle(delimiter.level, delimiter.needle)
        level = self._boundaries.levels[delimiter.level]
        self._report(delimiter.deviations, level.path, delimiter.start)
        self._position, self._line_start = delimiter.end, True
        self._path = _join(level.path, level.parts + 1)
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

    def _leave(self, level: Level) -> None:
        end = len(self._buffer) if self._final else self._position
        if not level.parts and not level.closed:
            self._report([defect.NO_PARTS], level.path, end)
        elif not level.closed:
            self._report([defect.CLOSE_MISSING], level.path, end)

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
        start = LeafStart(path, Kind.BODY, "application/octet-stream", (), "", (), IDENTITY, "")
        self._pour_into(self._leaf(start, self._place(index)))


def _join(path: str, number: int) -> str:
    return f"{path}.{number}" if path else str(number)


def _looks_encoded(reading: Reading, head: bytes) -> bool:
    """Whether a multipart or message that declares a transfer encoding has one, going by its first octets."""
    if any(b"--" + boundary in head for boundary in reading.boundaries):
        return False
    if reading.encoding == BASE64:
        return _BASE64_LINE.match(head) is not None
    if reading.encoding == QUOTED_PRINTABLE and reading.multipart:
        return _ENCODED_DELIMITER.match(head) is not None
    return True
