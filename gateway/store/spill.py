"""Where journal records wait while the database is away: files of JSON lines, kept until they are stored.

A file belongs to the process that holds its lock (flock). When that process lets go of it, or dies, any
process of the gateway may take it, put its records into the database and remove it. After a crash between the
two a record is met twice: whoever replays must therefore add only what is missing.

`refused.txt` has records that the database would never take, each with the reason; it is for people and is
not replayed.

Known limits: a power cut may cost the records of the last seconds. Where locks don't work (some network file
systems) a file may be replayed twice at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gateway.store.content import make_folder, write_all
from gateway.store.journal_table import COLUMNS, Row

_SUFFIX = ".jsonl"
_REFUSED = "refused.txt"
_FULL = 16 << 20  # octets; the next record begins a new file


class Spill:
    """The waiting records under `folder`. Every method may be called from any thread."""

    def __init__(self, folder: Path, full: int = _FULL) -> None:
        self._folder = folder
        self._full = full
        self._lock = threading.Lock()
        self._fd = -1
        self._size = 0

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows to this process's own file. Raises OSError where they can't be kept."""
        lines = b"".join([_encode(row) for row in rows])
        if not lines:
            return
        with self._lock:
            if self._fd < 0:
                self._fd = self._new_file()
                self._size = 0
            try:
                write_all(self._fd, lines)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._fd, self._size)  # no half line in front of the next record
                raise
            self._size += len(lines)
            if self._size >= self._full:
                self._let_go()

    def _new_file(self) -> int:
        make_folder(self._folder)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        path = self._folder / f"{name}.new"
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Locked before it has the name that others look for, or one of them might take it while empty.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(path, self._folder / f"{name}{_SUFFIX}")
        except BaseException:
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        return fd

    def let_go(self) -> None:
        """Close this process's own file, so that it can be replayed. Raises OSError."""
        with self._lock:
            if self._fd >= 0:
                self._let_go()

    def _let_go(self) -> None:
        fd, self._fd = self._fd, -1
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def take(self) -> WaitingFile | None:
        """The oldest file that belongs to nobody, locked for the caller to remove or close; or None."""
        try:
            names = sorted(name for name in os.listdir(self._folder) if name.endswith(_SUFFIX))
        except FileNotFoundError:
            return None
        for name in names:
            waiting = _lock(self._folder / name)
            if waiting is not None:
                return waiting
        return None

    def refuse(self, line: str, reason: str) -> None:
        """Set a record aside for people to look at. Raises OSError."""
        make_folder(self._folder)
        path = self._folder / _REFUSED
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            write_all(fd, f"{' '.join(reason.split())}: {line}\n".encode("utf-8", "replace"))
        finally:
            os.close(fd)


class WaitingFile:
    """A file of waiting records, locked."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def lines(self) -> Iterator[str]:
        """Every record, still encoded: see `decode`."""
        for line in self._file:
            yield line.decode("utf-8", "replace").rstrip("\n")

    def remove(self) -> None:
        """All records are in the database: delete the file and let go of it. Raises OSError."""
        with self._file:
            os.unlink(self._path)

    def close(self) -> None:
        """Let go of the file, to be replayed later."""
        self._file.close()


def _lock(path: Path) -> WaitingFile | None:
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(file.fileno()).st_nlink:  # otherwise another process has just replayed and removed it
            return WaitingFile(path, file)
    except BlockingIOError:
        pass
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def encode(row: Row) -> str:
    """A row as one line of JSON."""
    return json.dumps({**row, "at": row["at"].isoformat()}, separators=(",", ":"))


def _encode(row: Row) -> bytes:
    return encode(row).encode("ascii") + b"\n"


def decode(line: str) -> Row:
    """The reverse of `encode`. Columns that this version does not have are left out. Raises ValueError."""
    try:
        fields = json.loads(line)
        row = {name: value for name, value in fields.items() if name in COLUMNS}
        row["at"] = datetime.fromisoformat(row["at"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a record ({error})") from None
    return dict.fromkeys(COLUMNS) | row
