"""The schema's history: it leads to the tables of the program, once, and never backwards."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from gateway.store import migrations
from gateway.store.database import database_url, open_engine, reading, writing
from gateway.store.migrations import SchemaTooNew, upgrade
from gateway.store.migrations.versions import v0001_quarantine_and_journal as first
from gateway.store.schema import metadata


def test_the_history_ends_where_the_program_stands(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    upgrade(url)
    engine = open_engine(url)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'")).scalars().all()
        )
    engine.dispose()
    assert {index.name for table in metadata.sorted_tables for index in table.indexes} <= set(names)


def test_the_steps_also_speak_postgresql() -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )
    with Operations.context(context):
        assert op.get_context() is context
        first.upgrade()
    assert "id BIGSERIAL NOT NULL" in written.getvalue()
    assert "received_at TIMESTAMP WITH TIME ZONE NOT NULL" in written.getvalue()


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    upgrade(url)
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE mine (id INTEGER)"))
    upgrade(url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0001"]
        assert connection.execute(text("SELECT count(*) FROM mine")).scalar_one() == 0
    engine.dispose()


def test_a_later_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    upgrade(url)
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match=r"later version of Postern \(schema 9999; .*up to 0001\)"):
        upgrade(url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_a_step_that_fails_leaves_the_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = op.create_index

    def fail(name: str, *args: object) -> None:
        if name == "ix_journal_at":
            raise RuntimeError("power cut")
        real(name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_index", fail)
    url = database_url(tmp_path)
    with pytest.raises(RuntimeError, match="power cut"):
        upgrade(url)
    engine = open_engine(url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT name FROM sqlite_master")).scalars().all() == []
    engine.dispose()
    monkeypatch.undo()
    upgrade(url)


def test_a_folder_with_a_per_cent_sign_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "50% %(here)s"
    place.symlink_to(Path(migrations.__file__).parent)
    monkeypatch.setattr(migrations, "__file__", str(place / "__init__.py"))
    upgrade(database_url(tmp_path / "state"))


def test_several_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from gateway.store.migrations import upgrade
        sys.stdin.readline()
        upgrade(sys.argv[1])
    """
    url = database_url(tmp_path)
    command = [sys.executable, "-c", program, url]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    engine = open_engine(url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0001"]
    engine.dispose()
