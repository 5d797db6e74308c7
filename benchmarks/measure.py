"""What processes cost: processor time and memory of a whole tree of processes, read from /proc.

Processor time includes children that have ended. Memory is what nobody else shares: RssAnon (private pages in
memory) and PSS (shared pages counted by halves, thirds, ...), see proc(5).
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.process import descendants

_TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def processor_seconds(pid: int) -> float:
    """User and system time of the process, its descendants, and those of them that have ended, in seconds."""
    total = 0
    for process in (pid, *descendants(pid)):
        try:
            text = Path(f"/proc/{process}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # Behind the name, which may hold anything: fields 14 to 17 of proc_pid_stat(5).
        total += sum(map(int, text.rpartition(")")[2].split()[11:15]))
    return total / _TICKS


def private_memory(pid: int) -> int:
    """RssAnon of one process in octets; 0 where it has ended."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "RssAnon:") * 1024


def proportional_memory(pid: int) -> int:
    """PSS of one process in octets; 0 where it has ended."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") * 1024


def _kilobytes(file: Path, name: str) -> int:
    try:
        for line in file.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


@dataclass(slots=True)
class Peak:
    """Greatest values seen: private memory of each process, and PSS of all of them together, in octets."""

    private: dict[int, int] = field(default_factory=dict)
    proportional: int = 0

    @property
    def greatest_private(self) -> int:
        """Private memory of the largest process."""
        return max(self.private.values(), default=0)


class MemoryWatch:
    """Samples a tree of processes while a `with` block runs. PSS costs the kernel more, so it is read less."""

    def __init__(self, pid: int, pause: float = 0.02, proportional_every: int = 10) -> None:
        self.peak = Peak()
        self._pid, self._pause, self._every = pid, pause, proportional_every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._sample(0)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sample(0)

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(self._pause):
            turn += 1
            self._sample(turn)

    def _sample(self, turn: int) -> None:
        processes = (self._pid, *descendants(self._pid))
        for process in processes:
            private = private_memory(process)
            self.peak.private[process] = max(private, self.peak.private.get(process, 0))
        if turn % self._every == 0:
            self.peak.proportional = max(self.peak.proportional, sum(map(proportional_memory, processes)))


def idle_share(pid: int, seconds: float = 1.0) -> float:
    """Processor seconds a second that the tree uses while nothing is asked of it."""
    before, started = processor_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (processor_seconds(pid) - before) / (time.monotonic() - started)
