"""The names inside a ZIP archive (PKWARE APPNOTE 6.3.10), as any reader of the archive may see them.

Readers disagree: some follow the central directory, some the local headers, some the first archive and some the last
of a file that holds several. So every local and every central header is found by its signature, wherever it stands,
and all their names are given: the plain one and that of the Unicode path field. Nothing is decompressed.

An archive that a strict reader can't follow from its end to its first entry is reported as unreadable, and so is one
whose names overlap, which are longer in all than the archive itself. Work is bounded by that length, `MAX_HEADERS` and
`MAX_NAME_OCTETS`; beyond the latter two the archive is reported as too large.

Known limits: archives inside the archive are seen as names only, unless they are stored without compression. A
stored member that holds the octets of a header by chance gives a name that no reader shows.
"""

from __future__ import annotations

import enum
import mmap
import struct
from dataclasses import dataclass

Buffer = bytes | bytearray | mmap.mmap

MAX_HEADERS = 20_000
MAX_NAME_OCTETS = 4 << 20  # over all names of an archive

_LOCAL = b"PK\3\4"
_CENTRAL = b"PK\1\2"
_END = b"PK\5\6"
_SPANNED = b"PK\7\x08"
_END_FIXED = 22
_END_TAIL = _END_FIXED + 0xFFFF  # the end record may carry a comment
_ENCRYPTED = 1
_UNICODE_PATH = 0x7075
_UNICODE_PATH_ID = b"up"
_ZIP64_COUNT = 0xFFFF
_IN_64_BITS = 0xFFFFFFFF  # the value stands in a 64-bit record
_MAX_VERSION = 100  # version needed, in tenths; what is higher is no header

# flags, name length, extra length; version, flags, name, extra, comment length, offset of the local header
_local = struct.Struct("<4xHH18xHH")
_central = struct.Struct("<6xHH18xHHH8xL")
_end = struct.Struct("<4xHHHHLLH")
_extra_field = struct.Struct("<HH")
_LOCAL_FIXED = 30
_CENTRAL_FIXED = 46


class Trouble(enum.Enum):
    """Why an archive could not be looked through, in words for the technician."""

    UNREADABLE = "the archive is damaged, cut short or not built as readers expect"
    TOO_MANY = "the archive has too many entries to look at"


@dataclass(frozen=True, slots=True)
class Listing:
    """What an archive says about its entries. `names` are distinct, in order; folders end in "/"."""

    names: tuple[str, ...]
    encrypted: bool
    trouble: Trouble | None


def list_names(data: Buffer) -> Listing | None:
    """The names in `data`, or None where it is no ZIP archive."""
    end = data.rfind(_END, max(0, len(data) - _END_TAIL))
    if end < 0 and data[:4] not in (_LOCAL, _CENTRAL, _SPANNED):
        return None
    reader = _Reader(data)
    reader.collect(_LOCAL)
    reader.collect(_CENTRAL)
    trouble = None
    if reader.overrun:
        trouble = Trouble.TOO_MANY
    elif reader.overlapping or not _followable(data, end):
        trouble = Trouble.UNREADABLE
    return Listing(tuple(reader.names), reader.encrypted, trouble)


class _Reader:
    """Collects from every header in the data."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self.names: dict[str, None] = {}
        self.encrypted = False
        self._headers = 0
        self._name_octets = 0

    @property
    def overrun(self) -> bool:
        """True where there is more than we are willing to read."""
        return self._headers > MAX_HEADERS or self._name_octets > MAX_NAME_OCTETS

    @property
    def overlapping(self) -> bool:
        """True where names and extra fields were longer than all there is."""
        return self._name_octets > len(self._data)

    def collect(self, signature: bytes) -> None:
        """Every header with that signature, until there are too many."""
        data, take = self._data, self._local if signature == _LOCAL else self._central
        fixed = _LOCAL_FIXED if signature == _LOCAL else _CENTRAL_FIXED
        at = data.find(signature)
        while at >= 0 and at + fixed <= len(data):
            self._headers += 1
            if self.overrun or self.overlapping:
                return
            at = data.find(signature, take(at))

    def _local(self, at: int) -> int:
        version, flags, name, extra = _local.unpack_from(self._data, at)
        return self._entry(at + _LOCAL_FIXED, version, flags, name, extra)

    def _central(self, at: int) -> int:
        version, flags, name, extra, _, _ = _central.unpack_from(self._data, at)
        return self._entry(at + _CENTRAL_FIXED, version, flags, name, extra)

    def _entry(self, at: int, version: int, flags: int, name: int, extra: int) -> int:
        """One header: its name stands at `at`. Returns where to search on: behind the name, not behind what the
        header says about lengths, which may lie."""
        if version & 0xFF > _MAX_VERSION or not name:
            return at
        octets = bytes(self._data[at : at + name])
        fields = bytes(self._data[at + name : at + name + extra])
        self._name_octets += len(octets) + len(fields)
        self.names[_decoded(octets)] = None
        self.encrypted = self.encrypted or bool(flags & _ENCRYPTED)
        if _UNICODE_PATH_ID in fields:
            self._unicode_path(fields)
        return at

    def _unicode_path(self, extra: bytes) -> None:
        at = 0
        while at + 4 <= len(extra):
            kind, size = _extra_field.unpack_from(extra, at)
            if kind == _UNICODE_PATH and size > 5:
                self.names[_decoded(extra[at + 9 : at + 4 + size])] = None
            at += 4 + size


def _decoded(name: bytes) -> str:
    """UTF-8 where it is that, whatever the flag says, otherwise the archive's own character set."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437")


def _followable(data: Buffer, end: int) -> bool:
    """True where the end record leads to the central directory, and each of its entries to a local header."""
    if end < 0 or end + _END_FIXED > len(data):
        return False
    _, _, _, count, size, offset, _ = _end.unpack_from(data, end)
    start = end - size
    if size == _IN_64_BITS or offset == _IN_64_BITS or count == _ZIP64_COUNT:
        return _followable_zip64(data, end)
    if start < 0:
        return False
    return bool(_walk(data, start, end, start - offset) == count)


def _followable_zip64(data: Buffer, end: int) -> bool:
    """The same for an archive with 64-bit records (APPNOTE sections 4.3.14 and 4.3.15)."""
    record = data.rfind(b"PK\6\6", max(0, end - 0xFFFF), end)
    if record < 0 or record + 56 > len(data):
        return False
    count, size, offset = struct.unpack_from("<QQQ", data, record + 32)
    start = record - size
    return start >= 0 and bool(_walk(data, start, record, start - offset) == count)


def _walk(data: Buffer, at: int, end: int, shift: int) -> int:
    """How many sound entries the central directory has from `at` on; -1 where one is not, or where two share a
    local header, as in archives made to unpack without end. `shift` is the length of what was put in front of the
    archive (a program that unpacks it, a picture)."""
    count = 0
    places: set[int] = set()
    while at + _CENTRAL_FIXED <= end and data[at : at + 4] == _CENTRAL:
        _, _, name, extra, comment, local = _central.unpack_from(data, at)
        if local != _IN_64_BITS:
            place = local + shift
            if place < 0 or place in places or data[place : place + 4] != _LOCAL:
                return -1
            places.add(place)
        at += _CENTRAL_FIXED + name + extra + comment
        count += 1
    return count if at == end else -1
