"""The tables: what is held in quarantine, and a journal record for each transaction.

SQLAlchemy Core, with types that SQLite and PostgreSQL both have. A change here needs a migration beside it
(gateway/store/migrations); a test compares the two.

Columns that may be NULL beside the obvious ones (sender, recipients, client, subject, filenames) are NULL for
private mail: `HeldItem.row` and `JournalEntry.row` see to it, the only ways into these tables.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

_ELLIPSIS = "…"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes go in, aware ones in UTC come out. Naive ones are refused (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. SQLite keeps text without an offset, so that text order is the order of time."""
        if value is None or value.tzinfo is UTC:
            return value
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_JSON = JSON(none_as_null=True)
_BIG_KEY = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only in an INTEGER PRIMARY KEY

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("reference", String(26), primary_key=True),
    Column("received_at", UtcDateTime(), nullable=False),
    Column("listener", Text(), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("privacy", String(16), nullable=False),
    Column("sender", Text()),
    Column("recipients", _JSON),
    Column("subject", Text()),
    Column("filenames", _JSON),
    Column("size", BigInteger(), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("category", Text()),
    Column("clause", Text()),
    Column("rule", Text()),
    Column("profile", Text(), nullable=False),
    Column("findings", _JSON, nullable=False),
    Column("findings_omitted", Integer(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("claimed_at", UtcDateTime()),
    Column("claimed_by", Text()),
    Column("released_at", UtcDateTime()),
    Column("released_by", Text()),
    Column("release_reply", Text()),
    Column("deleted_at", UtcDateTime()),
    Column("deleted_by", Text()),
    Index(None, "state", "reference"),
    Index(None, "state", "expires_at"),
    Index(None, "received_at"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", _BIG_KEY, primary_key=True, autoincrement=True),
    Column("reference", String(26), nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("listener", Text(), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("client", Text()),
    Column("sender", Text()),
    Column("recipients", _JSON),
    Column("size", BigInteger(), nullable=False),
    Column("action", String(16), nullable=False),
    Column("category", Text()),
    Column("clause", Text()),
    Column("rule", Text()),
    Column("privacy", String(16), nullable=False),
    Column("reply_code", Integer(), nullable=False),
    Column("seconds", Double(), nullable=False),
    Index(None, "at"),
    Index(None, "reference"),
)


def storable(text: str, limit: int) -> str:
    """`text` as every database takes it: no NUL, no lone surrogates, at most `limit` characters.

    What a sender wrote must never be able to make a row fail. A cut is shown by an ellipsis at the end.
    """
    if len(text) > limit:
        text = text[: limit - 1] + _ELLIPSIS
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\0", "\ufffd")
