"""The journal's table: rows in, rows that are missing, rows that are too old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from gateway.store.database import writing
from gateway.store.schema import journal as table

Row = dict[str, Any]

COLUMNS = frozenset(column.name for column in table.columns) - {"id"}
_INSERT = insert(table)
_BATCH = 500


def insert_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Add rows, as one batch."""
    connection.execute(_INSERT, rows)


def insert_missing(connection: Connection, rows: Sequence[Row]) -> None:
    """Add those rows that are not in the table yet. A record is known by its reference and time."""
    references = {row["reference"] for row in rows}
    query = select(table.c.reference, table.c.at).where(table.c.reference.in_(references))
    present = {(reference, at) for reference, at in connection.execute(query)}
    missing = []
    for row in rows:
        key = (row["reference"], row["at"])
        if key not in present:
            present.add(key)
            missing.append(row)
    if missing:
        insert_rows(connection, missing)


def purge_journal(engine: Engine, before: datetime) -> int:
    """Remove the records from before that time. Returns how many. Raises StoreError."""
    old = select(table.c.id).where(table.c.at < before).limit(_BATCH)
    total = 0
    while True:
        with writing(engine) as connection:
            count = connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
        total += count
        if count < _BATCH:
            return total
