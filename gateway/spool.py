"""Spool: the octets of one message or one decoded part, in memory up to a limit, then on disk.

The file has no name: it is opened with O_TMPFILE (or unlinked at once where the file system has no such
thing), so that nothing is left behind whatever happens to the process. The same object feeds parser, stages
and relay, so a message is held once.

Known limit: writes are ordinary blocking writes of a block each. They go to the page cache, so they are
short; a full disk raises OSError, which the caller turns into a 4xx.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

BLOCK = 1 << 18  # octets read back at a time

Octets = bytes | bytearray | memoryview


class Spool:
    """Append-only store of octets that can be read back any number of times."""

    __slots__ = ("__weakref__", "_directory", "_fd", "_memory", "_memory_limit", "size")

    def __init__(self, directory: Path | None, memory_limit: int) -> None:
        """`directory` holds the overflow file (None: the system's); `memory_limit` is in octets."""
        self._directory = directory
        self._memory_limit = memory_limit
        self._memory: bytearray | None = bytearray()
        self._fd = -1
        self.size = 0

    def write(self, data: Octets) -> None:
        """Append `data`. Raises OSError when the disk refuses, ValueError when closed."""
        if self._memory is not None:
            self._memory += data
            self.size = len(self._memory)
            if self.size > self._memory_limit:
                self._spill()
            return
        if self._fd < 0:
            raise ValueError("write to a closed spool")
        self._write_all(memoryview(data).cast("B"))

    def _spill(self) -> None:
        held, self._memory = self._memory, None
        assert held is not None
        self.size = 0
        self._fd = _unnamed_file(self._directory)
        self._write_all(memoryview(held))

    def _write_all(self, view: memoryview) -> None:
        while view:
            written = os.write(self._fd, view)
            self.size += written
            view = view[written:]

    @property
    def in_memory(self) -> bool:
        """True while no file was needed."""
        return self._memory is not None

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """The octets from `start` up to `end` (default: all). Meant for pieces known to be small."""
        stop = self.size if end is None else min(end, self.size)
        if self._memory is not None:
            return bytes(memoryview(self._memory)[start:stop])
        if start >= stop:
            return b""
        return b"".join(self.blocks(start, stop))

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same octets in blocks of at most `BLOCK`."""
        stop = self.size if end is None else min(end, self.size)
        while start < stop:
            count = min(BLOCK, stop - start)
            block = (
                bytes(memoryview(self._memory)[start : start + count])
                if self._memory is not None
                else os.pread(self._fd, count, start)
            )
            if not block:
                raise OSError("spool file is shorter than what was written")
            yield block
            start += len(block)

    def view(self) -> SpoolView:
        """All octets as one read-only buffer, mapped rather than copied: `with spool.view() as buffer`."""
        return SpoolView(self._memory if self._memory is not None else None, self._fd, self.size)

    def close(self) -> None:
        """Give memory and file back. Harmless when repeated."""
        self._memory = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()


class SpoolView:
    """Context manager over the whole content as a buffer (bytearray or mmap); valid inside `with` only."""

    __slots__ = ("_fd", "_held", "_map", "_size")

    def __init__(self, held: bytearray | None, fd: int, size: int) -> None:
        self._held, self._fd, self._size = held, fd, size
        self._map: mmap.mmap | None = None

    def __enter__(self) -> bytearray | mmap.mmap:
        if self._held is not None:
            return self._held
        self._map = mmap.mmap(self._fd, self._size, access=mmap.ACCESS_READ)
        return self._map

    def __exit__(self, *_: object) -> None:
        if self._map is not None:
            self._map.close()


def _unnamed_file(directory: Path | None) -> int:
    folder = str(directory) if directory is not None else tempfile.gettempdir()
    try:
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError:
        fd, name = tempfile.mkstemp(dir=folder, prefix="spool-")
        os.unlink(name)
        return fd
