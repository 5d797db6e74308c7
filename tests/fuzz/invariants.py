"""What must hold for any input: of the parser's events, and of the steps of a walk.

- However the octets are cut, events and steps are the same (where a leaf's octets are divided aside).
- Leaves do not overlap, each begun is ended, and the message ends where its octets do.
- Every octet of the message belongs to a leaf, a header field, a delimiter line, white space between them, or to
  something that a defect names.
- Limits are kept: depth, parts, names, views, decoded octets, and what a parser holds back.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.mime import defect
from gateway.mime.event import (
    Defect,
    Event,
    HeaderComplete,
    Kind,
    LeafData,
    LeafEnd,
    LeafStart,
    MessageEnd,
    Severity,
)
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser
from gateway.mime.walk import Leaf, Noted, Pause, Seen, Walker
from tests.fuzz.body import BLOCK, MemoryBody, Work

DEFAULT = Limits()
SMALL = Limits(
    depth=4,
    parts=8,
    header_octets=160,
    header_fields=6,
    field_octets=80,
    filenames=4,
    boundary_octets=20,
    delimiter_octets=16,
    boundaries=3,
    names=12,
    readings=4,
    views=6,
    decoded_octets=2_000,
)
# Limits of the whole message: which of its octets come too late for one depends on the order in which they are met.
_OF_THE_WHOLE = frozenset(
    one.name
    for one in (
        *(defect.TOO_MANY_PARTS, defect.TOO_MANY_FILENAMES, defect.TOO_MANY_VIEWS),
        *(defect.DECODED_TOO_LARGE, defect.DEPTH_LIMIT),
    )
)
# Lines of a header that are no field, or not of the field that follows: where the first stands is noted, so they may
# stand from there on.
_PASSED_OVER = frozenset(
    one.name
    for one in (
        *(defect.JUNK_LINE, defect.MBOX_LINE, defect.BYTE_ORDER_MARK, defect.FIELDS_IN_BODY),
        defect.MISSING_COLON,
    )
)
_WHITE = b" \t\v\f\r\n"


def cuts_of(data: bytes, *, all_below: int = 600) -> Iterator[list[int]]:
    """Ways to cut `data`, always the same ones for the same octets: each octet for itself where there are few of them,
    a few places anywhere, and places within and around line endings."""
    chance = random.Random(zlib.crc32(data))
    size = len(data)
    if 1 < size <= all_below:
        yield list(range(1, size))
    yield sorted(chance.randrange(size + 1) for _ in range(chance.randrange(1, 9)))
    ends = [place for place in range(size) if data[place] in b"\r\n-="]
    if ends:
        chosen = chance.sample(ends, min(len(ends), chance.randrange(1, 40)))
        yield sorted({min(place + chance.randrange(3), size) for place in chosen})


def pieces(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    """`data` cut at these places."""
    for start, end in pairwise([0, *cuts, len(data)]):
        yield data[start:end]


def joined(events: Iterable[Event]) -> list[Event]:
    """The events, adjacent octets of a leaf made one."""
    result: list[Event] = []
    held: list[bytes] = []
    for event in events:
        if isinstance(event, LeafData):
            assert event.data, "an event without octets"
            held.append(event.data)
            continue
        if held:
            result.append(LeafData(b"".join(held)))
            held.clear()
        result.append(event)
    return result


def parsed(data: bytes, cuts: Sequence[int] = (), limits: Limits = DEFAULT) -> list[Event]:
    """Every event of a message that is fed in pieces; what the parser holds back is watched."""
    parser = Parser(limits)
    events: list[Event] = []
    most = 2 * (limits.header_octets + limits.boundary_octets + limits.delimiter_octets) + 4_096
    for piece in pieces(data, cuts):
        events += parser.feed(piece)
        held = len(parser._machine._buffer)
        assert held <= most, f"{held} octets held back"
    events += parser.close()
    assert parser.close() == []
    return joined(events)


def check_events(data: bytes, limits: Limits = DEFAULT) -> list[Event]:
    """All that must hold of the events of a message."""
    whole = parsed(data, (), limits)
    for cuts in cuts_of(data):
        assert parsed(data, cuts, limits) == whole, f"other events when cut at {cuts}"
    check_grammar(whole, len(data))
    check_coverage(data, whole)
    check_counts(whole, limits)
    return whole


def check_grammar(events: Sequence[Event], size: int) -> None:
    """Leaves do not overlap, each begun is ended, headers stand between them, and the end is the end."""
    start: LeafStart | None = None
    reached = 0
    for event in events[:-1]:
        match event:
            case LeafStart():
                assert start is None, f"{event.path} begins within {start}"
                start = event
            case LeafData():
                assert start is not None, "octets outside of a leaf"
            case LeafEnd():
                assert start is not None, f"{event.path} ends before it begins"
                assert event.path == start.path
                assert reached <= event.start <= event.end <= size
                reached, start = event.end, None
            case HeaderComplete():
                assert start is None, f"a header within {start}"
                for one in event.header.fields:
                    assert reached <= one.start <= one.end <= size
                    reached = one.end
            case Defect():
                assert 0 <= event.offset <= size, event
                assert event.name in defect.DEVIATIONS
            case MessageEnd():
                raise AssertionError("the message ends twice")
    assert start is None, f"{start} has no end"
    assert events[-1] == MessageEnd(size)


def check_coverage(data: bytes, events: Sequence[Event]) -> None:
    """Every octet belongs to a leaf, a field, a delimiter line, white space between them, or a line passed over."""
    spans: list[tuple[int, int]] = []
    passed_over: list[int] = []
    leaf_ends = [0]
    for event in events:
        if isinstance(event, LeafEnd):
            spans.append((event.start, event.end))
            leaf_ends.append(event.end)
        elif isinstance(event, HeaderComplete):
            spans += [(one.start, one.end) for one in event.header.fields]
        elif isinstance(event, Defect) and event.name in _PASSED_OVER:
            passed_over.append(event.offset)
    position = 0
    for start, end in [*sorted(spans), (len(data), len(data))]:
        if start > position and data[position:start].strip(_WHITE):
            _check_gap(data, position, start, passed_over, leaf_ends)
        position = max(position, end)


def _check_gap(data: bytes, first: int, last: int, passed_over: Sequence[int], leaf_ends: list[int]) -> None:
    header_begins = max(end for end in leaf_ends if end <= first)
    place = first
    for line in data[first:last].replace(b"\r", b"\n").split(b"\n"):
        known = line.startswith(b"--") or not line.strip(_WHITE)
        if not known and not any(header_begins <= offset <= place for offset in passed_over):
            raise AssertionError(f"octets {place} to {place + len(line)} belong to nothing: {line!r}")
        place += len(line) + 1


def check_counts(events: Sequence[Event], limits: Limits) -> None:
    """The limits on structure are kept."""
    starts = [event for event in events if isinstance(event, LeafStart)]
    headers = [event for event in events if isinstance(event, HeaderComplete)]
    assert len(headers) <= limits.parts + 1
    # Each part is one leaf at most, and each multipart has two margins; what is left where a limit stops is one more.
    assert len(starts) <= 3 * limits.parts + 4
    # One file name of each part is kept whatever the limit.
    assert sum(len(one.filenames) for one in starts) <= limits.names + limits.parts + limits.filenames
    for start in starts:
        assert start.depth <= limits.depth + 1, start
        assert len(start.filenames) <= limits.filenames + 1, start
        assert all(start.filenames), "a file name of nothing"
    for header in headers:
        assert len(header.header.fields) <= 2 * limits.header_fields + 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A leaf as it was given out."""

    start: LeafStart
    view: str
    octets: bytes
    opaque: tuple[int, int] | None


