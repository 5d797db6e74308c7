"""The journal's table: what is there already is not added again, what is old goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from gateway.store import journal_table
from gateway.store.database import database_url, open_engine, reading, writing
from gateway.store.journal_table import Row, insert_missing, insert_rows, purge_journal
from gateway.store.migrations import upgrade
from gateway.store.schema import journal as table

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    upgrade(database_url(tmp_path))
    engine = open_engine(database_url(tmp_path))
    yield engine
    engine.dispose()


def row(reference: str, at: datetime = MOMENT) -> Row:
    return {
        "reference": reference,
        "at": at,
        "listener": "inbound",
        "direction": "inbound",
        "size": 1,
        "action": "relay",
        "privacy": "ordinary",
        "reply_code": 250,
        "seconds": 0.25,
    }


def stored(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(table.c.reference).order_by(table.c.reference, table.c.at)))


def test_only_what_is_missing_is_added(engine: Engine) -> None:
    with writing(engine) as connection:
        insert_rows(connection, [row("A"), row("B")])
    with writing(engine) as connection:
        insert_missing(connection, [row("B"), row("C"), row("C"), row("A", MOMENT + timedelta(seconds=1))])
        insert_missing(connection, [row("A")])
    assert stored(engine) == ["A", "A", "B", "C"]


def test_purge_removes_what_is_older(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_table, "_BATCH", 2)
    with writing(engine) as connection:
        insert_rows(connection, [row(f"{number}", MOMENT + timedelta(days=number)) for number in range(8)])
    assert purge_journal(engine, MOMENT + timedelta(days=5)) == 5
    assert stored(engine) == ["5", "6", "7"]
    assert purge_journal(engine, MOMENT) == 0
