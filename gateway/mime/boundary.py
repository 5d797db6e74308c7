"""Delimiter lines of the open multiparts (RFC 2046 section 5.1.1), found over whole blocks.

The multiparts form a stack. A line that begins with "--" and any of their boundaries is a delimiter; one that
equals a delimiter exactly (but for white space behind it) goes before one that merely begins like it, and the
innermost goes before the outer ones. The line ending in front of a delimiter belongs to it.

Octets at the end of a block that may yet be part of a delimiter are held back: at most one boundary and
`Limits.delimiter_octets` more. Where a multipart has several candidate boundaries, the first that occurs is taken
to be the one; where it has none, the first line that begins with "--" is.

A line that begins with "--" costs about its own length, however many boundaries there are: they are kept sorted.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.mime import defect
from gateway.mime.defect import Deviation

_LINE_END = re.compile(rb"\r\n?|\n")
_PARTIAL_LINE = re.compile(rb"(?:\r\n?|\n)-?\Z")
_WHITE = b" \t"
_DASHES = b"--"
_MAX_GUESS = 200  # octets of a boundary that no parameter announced


class Matching(enum.Enum):
    """Which lines are delimiters: those that begin like one too, the innermost multipart first; only lines that equal
    one; as the first, but the outermost multipart first; or as the first, but those of an enclosing multipart only when
    the inner one is closed."""

    LENIENT = "lenient"
    EXACT = "exact"
    OUTERMOST = "outermost"
    INNERMOST = "innermost"


@dataclass(slots=True)
class Level:
    """An open multipart. `path` is its own, `needles` are "--" with each candidate boundary.

    `closed` is true behind its close delimiter; `parts` counts the delimiters before it. `start` is the place of its
    body, and `doubts` the other ways of matching under which its parts would be others.
    """

    path: str
    content_type: str
    needles: tuple[bytes, ...]
    depth: int
    start: int = 0
    parts: int = 0
    closed: bool = False
    doubts: set[Matching] = field(default_factory=set)

    @property
    def guessing(self) -> bool:
        """True while no boundary is known."""
        return not self.needles


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A delimiter line: content ends at index `start`, the next begins at `end`, `level` is an index in the stack.

    `limited` is true where the line was too long to be taken for a delimiter line. `outer` is the index of the
    outermost level for which the line may be one.
    """

    start: int
    end: int
    level: int
    needle: bytes
    close: bool
    deviations: tuple[Deviation, ...] = ()
    limited: bool = False
    outer: int | None = None


class Scan(NamedTuple):
    """Result of a search: content reaches to index `end`; the rest is a delimiter, or must wait for more."""

    end: int
    delimiter: Delimiter | None


class _Undecided(NamedTuple):
    """More octets are needed to know what the line is."""


_UNDECIDED = _Undecided()


