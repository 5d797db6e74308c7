"""Parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231).

A parameter that can be read in several ways keeps all its readings, the likeliest first: within quotes with and
without backslashes, outside quotes with and without comments, up to the first space and beyond. What each use
does with them is decided elsewhere (`gateway.mime.reading`). Octets stay octets here.

Known limits: a quoted string without end is read once to the end of the field and once to the next semicolon. In a
field with more than `MAX_BRACKETS` round brackets none is taken for a comment, and a deviation says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from gateway.mime import defect
from gateway.mime.defect import Deviation

MAX_BRACKETS = 500

_SIMPLE = re.compile(
    rb"[ \t]*([^\s;\"()=?\\]+)((?:[ \t]*;[ \t]*[\w.*-]+=(?:\"[^\"\\]*+\"|[^\s;\"()\\'=][^\s;\"()\\=]*+))*+)[ \t]*;?"
)
_SIMPLE_PARAMETER = re.compile(rb";[ \t]*([\w.*-]+)=(?:\"([^\"\\]*)\"|([^\s;\"()\\=]+))")
_WITHIN_SEGMENT = re.compile(rb"(?:[^;\"(]++|\"(?:[^\"\\]++|\\.)*+(?:\"|\\?\Z))*+", re.DOTALL)
# A segment that begins with a value, though a parameter follows it.
_LEADS = re.compile(rb"[^=]*/|\s*+[^\s=,]+(?:\s*,\s*|\s+(?!\*))[^\s=,]+\s*=")
_GAP = re.compile(rb"\s*,\s*|\s+")
_BRACKET = re.compile(rb"[()]|\\\(|(?:\\[^(])++", re.DOTALL)
_QUOTED = re.compile(rb"\"((?:[^\"\\]++|\\.)*+)(\"?)", re.DOTALL)
_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_NAMES = ("name", "filename")  # all readings of a file name are judged, so that spaces in it are no trick
_SECTION_DIGITS = 6  # of a section number; nobody writes a million sections


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name` is lower case and keeps the marks of RFC 2231 ("filename*0*"); `readings`, likeliest first."""

    name: str
    readings: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Structured:
    """A field's leading `value` (comments removed) and its parameters, in order."""

    value: bytes
    parameters: tuple[Parameter, ...] = ()
    deviations: tuple[Deviation, ...] = ()


class Candidate(NamedTuple):
    """A value that a parameter may have: octets, and their charset where RFC 2231 names one."""

    octets: bytes
    charset: str | None


def parse(field: bytes) -> Structured:
    """The field's value and parameters. Linear in the field's length; never raises."""
    match = _SIMPLE.fullmatch(field)
    if match is None:
        return _Lenient().parse(field)
    if not match[2]:
        return Structured(match[1])
    return Structured(
        match[1],
        tuple(
            [
                Parameter(found[1].decode("latin-1").lower(), (found[2] if found[3] is None else found[3],))
                for found in _SIMPLE_PARAMETER.finditer(match[2])
            ]
        ),
    )


class _Lenient:
    """Takes a field apart that is not of the plain form."""

    def __init__(self) -> None:
        self._parameters: list[Parameter] = []
        self._deviations: dict[Deviation, None] = {}

    def parse(self, field: bytes) -> Structured:
        if _brackets(field) > MAX_BRACKETS:
            self._note(defect.TOO_MANY_COMMENTS)
        segments = [segment for segment in _segments(field) if segment.strip()]
        value = b""
        if segments and (b"=" not in segments[0] or _LEADS.match(segments[0])):
            value = self._leading(segments.pop(0))
        for segment in segments:
            self._parameter(segment, nested=False)
        return Structured(value, tuple(self._parameters), tuple(self._deviations))

    def _leading(self, segment: bytes) -> bytes:
        bare = self._without_comments(segment)
        value, _, rest = _GAP.sub(b" ", bare.strip(), 1).partition(b" ") if b"=" in bare else (bare, b"", b"")
        if rest:
            self._note(defect.JUNK_IN_PARAMETER)
            self._parameter(rest, nested=True)
        return value.strip()

    def _parameter(self, segment: bytes, *, nested: bool) -> None:
        left, equals, right = segment.partition(b"=")
        words = self._without_comments(left).split()
        if len(words) > 1 and b"*" not in left:
            self._note(defect.JUNK_IN_PARAMETER)
            del words[:-1]
        name = b"".join(words).decode("latin-1").lower()
        if not equals or not name:
            self._note(defect.JUNK_IN_PARAMETER)
            return
        right = right.strip()
        quoted = right[:1] == b'"'
        readings, rest = self._quoted(right) if quoted else self._unquoted(name, right)
        self._parameters.append(Parameter(name, tuple(dict.fromkeys(readings))))
        if rest and not nested:
            for part in rest.split(b";") if quoted else [rest]:
                self._parameter(part, nested=True)

    def _quoted(self, text: bytes) -> tuple[list[bytes], bytes]:
        """The readings of a quoted string, and what may be parameters behind it."""
        match = _QUOTED.match(text)
        assert match is not None
        inner, rest = match[1], text[match.end() :].strip()
        readings = [_PAIR.sub(rb"\1", inner) if b"\\" in inner else inner, inner]
        if not match[2]:
            self._note(defect.UNBALANCED_QUOTE)
            upto, _, rest = (inner + rest).partition(b";")
            return [*readings, upto.strip()], rest
        rest = self._without_comments(rest).strip()
        if not rest:
            return readings, b""
        self._note(defect.JUNK_IN_PARAMETER)
        return [*readings, inner + rest, text.replace(b'"', b"")], rest if b"=" in rest else b""

    def _unquoted(self, name: str, text: bytes) -> tuple[list[bytes], bytes]:
        bare = (_bare(text) if name.startswith(_NAMES) else self._without_comments(text)).strip()
        first, *more = bare.split(None, 1)[:2] or [b""]
        readings = [text, bare, first]
        if more and (b"=" in more[0] or not name.startswith(_NAMES)):
            self._note(defect.JUNK_IN_PARAMETER)
        if b'"' in text:
            self._note(defect.UNBALANCED_QUOTE)
            readings.append(bare.replace(b'"', b""))
        if len(bare) > 1 and bare[:1] == b"'" == bare[-1:]:
            readings.append(bare[1:-1])
        return readings, more[0] if more and b"=" in more[0] else b""

    def _without_comments(self, text: bytes) -> bytes:
        if b"(" not in text:
            return text
        bare = _bare(text)
        if bare.strip() != text.partition(b"(")[0].strip():
            self._note(defect.COMMENT_IN_VALUE)
        return bare

    def _note(self, deviation: Deviation) -> None:
        self._deviations[deviation] = None


