"""Finds files within a leaf: `find`.

Files in a text are found by the line that announces them, at whatever place; other containers by the octets that
they begin with. The declared type decides only whether a leaf that begins like binary data is searched as text
all the same. A leaf with nothing in it costs a look at its first octets and, if it may be text, one pass that
searches it for two words.

Kinds of file within a text are looked for independently of each other. Where one is found within another of another
kind, both are given, as readers differ.

Known limits: files in UTF-16 text are not found; nor are those that a reply has quoted with ">".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from gateway.mime import defect
from gateway.mime.enclosed import apple, calendar, cms, tnef
from gateway.mime.enclosed.base import Buffer, Enclosed, carrier, piece
from gateway.mime.enclosed.base64_text import begin_base64, pem
from gateway.mime.enclosed.binhex import binhexed, body
from gateway.mime.enclosed.data_uri import data_uris
from gateway.mime.enclosed.uu import uuencoded
from gateway.mime.enclosed.yenc import yencoded

_HEAD = 1024
_SCANNED = 1 << 16  # octets searched at a time
_OVERLAP = 32  # longer than any mark
_MAX_MARKS = 10_000  # in one leaf; each costs time even where nothing follows it
_UTF8_MARK = b"\xef\xbb\xbf"
_TEXT = bytes([*range(0x20, 0x7F), *range(0x80, 0x100)]) + b"\t\n\v\f\r\x1b"
_LOWER = bytes(range(256)).lower().replace(b"\r", b"\n")
_WORDS = (b"begin", b"binhex")  # one of them is in every mark
_MARKS = re.compile(rb"\n(?:begin[ \t]|begin-base64[ \t]|=ybegin[ \t]|-----begin (?:p|c|s))|binhex 4")
_BY_MARK: dict[bytes, Callable[[Buffer, int], Iterator[Enclosed]]] = {
    b"\nbegin ": uuencoded,
    b"\nbegin\t": uuencoded,
    b"\nbegin-": begin_base64,
    b"\n=ybegi": yencoded,
    b"\n-----b": pem,
    b"binhex ": binhexed,
}
_MARKUP = (".html", ".htm", ".xhtml", ".shtml", ".svg", ".xml")
_WIDE = 16 << 20  # octets of a text in UTF-16 that are searched for data: URIs
_MARK = 7  # octets of each by which they are told apart


def find(data: Buffer, content_type: str, filenames: Sequence[str]) -> Iterator[Enclosed]:
    """The files within a leaf, in order, as readers would take them out; within those, nothing is looked for.

    `content_type` (lower case) and `filenames` are those of the leaf. The chunks of each are to be consumed, as far
    as they are wanted, before the next is asked for. Never raises, whatever the octets.
    """
    head = piece(data, 0, _HEAD)
    if head.startswith(tnef.SIGNATURE):
        yield from tnef.tnef(data)
    elif cms.is_cms(head):
        yield from cms.cms(data, content_type, filenames)
    elif head.startswith((apple.APPLE_SINGLE, apple.APPLE_DOUBLE)):
        yield from apple.apple(data)
    elif apple.is_macbinary(head, len(data)):
        yield from apple.macbinary(data)
    # A text that begins like one of these is searched all the same.
    if content_type.startswith(("text/", "message/")) or _named_markup(filenames) or _looks_like_text(head):
        if content_type == "application/mac-binhex40" and head.lstrip().startswith(b":"):
            yield from body(data, head.index(b":") + 1)
        yield from _in_text(data, len(_UTF8_MARK) if head.startswith(_UTF8_MARK) else 0)
        yield from calendar.attached(data)
        wide = head.count(0) * 3 > len(head)  # UTF-16
        yield from data_uris(piece(data, 0, _WIDE).replace(b"\0", b"") if wide else data)


def _named_markup(filenames: Sequence[str]) -> bool:
    return any(name.lower().endswith(_MARKUP) for name in filenames)


def _looks_like_text(head: bytes) -> bool:
    # yEnc has some octets that text has not, hence the margin; but never NUL, which other data soon has.
    return b"\0" not in head and len(head.translate(None, _TEXT)) <= len(head) // 4


def _in_text(data: Buffer, start: int) -> Iterator[Enclosed]:
    for count, (mark, place) in enumerate(_marks(data, start)):
        if count >= _MAX_MARKS:
            yield carrier("unread", defect.ENCLOSED_TOO_MANY)
            return
        yield from _BY_MARK[mark[:_MARK]](data, place)


def _marks(data: Buffer, start: int) -> Iterator[tuple[bytes, int]]:
    """Every mark, and where its line begins (or, for BinHex, a place within it)."""
    length = len(data)
    for first in range(start, length, _SCANNED):
        block = piece(data, first - 1, first + _SCANNED + _OVERLAP).translate(_LOWER)
        if not any(word in block for word in _WORDS):
            continue
        if first == start:
            block = b"\n" + block[min(first, 1) :]
        for mark in _MARKS.finditer(block):
            if mark.start() >= _SCANNED:
                break
            yield mark[0], first + mark.start()
