"""TNEF ([MS-OXTNEF]): Outlook's winmail.dat, recognised by its signature whatever it is called.

Given are the files, and the message's subject and text in every form that the stream has (plain, HTML, compressed
RTF). An embedded message is given as the TNEF stream that it is, to be looked into in its turn. Only where things
stand is kept in memory; contents are read when they are asked for.

Known limits: recipients, and pictures that stand for a file (attAttachMetaFile), are not given; a value of several
strings counts as one text each.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from gateway.mime import defect
from gateway.mime.enclosed import lzfu, mapi
from gateway.mime.enclosed.base import (
    OCTETS,
    Buffer,
    Deviations,
    Enclosed,
    blocks,
    carrier,
    piece,
    unique,
)
from gateway.mime.enclosed.mapi import Budget, Property

SIGNATURE = b"\x78\x9f\x3e\x22"
TYPE = "application/ms-tnef"
_FIRST = 6  # where the attributes begin: behind signature and key
_HEAD = 1 + 4 + 4  # level, identifier and type, length
_LEVELS = (1, 2)  # of the message, of an attachment

# Attributes, without the type, which adds nothing
_SUBJECT, _BODY, _MESSAGE_PROPERTIES, _CODEPAGE = 0x8004, 0x800C, 0x9003, 0x9007
_RENDERING, _TITLE, _TRANSPORT_NAME, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x9001, 0x800F, 0x9005

# MAPI properties
_PR_SUBJECT, _PR_BODY, _PR_RTF, _PR_HTML, _PR_CODEPAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_PR_DATA, _PR_EXTENSION, _PR_MIME_TAG = 0x3701, 0x3703, 0x370E
_PR_LONG_NAME, _PR_NAME, _PR_TRANSPORT_NAME, _PR_DISPLAY_NAME = 0x3707, 0x3704, 0x370C, 0x3001
_PR_PATHS = (0x370D, 0x3708)
_PR_NAMES = (_PR_LONG_NAME, _PR_NAME, _PR_TRANSPORT_NAME, *_PR_PATHS, _PR_DISPLAY_NAME)
_INTERFACE = 16  # octets before an object: which interface it is of

_MAX_NAME = 1 << 13
_MAX_NAMES = 64  # candidates for one file
_SUM_AT_ONCE = (
    256  # octets; their sum is below the modulus of Adler-32, whose first half is then the sum itself
)
_TYPE = re.compile(r"[!-.0-~]+/[!-.0-~]+")
_FILLING = b"\0\r\n\t "


@dataclass(slots=True)
class _Span:
    """Where the value of an attribute stands, and the checksum behind it (None where that is cut off)."""

    start: int
    end: int
    checksum: int | None


@dataclass(slots=True)
class _File:
    """An attachment: its attributes by identifier, and its MAPI properties."""

    attributes: dict[int, list[_Span]] = field(default_factory=dict)
    properties: list[Property] = field(default_factory=list)


@dataclass(slots=True)
class _Stream:
    """What a TNEF stream holds."""

    message: _File = field(default_factory=_File)
    files: list[_File] = field(default_factory=list)
    codepage: str | None = None
    deviations: Deviations = field(default_factory=dict)
    too_many: bool = False


def tnef(data: Buffer) -> Iterator[Enclosed]:
    """What a TNEF stream holds: subject and texts, then the files."""
    stream = _read(data)
    first = stream.deviations
    for one in _contents(data, stream):
        one.deviations.update(first)
        first = {}
        yield one
    if first:
        yield carrier("tnef", next(iter(first)))
    if stream.too_many:
        yield carrier("unread", defect.ENCLOSED_TOO_MANY)


def _read(data: Buffer) -> _Stream:
    stream, budget = _Stream(), Budget()
    place, length = _FIRST, len(data)
    while place < length and budget.spend():
        head = piece(data, place, place + _HEAD)
        if len(head) < _HEAD or head[0] not in _LEVELS:
            if piece(data, place, place + 256).strip(_FILLING) or length - place > 256:
                stream.deviations[defect.TNEF_MALFORMED] = None
            break
        identifier = int.from_bytes(head[1:3], "little")
        start = place + _HEAD
        place = start + int.from_bytes(head[5:9], "little")
        checksum = piece(data, place, place + 2)
        if len(checksum) < 2:
            stream.deviations[defect.TNEF_MALFORMED] = None
        span = _Span(
            start, min(place, length), int.from_bytes(checksum, "little") if len(checksum) == 2 else None
        )
        place += 2
        _place(data, stream, identifier, span, budget)
    stream.too_many = budget.left < 0
    return stream


def _place(data: Buffer, stream: _Stream, identifier: int, span: _Span, budget: Budget) -> None:
    """Keep an attribute; readers go by its identifier, not by the level that it claims."""
    if identifier == _CODEPAGE:
        stream.codepage = mapi.label_of(int.from_bytes(piece(data, span.start, span.start + 4), "little"))
    elif identifier == _RENDERING:
        stream.files.append(_File())
    elif identifier in (_SUBJECT, _BODY):
        stream.message.attributes.setdefault(identifier, []).append(span)
    elif identifier == _MESSAGE_PROPERTIES:
        found = mapi.properties(data, span.start, span.end, budget, stream.deviations)
        stream.message.properties += found
    elif identifier in (_TITLE, _TRANSPORT_NAME, _DATA, _PROPERTIES):
        if not stream.files:
            stream.files.append(_File())
        if identifier == _PROPERTIES:
            found = mapi.properties(data, span.start, span.end, budget, stream.deviations)
            stream.files[-1].properties += found
        else:
            stream.files[-1].attributes.setdefault(identifier, []).append(span)


def _contents(data: Buffer, stream: _Stream) -> Iterator[Enclosed]:
    yield from _texts(data, stream)
    for one in stream.files:
        yield from _file(data, one, stream.codepage)


def _texts(data: Buffer, stream: _Stream) -> Iterator[Enclosed]:
    message, label = stream.message, stream.codepage
    for identifier in (_SUBJECT, _BODY):
        for span in message.attributes.get(identifier, ()):
            yield from _text(data, span, "text/plain", label)
    codepages = [mapi.number(data, one) for one in message.properties if one.id == _PR_CODEPAGE]
    html_label = mapi.label_of(codepages[0]) if codepages else None
    for one in message.properties:
        for start, end in one.values:
            if one.id == _PR_RTF:
                deviations: Deviations = {}
                chunks = lzfu.decompress(data, start, end, deviations)
                yield Enclosed("tnef", (), "text/rtf", (), chunks, deviations)
            elif one.id in (_PR_SUBJECT, _PR_BODY, _PR_HTML):
                kind = "text/html" if one.id == _PR_HTML else "text/plain"
                named = html_label or label if one.type == mapi.BINARY else label
                span = _Span(start, end, None)
                yield from _text(data, span, kind, "utf-16le" if one.type == mapi.UNICODE else named)


def _text(data: Buffer, span: _Span, content_type: str, label: str | None) -> Iterator[Enclosed]:
    deviations: Deviations = {}
    width = 2 if label == "utf-16le" else 1
    end = span.end
    if end - width >= span.start and not any(piece(data, end - width, end)):
        end -= width  # the NUL that closes a string is no text
    if end > span.start:
        chunks = _checked(data, span, deviations, end)
        yield Enclosed("tnef", (), content_type, (label,) if label else (), chunks, deviations)


def _file(data: Buffer, one: _File, label: str | None) -> Iterator[Enclosed]:
    found = list(islice(_names(data, one, label), _MAX_NAMES + 1))
    names = unique(iter(found[:_MAX_NAMES]))
    content_type = _type(data, one)
    given = False
    if len(found) > _MAX_NAMES:
        yield carrier("tnef", defect.TOO_MANY_FILENAMES)
    for span in one.attributes.get(_DATA, ()):
        deviations: Deviations = {}
        chunks = _checked(data, span, deviations, span.end)
        yield Enclosed("tnef", names, content_type, (), chunks, deviations)
        given = True
    for content in one.properties:
        if content.id != _PR_DATA:
            continue
        for start, end in content.values:
            yield _object(data, content, start, end, names, content_type)
            given = True
    if names and not given:
        yield Enclosed("tnef", names, content_type, (), iter(()))


def _object(
    data: Buffer, content: Property, start: int, end: int, names: tuple[str, ...], content_type: str
) -> Enclosed:
    if content.type == mapi.OBJECT:
        start = min(start + _INTERFACE, end)
        if piece(data, start, start + len(SIGNATURE)) == SIGNATURE:
            content_type = TYPE
    return Enclosed("tnef", names, content_type, (), blocks(data, start, end))


def _names(data: Buffer, one: _File, label: str | None) -> Iterator[str]:
    """Every candidate; the extension, which is kept apart, is put behind the first where none has it."""
    found: list[str] = []
    for identifier in _PR_NAMES:
        for text in _strings(data, one, identifier, label):
            found.append(re.split(r"[\\/]", text)[-1] if identifier in _PR_PATHS else text)
            yield found[-1]
    for attribute in (_TITLE, _TRANSPORT_NAME):
        for span in one.attributes.get(attribute, ()):
            octets = piece(data, span.start, min(span.end, span.start + _MAX_NAME))
            found.append(mapi.text_of(octets, label))
            yield found[-1]
    for text in _strings(data, one, _PR_EXTENSION, label):
        extension = "." + text.strip(". ")
        if extension != "." and not any(name.lower().endswith(extension.lower()) for name in found):
            yield (found[0] if found else "untitled") + extension


def _strings(data: Buffer, one: _File, identifier: int, label: str | None) -> Iterator[str]:
    for candidate in one.properties:
        if candidate.id == identifier:
            yield from mapi.strings(data, candidate, label)


def _type(data: Buffer, one: _File) -> str:
    for text in _strings(data, one, _PR_MIME_TAG, None):
        if _TYPE.fullmatch(text):
            return text.lower()
    return OCTETS


def _checked(data: Buffer, span: _Span, deviations: Deviations, end: int) -> Iterator[bytes]:
    """The value of an attribute up to `end`; what is wrong with its checksum is noted behind it."""
    total = 0
    for block in blocks(data, span.start, end):
        yield block
        if span.checksum is not None:
            total += _sum(block)
    if span.checksum is not None and total & 0xFFFF != span.checksum:
        deviations[defect.TNEF_MALFORMED] = None


def _sum(block: bytes) -> int:
    view = memoryview(block)
    adler = zlib.adler32
    return sum(
        [
            (adler(view[place : place + _SUM_AT_ONCE]) & 0xFFFF) - 1
            for place in range(0, len(block), _SUM_AT_ONCE)
        ]
    )