def _segments(field: bytes) -> list[bytes]:
    """What stands between the semicolons that are neither quoted nor in a comment."""
    comments = _comments(field)
    segments: list[bytes] = []
    start = position = 0
    while True:
        match = _WITHIN_SEGMENT.match(field, position)
        assert match is not None
        position = match.end()
        if field.startswith(b"(", position):
            position = comments.get(position, position + 1)
            continue
        segments.append(field[start:position])
        if position == len(field):
            return segments
        start = position = position + 1


def _bare(text: bytes) -> bytes:
    """`text` without its comments; a "(" that is never closed stays."""
    comments = _comments(text)
    pieces: list[bytes] = []
    position = 0
    for start, end in sorted(comments.items()):
        if start >= position:  # else it lies within the comment before
            pieces.append(text[position:start])
            position = end
    pieces.append(text[position:])
    return b"".join(pieces)


def _brackets(text: bytes) -> int:
    return text.count(b"(") + text.count(b")")


def _comments(text: bytes) -> dict[int, int]:
    """Where the comment ends (index behind its ")") that each "(" begins, if it ends (RFC 5322 section 3.2.2).

    One pass for all of them: a search from each "(" on would take the square of the length. Within a comment a
    backslash makes the next octet plain text; outside it does not. So a "(" behind a backslash counts for nothing
    in the comment around it, and where there is none, begins a comment that ends where the one around it would.
    """
    ends: dict[int, int] = {}
    if b")" not in text or _brackets(text) > MAX_BRACKETS:
        return ends
    waiting: list[list[int]] = [[]]  # the last list: each "(" that the next ")" closes
    for match in _BRACKET.finditer(text):
        token = match[0]
        if token == b"(":
            waiting.append([match.start()])
        elif token == b")":
            for start in waiting.pop():
                ends[start] = match.end()
            if not waiting:
                waiting.append([])
        elif token == b"\\(":
            waiting[-1].append(match.start() + 1)
    return ends


def candidates(structured: Structured, name: str) -> list[Candidate]:
    """What the parameter `name` may be, most trusted first: extended, continued, plain; duplicates in order."""
    plain: list[Candidate] = []
    extended: list[Candidate] = []
    sections: list[tuple[int, bool, bytes]] = []
    brief: list[tuple[int, bool, bytes]] = []
    starred = name + "*"
    for parameter in structured.parameters:
        if parameter.name == name:
            plain.extend([Candidate(octets, None) for octets in parameter.readings])
        elif parameter.name == starred:
            extended.extend([_extended(octets) for octets in parameter.readings])
        elif parameter.name.startswith(starred):
            number = parameter.name[len(starred) :].removesuffix("*")
            if number.isascii() and number.isdigit() and len(number) <= _SECTION_DIGITS:
                sections.append((int(number), parameter.name.endswith("*"), parameter.readings[0]))
                brief.append((int(number), parameter.name.endswith("*"), parameter.readings[-1]))
    if sections:
        extended.extend(_continued(sections))
        if brief != sections:  # up to the first space, as some read them
            extended.extend(_continued(brief))
    return list(dict.fromkeys(extended + plain))


def _extended(octets: bytes) -> Candidate:
    charset, quote, rest = octets.partition(b"'")
    _, second, text = rest.partition(b"'")
    if not quote or not second:
        return Candidate(unquote_to_bytes(octets), None)
    return Candidate(unquote_to_bytes(text), charset.decode("latin-1") or None)


def _continued(sections: list[tuple[int, bool, bytes]]) -> list[Candidate]:
    """The value continued over sections (RFC 2231 section 3): as the grammar has it, with the first of repeated
    sections and nothing behind a gap; with the last of them and all; and in the order of the field."""
    first: dict[int, tuple[int, bool, bytes]] = {}
    for section in sections:
        first.setdefault(section[0], section)
    last = {section[0]: section for section in sections}
    unbroken: list[tuple[int, bool, bytes]] = []
    while len(unbroken) in first:
        unbroken.append(first[len(unbroken)])
    readings = [unbroken]
    if unbroken != sections:
        readings += [[last[number] for number in sorted(last)], sections]
    return list(dict.fromkeys([_joined(reading) for reading in readings if reading]))


def _joined(sections: list[tuple[int, bool, bytes]]) -> Candidate:
    charset: str | None = None
    pieces: list[bytes] = []
    for index, (_, encoded, octets) in enumerate(sections):
        if not encoded:
            pieces.append(octets)
        elif index == 0:
            piece, charset = _extended(octets)
            pieces.append(piece)
        else:
            pieces.append(unquote_to_bytes(octets))
    return Candidate(b"".join(pieces), charset)
