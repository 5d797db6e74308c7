"""The journal: one record for each transaction, written without making mail wait.

`Journal.record` puts the entry on a queue; one thread writes what has gathered in a fifth of a second as one
batch. While the database is away entries wait: up to `keep` in memory, older ones in files (`spill`), and all
of them in files when the process stops. Whichever worker next finds the database well replays them. A batch
whose fate is unknown (connection lost during commit) is written again, less what is there already.

A Journal belongs to the process that made it: make it in the worker, after the fork.

Known limits: `kill -9` costs the records that are still in memory (in good times those of the last fifth of a
second), a power cut those of the last seconds; neither mail nor quarantine depends on them. An entry is
dropped, and counted in `lost`, only where the database is away and no file can be written either.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine

from gateway.model import Action, Direction, Privacy
from gateway.store.database import BUSY_TIMEOUT, RowRefused, open_engine, writing
from gateway.store.journal_table import Row, insert_missing, insert_rows
from gateway.store.schema import storable
from gateway.store.spill import Spill, decode, encode

_log = logging.getLogger(__name__)

_BATCH = 500
_ADDRESS = 1_024  # characters
_LOOK_AGAIN = 60.0  # seconds between looks for files that a dead worker left
_REFUSALS = (RowRefused, ValueError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One transaction. `at` is aware, `client` an IP address, `size` in octets, `seconds` what it took."""

    reference: str
    at: datetime
    listener: str
    direction: Direction
    client: str
    sender: str
    recipients: tuple[str, ...]
    size: int
    action: Action
    privacy: Privacy
    reply_code: int
    seconds: float
    category: str | None = None
    clause: str | None = None
    rule: str | None = None

    def row(self) -> Row:
        """The row of the database; for private mail without any address."""
        private = self.privacy.private
        return {
            "reference": self.reference,
            "at": self.at.astimezone(UTC),
            "listener": self.listener,
            "direction": self.direction.value,
            "client": None if private else self.client,
            "sender": None if private else storable(self.sender, _ADDRESS),
            "recipients": None if private else [storable(name, _ADDRESS) for name in self.recipients],
            "size": self.size,
            "action": self.action.value,
            "category": self.category,
            "clause": self.clause,
            "rule": self.rule,
            "privacy": self.privacy.value,
            "reply_code": self.reply_code,
            "seconds": self.seconds,
        }


