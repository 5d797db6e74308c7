"""A header block to fields (RFC 5322 section 2.2, obsolete forms of section 4.5, RFC 6532).

Lenient, because readers are: white space or controls before the colon, lines that are no fields, a missing
empty line before the body, a line of a mailbox file or a byte order mark in front. Each leniency is reported.

CR alone ends a line, as it does once the SMTP layer has normalised it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.mime import defect
from gateway.mime.defect import Deviation
from gateway.mime.header import Field, Header

# A line with its continuation lines: name, colon, value. Every quantifier is possessive or cannot overlap.
_LINE = re.compile(
    rb"([^:\r\n]*+)(:?)((?:[^\r\n]*+(?:\r\n?|\n)(?=[ \t\v\f]))*+[^\r\n]*+)(?:\r\n?|\n|\Z)",
)
_ODD_FOLD = re.compile(rb"[\r\n][\v\f]")
_BLANK_CONTINUATION = re.compile(rb"\n[ \t\v\f]++[\r\n]")
_NO_COLON = re.compile(rb"(content-[a-z-]+)(?:\r\n?|\n)?[ \t]+:?(.*)", re.IGNORECASE | re.DOTALL)
_NAME_ALONE = re.compile(rb"content-[a-z-]++[ \t]*+[\r\n]", re.IGNORECASE)
_FOLDED_NAME = re.compile(
    rb"(content-)(?:\r\n?|\n)[ \t]+(type|transfer-encoding|disposition)[ \t]*:(.*)", re.IGNORECASE | re.DOTALL
)
_FAMILIAR = re.compile(
    rb"(?:content-[a-z-]+|received|from|to|cc|date|subject|message-id|mime-version|return-path|reply-to|sender"
    rb"|sensitivity|list-[a-z]+|x-[a-z0-9-]+)[ \t]*:",
    re.IGNORECASE,
)
_CONTENT_FIELD = re.compile(
    rb"[\r\n][ \t]*content-(?:type|transfer-encoding|disposition)[ \t]*:", re.IGNORECASE
)
_FIELD_IN_FOLD = re.compile(
    rb"(\r\n?|\n|\A)([ \t\v\f]+)(?=content-(?:type[ \t]*:[ \t]*[\"'(]?[a-z-]+/"
    rb"|transfer-encoding[ \t]*:[ \t]*[\"'(]?(?:base64|quoted|x-|uu|[78]bit|binary)"
    rb"|disposition[ \t]*:[ \t]*[\"'(]?(?:attachment|inline)))",
    re.IGNORECASE,
)
_MBOX = re.compile(rb">?From [^\r\n]*(?:\r\n?|\n|\Z)")
_BOM = b"\xef\xbb\xbf"
_NOT_IN_NAME = bytes([*range(0x20), *range(0x7F, 0x100)])
_CACHED_NAME = 64  # octets of the longest name that is remembered

Placed = tuple[Deviation, int]


@dataclass(slots=True)
class ParsedHeader:
    """What was found in a block. `end` is the index in the block where the header ended: all of it, or where
    the body began without an empty line, or where a limit stopped the parser (`limited`)."""

    header: Header
    end: int
    limited: bool = False
    deviations: list[Placed] = field(default_factory=list)


class Junk(enum.Enum):
    """What a line that is no field does: end the header unless a familiar field follows, end it and begin the body,
    end it and belong to neither, or nothing."""

    AUTO = enum.auto()
    ENDS = enum.auto()
    ENDS_BEHIND = enum.auto()
    SKIPPED = enum.auto()


def parse(
    block: bytes,
    base: int,
    *,
    message: bool,
    max_fields: int,
    whole: bool = True,
    junk: Junk = Junk.AUTO,
    unfolded: bool = False,
) -> ParsedHeader:
    """The fields of `block`, which holds one header without the empty line behind it.

    The block stands at `base` (octets from the start of the message). `message` is true for the header of a message:
    a mailbox line or byte order mark may stand before it. With `whole` false the block was cut, and its last field,
    which may go on, is left out. With `unfolded` a MIME field on a line that begins with white space is a field.
    """
    deviations: list[Placed] = []
    if unfolded:
        block = _FIELD_IN_FOLD.sub(rb"\2\1", block)  # as long as before, so that places stay right
    start = _prologue(block, base, deviations) if message else 0
    if unfolded:  # the first line may be such a field too
        start += len(block[start:]) - len(block[start:].lstrip(b" \t\v\f"))
    _inspect(block if whole else block.removesuffix(b"\r"), base, deviations)
    return _Reader(block, start, base, max_fields, deviations, whole, junk).read()


def _prologue(block: bytes, base: int, deviations: list[Placed]) -> int:
    start = 0
    if block.startswith(_BOM):
        deviations.append((defect.BYTE_ORDER_MARK, base))
        start = len(_BOM)
    match = _MBOX.match(block, start)
    if match is not None:
        deviations.append((defect.MBOX_LINE, base + start))
        start = match.end()
    return start


def _inspect(block: bytes, base: int, deviations: list[Placed]) -> None:
    pairs = block.count(b"\r\n")
    if block.count(b"\r") != pairs:
        deviations.append((defect.BARE_CR, base))
    if pairs and block.count(b"\n") != pairs:
        deviations.append((defect.MIXED_LINE_ENDINGS, base))
    if b"\0" in block:
        deviations.append((defect.NUL_IN_HEADER, base + block.index(b"\0")))
    blank = _BLANK_CONTINUATION.search(block)
    if blank is not None:
        deviations.append((defect.BLANK_CONTINUATION, base + blank.start() + 1))


class _Reader:
    """One pass over the lines of a block."""

    def __init__(
        self,
        block: bytes,
        start: int,
        base: int,
        max_fields: int,
        deviations: list[Placed],
        whole: bool,
        junk: Junk,
    ) -> None:
        self._block, self._start, self._base, self._max_fields = block, start, base, max_fields
        self._deviations, self._whole, self._junk = deviations, whole, junk
        self._fields: list[Field] = []
        self._name_above = ""  # a field's name that stands on a line of its own, above the colon

    def read(self) -> ParsedHeader:
        block, base = self._block, self._base
        fields = self._fields
        size = len(block)
        for match in _LINE.finditer(block, self._start):
            start, end = match.span()
            if start == size:
                break
            if len(fields) >= self._max_fields:
                return self._result(start, limited=True)
            if end == size and not self._whole:
                return self._result(start)
            raw, colon, value = match.groups()
            name, odd = _name(raw) if len(raw) <= _CACHED_NAME else _clean_name(raw)
            if odd is not None or not colon:
                if colon and name:
                    self._note(odd, start)
                elif (rescued := self._rescue(match[0], start)) is not None:
                    name, value = rescued
                elif not raw and self._name_above:
                    name = self._name_above
                elif not colon and block.startswith(b":", end) and _NAME_ALONE.match(match[0]):
                    self._note(defect.MISSING_COLON, start)
                    self._name_above = raw.strip().decode("ascii").lower()
                    continue
                elif self._ends_at(end):
                    self._note(defect.MISSING_SEPARATOR, start)
                    self._look_for_field(match[0], start)
                    if _CONTENT_FIELD.search(block, start):
                        self._note(defect.FIELDS_IN_BODY, start)
                    return self._result(end if self._junk is Junk.ENDS_BEHIND else start)
                else:
                    self._note(defect.JUNK_LINE, start)
                    self._look_for_field(match[0], start)
                    continue
            self._name_above = ""
            lines = b""
            if b"\n" in value or b"\r" in value:  # all of them are folds, or the line would have ended
                if _ODD_FOLD.search(value):  # no white space to some readers
                    self._note(defect.JUNK_LINE, start)
                    odd = odd or defect.JUNK_LINE
                value = value.strip()
                self._look_for_field(value, start)
                lines = value
                value = value.translate(None, b"\r\n")
            else:
                value = value.strip()
            fields.append(Field(name, value, base + start, base + end, odd is not None or not colon, lines))
        return self._result(size)

    def _look_for_field(self, folded: bytes, start: int) -> None:
        if b"content-" in folded.lower() and _FIELD_IN_FOLD.search(folded):
            self._note(defect.FIELD_IN_FOLD, start)

    def _ends_at(self, end: int) -> bool:
        """Whether a line that is no field, and ends at index `end`, ends the header."""
        if self._junk is Junk.AUTO:
            return _FAMILIAR.match(self._block, end) is None
        return self._junk is not Junk.SKIPPED

    def _result(self, end: int, *, limited: bool = False) -> ParsedHeader:
        if limited:
            self._note(defect.TOO_MANY_FIELDS, end)
        return ParsedHeader(Header(tuple(self._fields)), end, limited, self._deviations)

    def _note(self, deviation: Deviation | None, index: int) -> None:
        """Report a deviation where it first occurs; a header of nothing else must not become a flood."""
        if deviation is not None and all(deviation is not known for known, _ in self._deviations):
            self._deviations.append((deviation, self._base + index))

    def _rescue(self, line: bytes, start: int) -> tuple[str, bytes] | None:
        match = _NO_COLON.match(line)
        if match is not None:
            self._note(defect.MISSING_COLON, start)
            return match[1].decode("ascii").lower(), match[2]
        match = _FOLDED_NAME.match(line)
        if match is not None:
            self._note(defect.FIELD_NAME, start)
            return (match[1] + match[2]).decode("ascii").lower(), match[3]
        return None


def _clean_name(raw: bytes) -> tuple[str, Deviation | None]:
    """The name in lower case, "" where it cannot be one, and what is wrong with it."""
    printable = raw.rstrip(b" \t")
    plain = printable.translate(None, _NOT_IN_NAME)
    if plain != printable:
        stripped = plain.strip()
        return ("" if b" " in stripped else stripped.decode("ascii").lower()), defect.FIELD_NAME
    if not plain or b" " in plain:
        return "", defect.JUNK_LINE
    name = plain.decode("ascii").lower()
    return name, (defect.SPACE_BEFORE_COLON if printable != raw else None)


_name = lru_cache(4096)(_clean_name)
