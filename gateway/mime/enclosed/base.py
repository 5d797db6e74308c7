"""What is found within a leaf, and how the octets of a leaf are read.

A leaf may be large and may be mapped from disk, so it is never copied whole: `piece` and `line_blocks` give a
block at a time. Slices are taken of the buffer itself, not of a memoryview over it, so that nothing here keeps a
map or bytearray from being closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gateway.mime.defect import Deviation

BLOCK = 1 << 17
"""Octets of a leaf read at a time."""

_FIRST_BLOCK = 1 << 12

OCTETS = "application/octet-stream"
MESSAGE = "message/rfc822"

Deviations = dict[Deviation, None]
"""What was wrong, as an ordered set."""


if TYPE_CHECKING:
    from typing_extensions import Buffer as _Readable
else:
    _Readable = Sized


class Buffer(_Readable, Protocol):
    """bytes, bytearray, a memoryview of octets, or a mapped file."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice, /) -> bytes | bytearray | memoryview: ...


@dataclass(slots=True)
class Enclosed:
    """A file within a leaf.

    `kind` is one of "uuencode", "begin-base64", "yenc", "binhex", "apple", "macbinary", "tnef", "cms",
    "cms-pem", "data-uri", and "unread" for a leaf with more in it than is looked at.
    `filenames` are all candidates, decoded, most trusted first. `content_type` is lower case; it is
    "message/rfc822" where the content is itself a MIME entity. `charsets` as with a leaf of a message.
    `chunks` gives the decoded octets once, in order; what comes from it is made as it is asked for.
    `deviations` is complete when `chunks` has ended.
    """

    kind: str
    filenames: tuple[str, ...]
    content_type: str
    charsets: tuple[str, ...]
    chunks: Iterator[bytes]
    deviations: Deviations = field(default_factory=dict)


def carrier(kind: str, deviation: Deviation) -> Enclosed:
    """An empty file, for a deviation that would otherwise have none to stand with."""
    return Enclosed(kind, (), OCTETS, (), iter(()), {deviation: None})


def unique(names: Iterator[str]) -> tuple[str, ...]:
    """The names that are not empty, each once."""
    return tuple(dict.fromkeys(name for name in names if name))


def piece(data: Buffer, start: int, end: int) -> bytes:
    """The octets from `start` up to `end`, as far as there are any; meant for small pieces."""
    return bytes(data[max(start, 0) : max(end, 0)])


def blocks(data: Buffer, start: int, end: int, size: int = BLOCK) -> Iterator[bytes]:
    """The octets from `start` up to `end` in blocks of at most `size`."""
    end = min(end, len(data))
    for position in range(start, end, size):
        yield bytes(data[position : min(position + size, end)])


def line_blocks(data: Buffer, start: int, size: int = BLOCK) -> Iterator[tuple[bool, bytes]]:
    """The octets from `start` on in blocks that end with a line, and whether each also begins with one.

    Blocks are small at first, up to `size` in the end, so that many short files cost no more than a long one. A
    line longer than a block comes in pieces, so that a block may begin within one.
    """
    whole, position, length, count = True, start, len(data), _FIRST_BLOCK
    while position < length:
        block = bytes(data[position : position + count])
        count = min(count * 2, size)
        if position + len(block) < length:
            cut = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
            block = block[:cut] if cut else block
        yield whole, block
        position += len(block)
        whole = block.endswith((b"\n", b"\r"))


def line_end(data: Buffer, start: int, limit: int) -> tuple[bytes, int]:
    """The line at `start` without its ending, cut off after `limit` octets, and where the next one begins."""
    text = piece(data, start, start + limit)
    ends = [place for place in (text.find(b"\n"), text.find(b"\r")) if place >= 0]
    if not ends:
        return text, start + len(text)
    stop = min(ends)
    step = 2 if text[stop : stop + 2] == b"\r\n" else 1
    return text[:stop], start + stop + step