class Journal:
    """Writes entries to the database at `url`; those that must wait on the disk go to the folder `spill`.

    `linger` is how long a batch gathers, `retry` the first and the longest pause after trouble (all seconds);
    `keep` bounds the entries in memory. `lost` counts entries that nothing would take.
    """

    def __init__(
        self,
        url: str,
        spill: Path,
        *,
        linger: float = 0.2,
        keep: int = 50_000,
        retry: tuple[float, float] = (0.5, 30.0),
        busy_timeout: float = BUSY_TIMEOUT,
    ) -> None:
        self._url, self._busy_timeout = url, busy_timeout
        self._linger, self._keep, self._retry = linger, keep, retry
        self._spill = Spill(spill)
        self._queue: queue.SimpleQueue[JournalEntry | None] = queue.SimpleQueue()
        self._pending: deque[Row] = deque()
        self._engine: Engine | None = None
        self._pause = 0.0  # seconds between attempts; 0 while all is well
        self._retry_at = self._look_at = 0.0  # monotonic
        self._stopping = threading.Event()
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Entries in memory that are not in the database yet."""
        return self._queue.qsize() + len(self._pending)

    def record(self, entry: JournalEntry) -> None:
        """Take an entry. Never raises, never waits for the database."""
        if self._queue.qsize() < self._keep and not self._stopping.is_set():
            self._queue.put(entry)
        else:  # the writing thread is stuck in the database, or has ended
            rows = self._rows(entry)
            if rows and not self._keep_in_file(rows):
                self.lost += 1

    def close(self, timeout: float) -> None:
        """Write what waits, for at most `timeout` seconds; what is then left goes to a file. Never raises."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout)
        # A thread that is stuck may yet succeed: its rows are then there twice, and the replay drops them.
        rows = [*self._pending, *self._drained()]
        if rows and not self._keep_in_file(rows):
            self.lost += len(rows)
        try:
            self._spill.let_go()
        except OSError as error:
            _log.error("journal: records that wait may not be on the disk: %s", error)

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._gather()
            if time.monotonic() >= self._retry_at and self._store_pending():
                self._replay()
            self._bound()
        self._pending.extend(self._drained())
        self._store_pending()
        if self._engine is not None:
            self._engine.dispose()

    def _gather(self) -> None:
        """Wait for something to do, and for what comes close behind it."""
        wake = self._retry_at if self._pending else max(self._look_at, self._retry_at)
        try:
            entry = self._queue.get(timeout=max(0.0, wake - time.monotonic()))
        except queue.Empty:
            return
        if entry is not None:
            self._stopping.wait(self._linger)
            self._pending.extend(self._rows(entry))
        self._pending.extend(self._drained())

    def _drained(self) -> list[Row]:
        rows: list[Row] = []
        with contextlib.suppress(queue.Empty):
            while True:
                entry = self._queue.get_nowait()
                if entry is not None:
                    rows.extend(self._rows(entry))
        return rows

    def _rows(self, entry: JournalEntry) -> list[Row]:
        try:
            return [entry.row()]
        except Exception:  # a fault of the caller's must not end the thread
            _log.exception("journal: an entry cannot be recorded")
            self.lost += 1
            return []

    def _store_pending(self) -> bool:
        while self._pending:
            batch = list(islice(self._pending, _BATCH))
            if not self._store(batch, insert_missing if self._pause else insert_rows):
                return False
            for _ in batch:
                self._pending.popleft()
        return True

    def _bound(self) -> None:
        excess = len(self._pending) - self._keep
        if excess <= 0:
            return
        rows = list(islice(self._pending, excess + self._keep // 10))
        kept = self._keep_in_file(rows)
        if not kept and excess < self._keep:
            return  # try again with the next entries, up to twice the bound
        if not kept:
            self.lost += len(rows)
        for _ in rows:
            self._pending.popleft()

    def _keep_in_file(self, rows: Collection[Row]) -> bool:
        try:
            self._spill.append(rows)
        except Exception as error:
            _log.error("journal: records cannot be kept in a file: %s", error)
            return False
        return True

    # --- the database ---------------------------------------------------------------------------------------

    def _store(self, rows: Sequence[Row], insert: Callable[[Connection, Sequence[Row]], None]) -> bool:
        """False where the database is away, or something else forbids it for now."""
        try:
            try:
                self._write(rows, insert)
            except _REFUSALS:
                self._store_singly(rows)
        except Exception as error:
            self._trouble(error)
            return False
        if self._pause:
            _log.warning("journal: the database takes records again")
            self._pause = self._look_at = 0.0
        return True

    def _write(self, rows: Sequence[Row], insert: Callable[[Connection, Sequence[Row]], None]) -> None:
        if self._engine is None:
            self._engine = open_engine(self._url, durable=False, busy_timeout=self._busy_timeout)
        with writing(self._engine) as connection:
            insert(connection, rows)

    def _store_singly(self, rows: Sequence[Row]) -> None:
        """One bad record must not keep the others out."""
        for row in rows:
            try:
                self._write([row], insert_missing)
            except _REFUSALS as error:
                _log.error("journal: the record of %s is refused: %s", row["reference"], error)
                self._spill.refuse(encode(row), str(error))

    def _trouble(self, error: Exception) -> None:
        if not self._pause:
            _log.warning("journal: records wait, because the database is away: %s", error)
        first, longest = self._retry
        self._pause = min(longest, self._pause * 2) or first
        self._retry_at = time.monotonic() + self._pause

    def _replay(self) -> None:
        """Store one file of waiting records; the next one follows at once, after new entries."""
        now = time.monotonic()
        if now < self._look_at or self._stopping.is_set():
            return
        self._look_at = now + _LOOK_AGAIN
        try:
            self._spill.let_go()
            waiting = self._spill.take()
            if waiting is None:
                return
            with contextlib.closing(waiting):
                if self._store_lines(waiting.lines()):
                    waiting.remove()
                    self._look_at = 0.0
        except OSError as error:
            _log.error("journal: the waiting records cannot be read: %s", error)

    def _store_lines(self, lines: Iterator[str]) -> bool:
        while batch := list(islice(lines, _BATCH)):
            rows = []
            for line in batch:
                try:
                    rows.append(decode(line))
                except ValueError as error:
                    self._spill.refuse(line, str(error))
            if rows and not self._store(rows, insert_missing):
                return False
        return True
