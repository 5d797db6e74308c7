"""Where a header ends: at an empty line (RFC 5322 section 2.1), a delimiter, the end of the octets, or a limit."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from gateway.mime.boundary import Boundaries
from gateway.mime.limits import Limits

_LINE_END = re.compile(rb"\r\n?|\n")
_BLANK_AT_START = re.compile(rb"[ \t\v\f]*+(?:\r\n?|\n)")
_BLANK_LINE = re.compile(rb"(?:(?<=\n)|(?<=\r)(?!\n))[ \t\v\f]*+(?:\r\n?|\n)")
_WINDOW = 2048  # octets that are searched at a time, so that what lies behind the end is hardly searched
_CR = 13


class Ended(enum.Enum):
    """What ended a header."""

    EMPTY_LINE = enum.auto()
    CUT_SHORT = enum.auto()
    LIMIT = enum.auto()


class HeaderEnd(NamedTuple):
    """The header reaches to index `end`; what follows it begins at `body`."""

    end: int
    body: int
    by: Ended


class HeaderSearch:
    """The search for the end of one header after another; it remembers how far it has looked."""

    def __init__(self, limits: Limits, boundaries: Boundaries) -> None:
        self._boundaries = boundaries
        self._blank_ends = False
        self._limit = limits.header_octets
        # A delimiter that begins within the limit may end this far behind it.
        self._reach_limit = limits.header_octets + limits.boundary_octets + limits.delimiter_octets + 8
        self._scanned = 0  # octets from the header's start that hold no end

    def restart(self, *, blank_ends: bool = False) -> None:
        """Another header begins. With `blank_ends` a line of white space ends it as an empty one does."""
        self._scanned = 0
        self._blank_ends = blank_ends

    def search(self, buffer: bytearray, start: int, final: bool) -> HeaderEnd | None:
        """Where the header that begins at index `start` ends, or None while more octets are needed.

        `final`: nothing will follow the buffer.
        """
        empty = (_BLANK_AT_START if self._blank_ends else _LINE_END).match(buffer, start)
        if empty is not None:
            grows = _may_grow(buffer, empty.end(), final)
            return None if grows else HeaderEnd(start, empty.end(), Ended.EMPTY_LINE)
        size = len(buffer)
        while True:
            reach = size if self._blank_ends else min(start + self._scanned + _WINDOW, size)
            found = self._window(buffer, start, reach, final)
            if not isinstance(found, bool):
                return found
            if not found:
                return None
            if reach - start > self._reach_limit:
                return self._limited(start)
            if reach == size:
                break
            self._scanned = reach - start - 3
        self._scanned = 0 if self._blank_ends else max(size - start - 3, 0)
        if not final:
            return None
        return self._limited(start) if size - start > self._limit else HeaderEnd(size, size, Ended.CUT_SHORT)

    def _window(self, buffer: bytearray, start: int, reach: int, final: bool) -> HeaderEnd | bool:
        """Search up to index `reach`. True where the header goes on behind it, False where octets are missing."""
        position = start + self._scanned
        if self._blank_ends:
            blank = _BLANK_LINE.search(buffer, max(position, start + 1), reach)
        else:
            blank = _blank_line(buffer, position, reach)
        if blank is not None and _may_grow(buffer, blank.end(), final):
            return False
        upto = reach if blank is None else blank.start()
        if self._boundaries.levels and _has_dashes(buffer, position, upto):
            scan = self._boundaries.search(buffer, position, upto, position == start, final)
            if scan is not None and scan.delimiter is None:
                self._scanned = scan.end - start
                return False
            if scan is not None and scan.end - start <= self._limit:
                return HeaderEnd(scan.end, scan.end, Ended.CUT_SHORT)
        if blank is None:
            return True
        if blank.start() - start > self._limit:
            return self._limited(start)
        return HeaderEnd(blank.start(), blank.end(), Ended.EMPTY_LINE)

    def _limited(self, start: int) -> HeaderEnd:
        return HeaderEnd(start + self._limit, start + self._limit, Ended.LIMIT)


def _may_grow(buffer: bytearray, end: int, final: bool) -> bool:
    """Whether the line ending before `end` is a CR that the next octet may make a CRLF."""
    return end == len(buffer) and buffer[-1] == _CR and not final


def _has_dashes(buffer: bytearray, start: int, end: int) -> bool:
    return (
        buffer.startswith(b"--", start)
        or buffer.find(b"\n--", start, end) >= 0
        or buffer.find(b"\r--", start, end) >= 0
    )


def _blank_line(buffer: bytearray, start: int, reach: int) -> re.Match[bytes] | None:
    """The first empty line whose line ending, and the one before it, begin between `start` and `reach`.

    Two line endings in a row always hold one of three pairs of octets, which are found faster than a pattern.
    """
    end = reach
    for pair in (b"\n\r", b"\n\n", b"\r\r"):
        found = buffer.find(pair, start, end)
        if found >= 0:
            end = found + 1
    return _LINE_END.match(buffer, end) if end < reach else None
