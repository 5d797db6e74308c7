"""Macintosh files in one: AppleSingle and AppleDouble (RFC 1740), and MacBinary II and III.

The data fork and the resource fork are given, under the file's real name where the header has one. AppleDouble has
no data fork; that is a part of its own.

Known limits: MacBinary I has neither signature nor checksum, so that it cannot be told from other files, and is
not looked for.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator

from gateway.mime import defect
from gateway.mime.enclosed.base import OCTETS, Buffer, Deviations, Enclosed, blocks, carrier, piece, unique
from gateway.text import charset

APPLE_SINGLE = b"\x00\x05\x16\x00"
APPLE_DOUBLE = b"\x00\x05\x16\x07"
_DATA, _RESOURCE, _NAME = 1, 2, 3
_ENTRIES = 26  # where they begin
_ENTRY = struct.Struct(">III")
_MAX_ENTRIES = 16  # kinds of entry that are defined; more of them would be overlapping
_MAX_NAME = 1024
_MACBINARY = 128


def apple(data: Buffer) -> Iterator[Enclosed]:
    """The forks of an AppleSingle or AppleDouble file."""
    count = int.from_bytes(piece(data, 24, 26), "big")
    table = piece(data, _ENTRIES, _ENTRIES + _ENTRY.size * min(count, _MAX_ENTRIES))
    whole = len(table) - len(table) % _ENTRY.size
    entries = list(_ENTRY.iter_unpack(table[:whole]))
    names = unique(
        charset.decode(piece(data, place, place + min(size, _MAX_NAME)), label).strip("\0 ")
        for kind, place, size in entries
        if kind == _NAME
        for label in (None, "macintosh")
    )
    forks = [(kind, place, size) for kind, place, size in entries if kind in (_DATA, _RESOURCE)]
    for kind, place, size in sorted(forks):
        if size:
            yield _fork("apple", names if kind == _DATA or not _has(forks, _DATA) else (), data, place, size)
    if len(entries) < count:
        yield carrier("apple", defect.APPLE_MALFORMED)


def _has(forks: list[tuple[int, int, int]], wanted: int) -> bool:
    return any(kind == wanted for kind, _, _ in forks)


def is_macbinary(head: bytes, size: int) -> bool:
    """Whether a file of `size` octets that begins with `head` is MacBinary II or III, surely."""
    if len(head) < _MACBINARY or head[0] or head[74] or head[82] or not 1 <= head[1] <= 63:
        return False
    data_size, resource_size = struct.unpack_from(">II", head, 83)
    if _MACBINARY + data_size + resource_size > size:
        return False
    declared = int.from_bytes(head[124:126], "big")
    return head[102:106] == b"mBIN" or declared == binascii.crc_hqx(head[:124], 0)


def macbinary(data: Buffer) -> Iterator[Enclosed]:
    """The forks of a file for which `is_macbinary` holds."""
    head = piece(data, 0, _MACBINARY)
    names = unique(charset.decode(head[2 : 2 + head[1]], label).strip("\0 ") for label in (None, "macintosh"))
    data_size, resource_size = struct.unpack_from(">II", head, 83)
    second = int.from_bytes(head[120:122], "big")  # a secondary header, of which nobody makes use
    place = _MACBINARY + -(-second // _MACBINARY) * _MACBINARY
    if data_size:
        yield _fork("macbinary", names, data, place, data_size)
    if resource_size:
        behind = place + -(-data_size // _MACBINARY) * _MACBINARY
        yield _fork("macbinary", () if data_size else names, data, behind, resource_size)


def _fork(kind: str, names: tuple[str, ...], data: Buffer, place: int, size: int) -> Enclosed:
    cut_off = place + size > len(data)
    deviations: Deviations = {defect.APPLE_MALFORMED: None} if cut_off else {}
    return Enclosed(kind, names, OCTETS, (), blocks(data, place, place + size), deviations)
