"""Signs by which octets show what they are, whatever a header says of them: fields, base64, a part, a message.

All are patterns over the beginning of a body, or one search through it, and linear.
"""

from __future__ import annotations

import re

from gateway.mime.enclosed.base import Buffer
from gateway.mime.event import LeafStart
from gateway.mime.reading import (
    BASE64,
    HEADER_TYPES,
    IDENTITY,
    NESTED_TYPES,
    QUOTED_PRINTABLE,
    REPORT_TYPES,
    Reading,
)

HEAD = 4096  # octets of a leaf by which it is recognised
_FIELDS = (
    rb"(?:[!-9;-~]++[ \t]*+:[^\r\n]*+(?:\r\n?|\n)(?:[ \t][^\r\n]*+(?:\r\n?|\n))*+){0,8}?"
    rb"content-(?:type|transfer-encoding|disposition)[ \t]*:"
)
_PART = re.compile(_FIELDS, re.IGNORECASE)
_DELIMITED_PART = re.compile(
    rb"--(?<![^\r\n]--)([^\r\n]{1,998}+)(?:\r\n?|\n)[\r\n]{0,4}+(?=" + _FIELDS + rb")", re.IGNORECASE
)
# The same where the delimiter does not begin its line, or only to readers that take other octets for a line's end.
_ODDLY_DELIMITED_PART = re.compile(
    rb"--(?<=[ \t\v\f\0\x85]--)[^\s\0\x85]{1,998}+[ \t]*+(?:\r\n?|\n)[\r\n]{0,4}+(?=" + _FIELDS + rb")",
    re.IGNORECASE,
)
_TYPE_OF_PARTS = re.compile(rb"content-type[ \t]*+:[ \t]*+multipart/", re.IGNORECASE)
_FIELD_NAMES = re.compile(rb"^([!-9;-~]{1,64})[ \t]*:", re.MULTILINE)
_MBOX_LINE = re.compile(rb"\s*+(?:>?From [^\r\n]*+(?:\r\n?|\n))?+")
_EMPTY_LINE = re.compile(rb"\r\n?\r\n?|\n\r?\n")
_TELLING = frozenset({b"content-type", b"mime-version", b"content-transfer-encoding", b"content-disposition"})
_ORIGIN = frozenset({b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"received", b"return-path"})
_USUAL = _ORIGIN | _TELLING | {b"reply-to"}
_MESSAGE_NAMES = (".eml", ".emlx", ".mail", ".mht", ".mhtml", ".nws", ".mim", ".mime")
_FIELDS_AT_START = re.compile(
    rb"(\s*+(?:--[^\r\n]*+\s++)?+)"
    rb"(?:[!-9;-~]++[ \t]*+:[^\r\n]*+(?:\r\n?|\n)(?:[ \t][^\r\n]*+(?:\r\n?|\n))*+[\r\n]{0,2}+){0,8}?"
    rb"content-(?:type|transfer-encoding|disposition)[ \t]*:",
    re.IGNORECASE,
)
_BASE64_LINE = re.compile(rb"\s*[A-Za-z0-9+/=]{4,}+[ \t]*(?:[\r\n]|\Z)")
_BASE64_TEXT = re.compile(rb"\s*+[A-Za-z0-9+/]{40,}+={0,2}+[ \t]*+(?:[\r\n]|\Z)")
_ENCODED_DELIMITER = re.compile(rb"\s*--[^\r\n]*=3D", re.IGNORECASE)


def fields_at_start(head: bytes) -> int | None:
    """Where MIME fields begin that `head` begins with, behind empty lines and a delimiter, or None."""
    match = _FIELDS_AT_START.match(head)
    return match.end(1) if match is not None else None


def is_base64(head: bytes) -> bool:
    """Whether a body begins with a long line of base64."""
    return _BASE64_TEXT.match(head) is not None


def looks_encoded(reading: Reading, head: bytes) -> bool:
    """Whether a multipart or message that declares a transfer encoding has one, going by its first octets."""
    if any(b"--" + boundary in head for boundary in reading.boundaries):
        return False
    if reading.encoding == BASE64:
        return _BASE64_LINE.match(head) is not None
    if reading.encoding == QUOTED_PRINTABLE and reading.multipart:
        return _ENCODED_DELIMITER.match(head) is not None
    return True


def begins_like_part(data: Buffer) -> bool:
    """Whether `data` begins with MIME fields."""
    return _PART.match(data) is not None


def delimited_part(data: Buffer) -> tuple[int, bytes | None] | None:
    """The first line of `data` that is like a delimiter and has MIME fields behind it: where it begins, and its
    boundary. Where it is a delimiter to some readers only: where the fields begin, and None."""
    found = _DELIMITED_PART.search(data)
    if found is not None:
        return found.start(), found[1].rstrip()
    odd = _ODDLY_DELIMITED_PART.search(data)
    return (odd.end(), None) if odd is not None else None


def is_message(start: LeafStart, head: bytes) -> bool:
    """Whether a leaf that is not declared as one is a message: by its type or name together with its beginning."""
    if head[:1].isspace() and not head.lstrip():
        return False
    if start.encoding == IDENTITY and start.content_type in NESTED_TYPES:
        return False  # it was taken apart where it stands
    begin = _MBOX_LINE.match(head)
    at = begin.end() if begin is not None else 0
    if _TYPE_OF_PARTS.match(head, at):
        return True
    if _is_called_message(start):
        header = _EMPTY_LINE.search(head, at)
        return header is None or _FIELD_NAMES.search(head, at, header.start()) is not None
    colon = head.find(b":", at, at + 66)
    if colon < 0 or b" " in head[at:colon].rstrip() or b"\n" in head[at:colon]:
        return False
    empty = _EMPTY_LINE.search(head, at)
    names = {name.lower() for name in _FIELD_NAMES.findall(head[at : empty.start() if empty else len(head)])}
    if start.content_type in HEADER_TYPES and not (
        head[empty.end() :].strip() if empty else head[HEAD - 1 :]
    ):
        return False  # a header by itself
    return bool(names & _TELLING) and len(names & _USUAL) > 1


def _is_called_message(start: LeafStart) -> bool:
    """Whether type or name say that a leaf is a message, so that a reader takes it for one however it begins."""
    if any(name.lower().endswith(_MESSAGE_NAMES) for name in start.filenames):
        return True
    return start.content_type.startswith("message/") and start.content_type not in REPORT_TYPES | HEADER_TYPES
