"""Opening the database, and transactions on it."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from gateway.store.database import (
    RowRefused,
    StoreError,
    database_url,
    migrating,
    open_engine,
    reading,
    writing,
)


def make_table(url: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"))
    engine.dispose()


def fail_after(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
    raise RuntimeError("fault")


def test_the_default_is_a_file_in_the_state_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, 100% odd?"
    url = database_url(folder)
    engine = open_engine(url)
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()
    assert stat.S_IMODE((folder / "postern.db").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_is_configured_goes_first(tmp_path: Path) -> None:
    assert database_url(tmp_path, "postgresql://db.example/postern") == "postgresql://db.example/postern"


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_settings_of_a_connection(tmp_path: Path, durable: bool, level: int) -> None:
    engine = open_engine(database_url(tmp_path), durable=durable, busy_timeout=3)
    with reading(engine) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    engine.dispose()
    assert settings == {
        "journal_mode": "wal",
        "synchronous": level,
        "foreign_keys": 1,
        "busy_timeout": 3000,
        "secure_delete": 1,
    }


@pytest.mark.parametrize("url", ["", "nonsense", "nonsense://x", "sqlite+nosuchdriver:///x"])
def test_a_url_that_cannot_be_used_is_a_store_error(url: str) -> None:
    with pytest.raises(StoreError, match="database URL cannot be used"):
        open_engine(url)


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        open_engine(database_url(tmp_path / "file"))


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "postern.db").write_bytes(b"this is not a database, whatever its name says" * 100)
    engine = open_engine(database_url(tmp_path), busy_timeout=0.05)
    with pytest.raises(StoreError, match="not a database"), reading(engine):
        pass
    engine.dispose()


class TestTransactions:
    def test_an_exception_undoes_everything(self, tmp_path: Path) -> None:
        url = database_url(tmp_path)
        make_table(url)
        engine = open_engine(url)
        with pytest.raises(RuntimeError, match="fault"), writing(engine) as connection:
            fail_after(connection, "INSERT INTO thing VALUES (1, 'x')")
        with reading(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM thing")).scalar_one() == 0
        engine.dispose()

    def test_schema_changes_are_undone_too(self, tmp_path: Path) -> None:
        engine = open_engine(database_url(tmp_path))
        with pytest.raises(RuntimeError, match="fault"), migrating(engine) as connection:
            fail_after(connection, "CREATE TABLE half (id INTEGER)")
        with reading(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0
        engine.dispose()

    def test_a_reader_does_not_wait_for_a_writer(self, tmp_path: Path) -> None:
        url = database_url(tmp_path)
        make_table(url)
        engine = open_engine(url, busy_timeout=0.05)
        with writing(engine) as writer:
            writer.execute(text("INSERT INTO thing VALUES (1, 'x')"))
            with reading(engine) as reader:
                assert reader.execute(text("SELECT count(*) FROM thing")).scalar_one() == 0
        engine.dispose()

    def test_a_writer_that_waits_too_long_gets_a_store_error(self, tmp_path: Path) -> None:
        url = database_url(tmp_path)
        make_table(url)
        engine = open_engine(url, busy_timeout=0.05)
        with writing(engine), pytest.raises(StoreError, match="locked"), writing(engine):
            pass
        engine.dispose()

    def test_writers_that_read_first_take_turns(self, tmp_path: Path) -> None:
        url = database_url(tmp_path)
        make_table(url)
        engine = open_engine(url)

        def add() -> None:
            for _ in range(20):
                with writing(engine) as connection:
                    number = connection.execute(text("SELECT count(*) FROM thing")).scalar_one()
                    connection.execute(text("INSERT INTO thing VALUES (:id, 'x')"), {"id": number})

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reading(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM thing")).scalar_one() == 80
        engine.dispose()

    def test_a_refused_row_is_told_from_a_lost_database(self, tmp_path: Path) -> None:
        url = database_url(tmp_path)
        make_table(url)
        engine = open_engine(url)
        with pytest.raises(RowRefused, match="NOT NULL"), writing(engine) as connection:
            connection.execute(text("INSERT INTO thing VALUES (1, NULL)"))
        with pytest.raises(StoreError, match="no such table") as caught, writing(engine) as connection:
            connection.execute(text("INSERT INTO absent VALUES (1)"))
        assert not isinstance(caught.value, RowRefused)
        engine.dispose()

    def test_no_error_shows_what_was_to_be_stored(self, tmp_path: Path) -> None:
        url = database_url(tmp_path)
        make_table(url)
        engine = open_engine(url)
        row = {"name": "pupil@school.example"}
        with pytest.raises(StoreError) as caught, writing(engine) as connection:
            connection.execute(text("INSERT INTO thing VALUES (1, :name), (1, :name)"), row)
        assert "UNIQUE" in str(caught.value)
        assert "pupil" not in str(caught.value) + str(caught.value.__cause__)
        engine.dispose()


def test_many_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from gateway.store.database import open_engine, reading, text
        sys.stdin.readline()
        engine = open_engine(sys.argv[1])
        with reading(engine) as connection:
            print(connection.execute(text("PRAGMA journal_mode")).scalar_one())
    """
    command = [sys.executable, "-c", program, database_url(tmp_path)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0].strip() for process in processes] == ["wal"] * 4


def test_children_of_a_fork_open_engines_of_their_own(tmp_path: Path) -> None:
    program = """if True:
        import os, sys
        from gateway.store.database import open_engine, text, writing
        url = sys.argv[1]
        engine = open_engine(url)
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY)"))
        engine.dispose()
        children = []
        for number in range(3):
            child = os.fork()
            if child == 0:
                engine = open_engine(url)
                for count in range(20):
                    with writing(engine) as connection:
                        connection.execute(text("INSERT INTO thing VALUES (:id)"), {"id": number * 100 + count})
                engine.dispose()
                os._exit(0)
            children.append(child)
        print([os.waitpid(child, 0)[1] for child in children])
    """
    url = database_url(tmp_path)
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0, 0, 0]", done.stderr
    engine = open_engine(url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM thing")).scalar_one() == 60
    engine.dispose()


def test_deleted_text_is_gone_from_the_file(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    make_table(url)
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO thing VALUES (1, 'xyzzy-canary'), (2, 'stays')"))
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM thing WHERE id = 1"))
    engine.dispose()
    sqlite3.connect(tmp_path / "postern.db").close()
    assert b"stays" in (tmp_path / "postern.db").read_bytes()
    assert b"xyzzy-canary" not in (tmp_path / "postern.db").read_bytes()