@dataclass(slots=True)
class Boundaries:
    """The stack of open multiparts and the search for their delimiters."""

    delimiter_octets: int
    matching: Matching = Matching.LENIENT
    levels: list[Level] = field(default_factory=list)
    examined: int = 0  # lines that begin with "--", so far
    # All needles, sorted; those of them that begin a delimiter line whatever follows, without any that begins with
    # another; whether one is "--", of an empty boundary, which must have the line to itself.
    _needles: list[bytes] = field(default_factory=list)
    _heads: list[bytes] = field(default_factory=list)
    _bare: bool = False
    _whole: frozenset[bytes] = frozenset()  # the lines that equal a delimiter
    _longest: int = len(_DASHES)

    def push(self, level: Level) -> None:
        """A multipart begins."""
        self.levels.append(level)
        self._update()

    def settle(self, index: int, needle: bytes) -> None:
        """A delimiter of level `index` was met: levels within it end, and `needle` is its boundary now."""
        if index + 1 < len(self.levels) or len(self.levels[index].needles) != 1:
            del self.levels[index + 1 :]
            self.levels[index].needles = (needle,)
            self._update()

    def _update(self) -> None:
        self._needles = sorted({needle for level in self.levels for needle in level.needles})
        self._heads = []
        for needle in self._needles:
            if len(needle) > len(_DASHES) and not (self._heads and needle.startswith(self._heads[-1])):
                self._heads.append(needle)
        self._bare = _DASHES in self._needles
        self._whole = frozenset([needle + end for needle in self._needles for end in (b"", _DASHES)])
        self._longest = max(map(len, self._needles), default=len(_DASHES))

    def begins(self, line: bytes) -> bool:
        """Whether `line` begins like a delimiter of an open multipart."""
        return self._named(line) or (self._bare and line.startswith(_DASHES))

    def _named(self, line: bytes) -> bool:
        """Whether `line` begins with "--" and a boundary that is not empty.

        No head begins with another, so the one that `line` begins with is the last that sorts before it.
        """
        index = bisect_right(self._heads, line)
        return index > 0 and line.startswith(self._heads[index - 1])

    @property
    def _guessing(self) -> bool:
        return bool(self.levels) and self.levels[-1].guessing

    def scan(self, buffer: bytearray, start: int, at_line_start: bool, final: bool) -> Scan:
        """How far the content of a body reaches from `start`, and the delimiter that ends it, if one does.

        `final`: nothing will follow the buffer.
        """
        size = len(buffer)
        if not self.levels:
            return Scan(size, None)
        if buffer.find(b"-", start) >= 0:
            scan = self.search(buffer, start, size, at_line_start, final)
            if scan is not None:
                return scan
        if final:
            return Scan(size, None)
        partial = _PARTIAL_LINE.search(buffer, max(start, size - 3))
        return Scan(partial.start() if partial else size, None)

    def search(
        self, buffer: bytearray, start: int, end: int, at_line_start: bool, final: bool
    ) -> Scan | None:
        """The first delimiter line that begins between `start` and `end`, or a line that may yet become one."""
        if at_line_start:
            found = self._examine(buffer, start, start, final)
            if found is not None:
                return _result(start, found)
        position = start
        after_lf = buffer.find(b"\n--", position, end)
        while True:
            after_cr = buffer.find(b"\r--", position, after_lf if after_lf >= 0 else end)
            at = after_cr if after_cr >= 0 else after_lf
            if at < 0:
                return None
            content_end = at - 1 if at > start and buffer[at - 1 : at + 1] == b"\r\n" else at
            found = self._examine(buffer, at + 1, content_end, final)
            if found is not None:
                return _result(content_end, found)
            position = at + 1
            if at == after_lf:
                after_lf = buffer.find(b"\n--", position, end)

    def _examine(
        self, buffer: bytearray, line: int, content_end: int, final: bool
    ) -> Delimiter | _Undecided | None:
        """What the line at index `line` is."""
        self.examined += 1
        named = self._named(bytes(buffer[line : line + self._longest]))
        if not named and not ((self._bare or self._guessing) and buffer.startswith(_DASHES, line)):
            return None if final else self._may_become(buffer, line)
        limit = line + self._longest + self.delimiter_octets
        match = _LINE_END.search(buffer, line, limit + 1)
        if match is None or match.start() >= limit:
            if len(buffer) > limit:
                known = named or self._bare  # a guess goes no further than a line of sensible length
                return self._overlong(buffer, line, content_end, limit) if known else None
            if not final:
                return _UNDECIDED
            end, next_line, bare = len(buffer), len(buffer), False
        else:
            end, next_line = match.span()
            bare = buffer[end:next_line] == b"\r"
            if bare and next_line == len(buffer) and not final:
                return _UNDECIDED
        bare = bare or (line > content_end and buffer[line - 1 : line] == b"\r")
        text = bytes(buffer[line:end])
        return self._decide(text, content_end, next_line, bare) if named or self._matters(text) else None

    def _matters(self, line: bytes) -> bool:
        """Whether a line that begins with "--" and no known boundary is a delimiter all the same."""
        size = len(line.rstrip(_WHITE)) - len(_DASHES)
        if self._guessing and 0 < size <= _MAX_GUESS:
            return True
        return self._bare and (size == 0 or line.rstrip(_WHITE) == _DASHES * 2)

    def _may_become(self, buffer: bytearray, line: int) -> _Undecided | None:
        seen = len(buffer) - line
        if seen >= self._longest:
            return None
        tail = bytes(buffer[line:])
        after = bisect_left(self._needles, tail)
        if after < len(self._needles) and self._needles[after].startswith(tail):
            return _UNDECIDED
        return _UNDECIDED if self._guessing and _DASHES.startswith(tail) else None

    def _overlong(self, buffer: bytearray, line: int, content_end: int, limit: int) -> Delimiter | None:
        found = self._decide(bytes(buffer[line:limit]), content_end, limit, bare=False)
        if found is None:
            return None
        return Delimiter(
            content_end,
            content_end,
            found.level,
            found.needle,
            found.close,
            (defect.DELIMITER_TOO_LONG,),
            True,
        )

    def _decide(self, line: bytes, start: int, end: int, bare: bool) -> Delimiter | None:
        if self.matching is Matching.EXACT and not self._guessing and line.rstrip(_WHITE) not in self._whole:
            return None  # at once, as there may be any number of such lines
        exact: list[tuple[int, bytes, bool]] = []
        similar: list[tuple[int, bytes, bool]] = []
        for index in range(len(self.levels) - 1, -1, -1):
            for needle in self.levels[index].needles:
                if not line.startswith(needle):
                    continue
                rest = line[len(needle) :].rstrip(_WHITE)
                if rest in (b"", b"--"):
                    exact.append((index, needle, bool(rest)))
                elif len(needle) > 2:
                    similar.append((index, needle, rest.startswith(b"--")))
            if self.matching is Matching.INNERMOST and not self.levels[index].closed:
                break
        deviations = [defect.DELIMITER_AFTER_BARE_CR] if bare else []
        if self.matching is Matching.EXACT:
            similar = []
        outer = min([index for index, _, _ in exact + similar], default=None)
        if self.matching is Matching.OUTERMOST and exact + similar:
            found = min(exact + similar, key=lambda one: (one[0], -len(one[1])))
            return Delimiter(start, end, *found, tuple(deviations))
        if exact:
            if len({(index, close) for index, _, close in exact}) > 1:
                deviations.append(defect.DELIMITER_AMBIGUOUS)
            return Delimiter(start, end, *exact[0], tuple(deviations), outer=outer)
        if similar:
            found = max(similar, key=lambda one: len(one[1]))
            return Delimiter(start, end, *found, (*deviations, defect.DELIMITER_SUFFIX), outer=outer)
        guessed = line[2:].rstrip(_WHITE)
        if self._guessing and 0 < len(guessed) <= _MAX_GUESS:
            return Delimiter(start, end, len(self.levels) - 1, line.rstrip(_WHITE), False, tuple(deviations))
        return None


def _result(content_end: int, found: Delimiter | _Undecided) -> Scan:
    return Scan(content_end, found if isinstance(found, Delimiter) else None)
