"""What the processes of one gateway share: a page of memory with heartbeats and counts of sessions.

Made by the supervisor before it forks. Each worker writes its own row only, so no lock is needed; everyone may
read all rows. When a worker dies the supervisor clears its row, so that its sessions do not count for ever.

Known limits: two workers that admit at the same instant can each see the other's count one too low. Keys share
16,384 counters, so that two can, rarely, be counted together.
"""

from __future__ import annotations

import mmap
import os
import time
import zlib

_BUCKETS = 1 << 14
_HEAD = 8  # octets at the start of a row: the heartbeat, seconds
_ROW = _HEAD + 2 * _BUCKETS


class SharedState:
    """`rows` is the greatest number of workers alive at once (two generations overlap during a reload)."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._memory = mmap.mmap(-1, rows * _ROW)
        self._view = memoryview(self._memory)
        self._seed = os.urandom(8)
        self._beats = [self._view[i * _ROW : i * _ROW + 8].cast("d") for i in range(rows)]
        self._buckets = [self._view[i * _ROW + _HEAD : (i + 1) * _ROW].cast("H") for i in range(rows)]

    def beat(self, row: int) -> None:
        """The worker of `row` is alive."""
        self._beats[row][0] = time.monotonic()

    def age(self, row: int) -> float:
        """Seconds since the last heartbeat of `row`; infinite where there was none."""
        last = self._beats[row][0]
        return time.monotonic() - last if last else float("inf")

    def clear(self, row: int) -> None:
        """Forget all about a worker that has gone."""
        self._view[row * _ROW : (row + 1) * _ROW] = bytes(_ROW)

    def _bucket(self, key: str) -> int:
        return zlib.crc32(key.encode(), zlib.crc32(self._seed)) % _BUCKETS

    def enter(self, row: int, key: str) -> int:
        """A session that counts under `key` begins: how many there are now, in all workers."""
        bucket = self._bucket(key)
        self._buckets[row][bucket] = min(self._buckets[row][bucket] + 1, 0xFFFF)
        return sum(buckets[bucket] for buckets in self._buckets)

    def leave(self, row: int, key: str) -> None:
        """It has ended."""
        bucket = self._bucket(key)
        self._buckets[row][bucket] = max(self._buckets[row][bucket] - 1, 0)
