"""The tables: portable types, and text that every database takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.store.schema import journal, metadata, storable

ROW = {
    "reference": "R",
    "listener": "inbound",
    "direction": "inbound",
    "size": 1,
    "action": "relay",
    "privacy": "ordinary",
    "reply_code": 250,
    "seconds": 0.1,
}


def test_every_table_can_be_made_in_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=dialect))
        assert "TIMESTAMP WITH TIME ZONE" in ddl
        assert "DATETIME" not in ddl
        for index in table.indexes:
            assert "CREATE INDEX ix_" in str(CreateIndex(index).compile(dialect=dialect))
    assert "id BIGSERIAL" in str(CreateTable(journal).compile(dialect=dialect))


class TestUtcDateTime:
    def test_any_zone_goes_in_and_utc_comes_out(self) -> None:
        engine = create_engine("sqlite://")
        metadata.create_all(engine)
        moment = datetime(2026, 7, 1, 0, 30, 0, 7, tzinfo=timezone(timedelta(hours=1)))
        with engine.begin() as connection:
            connection.execute(insert(journal), [{**ROW, "at": moment}])
            read = connection.scalars(select(journal.c.at)).one()
            text = connection.exec_driver_sql("SELECT at FROM journal").scalar_one()
        engine.dispose()
        assert read == moment
        assert read.tzinfo is UTC
        assert text == "2026-06-30 23:30:00.000007"

    def test_a_time_without_a_zone_is_refused(self) -> None:
        engine = create_engine("sqlite://")
        metadata.create_all(engine)
        with engine.begin() as connection, pytest.raises(StatementError, match="without a time zone"):
            connection.execute(insert(journal), [{**ROW, "at": datetime(2026, 1, 1)}])
        engine.dispose()


class TestStorable:
    @pytest.mark.parametrize(
        ("text", "stored"),
        [
            ("plain", "plain"),
            ("café €", "café €"),
            ("nul\0here", "nul\ufffdhere"),
            ("é nul\0here", "é nul\ufffdhere"),
            ("octet \udce9", "octet ?"),
            ("", ""),
            ("x" * 20, "x" * 20),
            ("x" * 21, "x" * 19 + "…"),
        ],
    )
    def test_examples(self, text: str, stored: str) -> None:
        assert storable(text, 20) == stored

    @given(st.text(st.characters(codec=None)))
    def test_any_text_becomes_short_and_valid(self, text: str) -> None:
        stored = storable(text, 10)
        assert len(stored) <= 10
        assert "\0" not in stored
        assert stored.encode().decode() == stored