Step = Shown | Seen | Noted


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk: its steps, and the work that it was."""

    steps: list[Step]
    work: Work

    @property
    def limited(self) -> bool:
        """Whether a limit of the whole message was passed."""
        return any(isinstance(step, Noted) and step.defect.name in _OF_THE_WHOLE for step in self.steps)


def walked(data: bytes, cuts: Sequence[int] = (), limits: Limits = DEFAULT, block: int = BLOCK) -> Walked:
    """Every step of a walk through a message that is fed in pieces, leaves with their octets."""
    work = Work()
    walker: Walker[MemoryBody] = Walker(limits, lambda: MemoryBody(work, block))
    message = MemoryBody(block=block)
    steps: list[Step] = []
    for piece in pieces(data, cuts):
        message.write(piece)
        steps += _told(walker.feed(piece))
    steps += _told(walker.close(message))
    assert all(body.closed for body in work.bodies), "a body was never given back"
    return Walked(steps, work)


def _told(steps: Iterable[Leaf[MemoryBody] | Seen | Noted | Pause]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Leaf):
            assert len(step.body.read()) == step.body.size
            yield Shown(step.start, step.view, step.body.read(), step.opaque)
        elif not isinstance(step, Pause):
            yield step


def check_walk(data: bytes, limits: Limits = DEFAULT) -> Walked:
    """All that must hold of the steps of a walk."""
    whole = walked(data, (), limits)
    for cuts in cuts_of(data, all_below=200):
        cut = walked(data, cuts, limits)
        assert _same(whole, cut), f"other steps when cut at {cuts}"
    assert _same(whole, walked(data, (), limits, block=7 + len(data) % 61)), "other steps by other blocks"
    check_steps(whole, data, limits)
    return whole


def _same(one: Walked, other: Walked) -> bool:
    return one.steps == other.steps or (one.limited and other.limited)


def check_steps(walk: Walked, data: bytes, limits: Limits) -> None:
    """Leaves are what they claim to be, and the limits of the whole message are kept."""
    shown = [step for step in walk.steps if isinstance(step, Shown)]
    views = {step.view for step in walk.steps if not isinstance(step, Noted)}
    assert len(views) <= limits.views + 1, sorted(views)
    # Octets that were written before the limit was passed; each leaf stops at the block that passes it.
    assert sum(len(one.octets) for one in shown) <= limits.decoded_octets
    assert len([one for one in shown if one.start.kind is Kind.ENCLOSED]) <= limits.parts
    for one in shown:
        assert one.start.depth <= limits.depth + 1, one.start
        if one.opaque is not None:
            first, last = one.opaque
            assert 0 <= first <= last <= len(data)
            assert not one.view
    for step in walk.steps:
        if isinstance(step, Noted):
            assert 0 <= step.defect.offset <= len(data), step
    likeliest = [event for event in parsed(data, (), limits) if isinstance(event, LeafStart)]
    mine = [one.start for one in shown if not one.view]
    assert walk.limited or not likeliest or set(likeliest) <= set(mine), (
        "a leaf of the likeliest reading is lost"
    )
    severe = {step.defect.name for step in walk.steps if isinstance(step, Noted)}
    for event in parsed(data, (), limits):
        if isinstance(event, Defect) and event.severity is Severity.LIMIT:
            assert walk.limited or event.name in severe, f"{event} is not told"
