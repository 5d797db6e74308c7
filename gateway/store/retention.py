"""Retention: what is past its time is deleted, for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.store.database import open_engine
from gateway.store.journal_table import purge_journal
from gateway.store.quarantine import Quarantine


def tidy(quarantine: Quarantine, url: str, keep_records: float) -> None:
    """Delete held messages past their time, leftovers of killed processes, and records older than
    `keep_records` seconds. May run in several processes at once. Raises StoreError, OSError."""
    now = datetime.now(UTC)
    quarantine.expire(now)
    quarantine.sweep()
    oldest = now - timedelta(seconds=keep_records)
    quarantine.purge(oldest)
    engine = open_engine(url)
    try:
        purge_journal(engine, oldest)
    finally:
        engine.dispose()
