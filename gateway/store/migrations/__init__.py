"""The schema and its history, by Alembic. `upgrade` brings a database to the form that this program knows.

A new step is a file in `versions` whose `down_revision` is the latest one; an old step is never changed. All
steps run in one transaction (SQLite and PostgreSQL both have transactional DDL), one process at a time, so an
interrupted upgrade leaves the database as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.store.database import StoreError, migrating, open_engine, reading


class SchemaTooNew(StoreError):
    """The database was made by a later version of the program."""


def upgrade(url: str) -> None:
    """Create or upgrade the tables at `url`; does nothing where they are up to date.

    Safe when several processes call it at once. Raises SchemaTooNew, StoreError or OSError.
    """
    config = _config()
    script = ScriptDirectory.from_config(config)
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            if _current(connection, script) == set(script.get_heads()):
                return
        with migrating(engine) as connection:
            _current(connection, script)  # again: another process may have upgraded while we waited
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def _current(connection: Connection, script: ScriptDirectory) -> set[str]:
    current = set(MigrationContext.configure(connection).get_current_heads())
    known = {revision.revision for revision in script.walk_revisions()}
    if current - known:
        raise SchemaTooNew(
            f"the database was made by a later version of Postern (schema {_names(current - known)}; this "
            f"version knows up to {_names(script.get_heads())}). Install the later version again, or restore "
            "the copy of the database from before the upgrade"
        )
    return current


def _names(revisions: Iterable[str]) -> str:
    return ", ".join(sorted(revisions))
