"""The database: where it is, how it is opened, and transactions on it. All that differs by dialect is here.

SQLite (default) is one file in the state directory in WAL mode; PostgreSQL serves several gateways. Engines
are made in the process that uses them and are never carried over a fork.

Durability: with `durable=True` a commit is on the disk when it returns (SQLite: synchronous=FULL). With False
the last commits before a power cut may be gone, though nothing is ever damaged (synchronous=NORMAL); this is
for the journal.

Known limits: WAL needs a local file system (not NFS). A transaction waits `busy_timeout` for another writer,
then fails with StoreError; PostgreSQL's own limits apply there, with those of the connection given below.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)

from gateway.store.content import make_folder

BUSY_TIMEOUT = 10.0  # seconds
_WRITE = "postern_write"
_MIGRATION_LOCK = 0x706F737465726E  # "postern", as a number for PostgreSQL's advisory lock
# libpq's settings: a server that has vanished is noticed within half a minute.
_LIBPQ = {"connect_timeout": 10, "keepalives_idle": 15, "tcp_user_timeout": 30_000}


class StoreError(Exception):
    """The database cannot be used, or refused. The text is for the technician and names no address."""


class RowRefused(StoreError):
    """The database works, but will not take this very row; trying again is no use."""


def database_url(state_dir: Path, configured: str | None = None) -> str:
    """The URL of the database: what is configured, or SQLite in `state_dir`."""
    if configured is not None:
        return configured
    path = str((state_dir / "postern.db").absolute())
    return URL.create("sqlite", database=path).render_as_string(hide_password=False)


def open_engine(url: str, *, durable: bool = True, busy_timeout: float = BUSY_TIMEOUT) -> Engine:
    """An engine for `url`; `busy_timeout` in seconds. Dispose of it when done.

    A missing SQLite file is made (mode 0600) with its folders (0700); tables come by `migrations.upgrade`.
    Raises StoreError for a URL that cannot be used, OSError where the file or its folder cannot be made.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed, durable, busy_timeout)
        options: dict[str, Any] = {"pool_pre_ping": True}
        if parsed.get_backend_name() == "postgresql":
            options["connect_args"] = dict(_LIBPQ)
        return create_engine(parsed, hide_parameters=True, **options)
    except (ArgumentError, ImportError) as error:
        raise StoreError(f"the database URL cannot be used: {error}") from error


def _open_sqlite(url: URL, durable: bool, busy_timeout: float) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_timeout})
    if url.database and url.database != ":memory:":
        _make_file(Path(url.database))

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver starts no transactions of its own: see _begin
        _use_wal(connection, busy_timeout)
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # a deleted row is overwritten, not only forgotten

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once where another writer came between;
        # taking the write lock at the start waits for it instead.
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _make_file(path: Path) -> None:
    make_folder(path.parent)
    # Only where there is none: to open and close a database drops the locks that this process has on it (POSIX locks
    # belong to the process, not the descriptor), and SQLite elsewhere would take its WAL file away.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _use_wal(connection: sqlite3.Connection, busy_timeout: float) -> None:
    # SQLite does not wait for its busy timeout here when two processes convert a new file at once.
    end = time.monotonic() + busy_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; it never waits for writers. Raises StoreError."""
    with _translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end of the block. Raises StoreError."""
    with (
        _translated(),
        engine.connect().execution_options(**{_WRITE: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """As `writing`, and one process at a time, for changes of the schema."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise RowRefused(_reason(error)) from error
    except StatementError as error:
        kind = StoreError if isinstance(error, DBAPIError) else RowRefused
        raise kind(_reason(error)) from error
    except SQLAlchemyError as error:
        raise StoreError(_reason(error)) from error


def _reason(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    return f"database: {original if original is not None else error}".strip()
