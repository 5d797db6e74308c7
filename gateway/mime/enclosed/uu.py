"""Uuencoded files in a text: from a "begin" line to "end", to the next "begin" or to the end of the text.

A line that reads "begin" is often prose, so something that can be uuencoded must follow it within a few lines:
a line of the alphabet, which has no small letters, as long as its first character says. Readers that take a
"begin" line without a mode for one too (they exist) are followed.

Known limit: a file of which no line within the first 64 (or 4 KB) is well-formed is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.mime import defect
from gateway.mime.enclosed.base import (
    OCTETS,
    Buffer,
    Deviations,
    Enclosed,
    line_blocks,
    line_end,
    piece,
    unique,
)
from gateway.mime.encoding_uu import CR_TO_LF, END, decode_lines, encoded_length, uppercase
from gateway.text import charset

_BEGIN = re.compile(rb"begin[ \t]+(?:([0-7]{3,6})(?:[ \t]+|$))?(.*)", re.IGNORECASE)
_MAX_LINE = 1 << 14
_LOOK_AHEAD = 4096  # octets
_LOOK_AHEAD_LINES = 64
_FULL_LINE = ord("M")
_SOME = 20  # characters: a full line whose spaces at the end were lost still has this many
_CHECKSUM = 2  # characters that some encoders append


def uuencoded(data: Buffer, start: int) -> Iterator[Enclosed]:
    """The file whose "begin" line may stand at `start`."""
    line, content = line_end(data, start, _MAX_LINE)
    begin = _BEGIN.fullmatch(line)
    if begin is None or not _content_follows(data, content, mode=begin[1] is not None):
        return
    deviations: Deviations = {}
    names = unique(iter([charset.decode(begin[2], None).strip()]))
    yield Enclosed("uuencode", names, OCTETS, (), _decoded(data, content, deviations), deviations)


def _content_follows(data: Buffer, start: int, *, mode: bool) -> bool:
    text = piece(data, start, start + _LOOK_AHEAD).translate(CR_TO_LF)
    position = 0
    only_empty = mode
    for number in range(_LOOK_AHEAD_LINES):
        stop = text.find(b"\n", position)
        line = text[position : stop if stop >= 0 else len(text)]
        if _fits(line) or _fits(line := line.rstrip(b" \t")):
            return True
        if line[:1] in (b"b", b"B", b"e", b"E") and (_BEGIN.fullmatch(line) or END.fullmatch(line)):
            return only_empty and number > 0 and END.fullmatch(line) is not None
        only_empty = only_empty and line in (b"", b"`")
        if stop < 0:
            return False
        position = stop + 1
    return False


def _fits(line: bytes) -> bool:
    if len(line) < 2:
        return False
    expected = 1 + encoded_length(line)
    if expected == 1 or not uppercase(line[:expected]):
        return False
    spaces_lost = line[0] == _FULL_LINE and _SOME <= len(line) < expected
    return spaces_lost or expected <= len(line) <= expected + _CHECKSUM


def _decoded(data: Buffer, start: int, deviations: Deviations) -> Iterator[bytes]:
    for whole, block in line_blocks(data, start):
        lines = block.translate(CR_TO_LF).split(b"\n")
        if not whole:  # the rest of a line that is longer than a block
            deviations[defect.UUENCODE_MALFORMED] = None
            del lines[0]
        pieces, last = decode_lines(lines, 0, deviations)
        if decoded := b"".join(pieces):
            yield decoded
        if last < len(lines):
            return
    deviations[defect.UUENCODE_MALFORMED] = None
