"""A place for octets that is only memory, and counts what is done with it: what the walk needs in place of a spool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

BLOCK = 1 << 18  # octets read back at a time


@dataclass(slots=True)
class Work:
    """What was done, over all bodies of a walk: octets written, octets read back, and every body made."""

    written: int = 0
    read: int = 0
    bodies: list[MemoryBody] = field(default_factory=list)


class MemoryBody:
    """Octets in memory. Closed, it refuses everything, so that use after close does not pass unnoticed."""

    def __init__(self, work: Work | None = None, block: int = BLOCK) -> None:
        """`block` is how many octets are given back at a time."""
        self.size = 0
        self._work = work or Work()
        self._work.bodies.append(self)
        self._block = block
        self._octets: bytearray | None = bytearray()

    @property
    def closed(self) -> bool:
        """True once it was given back."""
        return self._octets is None

    def _held(self) -> bytearray:
        assert self._octets is not None, "a body is used after it was closed"
        return self._octets

    def write(self, data: bytes) -> None:
        """Append."""
        held = self._held()
        held += data
        self.size = len(held)
        self._work.written += len(data)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """A piece; what is read of it again counts again."""
        piece = bytes(memoryview(self._held())[start:end])
        self._work.read += len(piece)
        return piece

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same, block by block."""
        stop = self.size if end is None else min(end, self.size)
        for place in range(start, stop, self._block):
            yield self.read(place, min(place + self._block, stop))

    @contextmanager
    def view(self) -> Iterator[bytearray]:
        """All of it; counts as read once."""
        self._work.read += self.size
        yield self._held()

    def close(self) -> None:
        """Give everything back."""
        self._octets = None
