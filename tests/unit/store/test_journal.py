"""The journal: it never holds mail up, and loses nothing while the database is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from gateway.model import Action, Direction, Privacy, new_reference
from gateway.store import journal as module
from gateway.store.database import StoreError, database_url, open_engine, reading, writing
from gateway.store.journal import Journal, JournalEntry
from gateway.store.journal_table import insert_rows
from gateway.store.migrations import upgrade
from gateway.store.schema import journal as table

QUICK = {"linger": 0.01, "retry": (0.01, 0.02), "busy_timeout": 0.02}


def entry(**changes: object) -> JournalEntry:
    fresh = JournalEntry(
        reference=new_reference(),
        at=datetime.now(UTC),
        listener="inbound",
        direction=Direction.INBOUND,
        client="192.0.2.7",
        sender="a@example.org",
        recipients=("b@school.example", "c@school.example"),
        size=4321,
        action=Action.REJECT,
        privacy=Privacy.ORDINARY,
        reply_code=550,
        seconds=0.25,
        category="executable",
        clause="5.11.3",
        rule="exe",
    )
    return replace(fresh, **changes)  # type: ignore[arg-type]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database_url(tmp_path / "state")


@pytest.fixture
def spill(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal-spill"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    upgrade(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()


def stored(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(table.c.reference)))


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def record_many(journal: Journal, count: int, **changes: object) -> list[str]:
    entries = [entry(**changes) for _ in range(count)]
    for each in entries:
        journal.record(each)
    return sorted(each.reference for each in entries)


def spilled(folder: Path) -> list[str]:
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines(keepends=True)]
    return sorted(json.loads(line)["reference"] for line in lines if line.endswith("\n"))


class TestWellDatabase:
    def test_an_entry_is_stored_in_full(self, url: str, spill: Path, engine: Engine) -> None:
        one = entry(sender="\udce9\0", recipients=("\ud800@school.example",))
        journal = Journal(url, spill, linger=0.01)
        journal.record(one)
        wait_for(lambda: stored(engine) == [one.reference])
        journal.close(5)
        with reading(engine) as connection:
            row = dict(connection.execute(select(table)).mappings().one())
        del row["id"]
        assert row == {**one.row(), "at": one.at, "direction": "inbound", "action": "reject"}
        assert (row["sender"], row["recipients"]) == ("?\ufffd", ["?@school.example"])
        assert not spill.exists()

    def test_close_writes_what_waits(self, url: str, spill: Path, engine: Engine) -> None:
        journal = Journal(url, spill, linger=60)
        references = record_many(journal, 1234)
        assert journal.waiting > 0
        journal.close(10)
        assert sorted(stored(engine)) == references
        assert journal.waiting == 0

    def test_a_burst_is_few_transactions(
        self, url: str, spill: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes: list[int] = []
        real = insert_rows

        def counted(connection: Connection, rows: list[dict[str, object]]) -> None:
            sizes.append(len(rows))
            real(connection, rows)

        monkeypatch.setattr(module, "insert_rows", counted)
        journal = Journal(url, spill, linger=60)
        record_many(journal, 1100)
        journal.close(10)
        assert sizes == [500, 500, 100]

    def test_private_mail_leaves_no_address(self, url: str, spill: Path, engine: Engine) -> None:
        journal = Journal(url, spill, linger=0)
        journal.record(
            entry(privacy=Privacy.PERSONAL, client="192.0.2.99", sender="canary@a", recipients=("canary@b",))
        )
        journal.close(5)
        with reading(engine) as connection:
            row = connection.execute(select(table)).mappings().one()
        assert [row[name] for name in ("client", "sender", "recipients")] == [None] * 3
        assert row["privacy"] == "personal"
        for path in spill.parent.rglob("*"):
            assert path.is_dir() or b"canary" not in path.read_bytes()

    def test_several_processes_write_at_once(self, url: str, spill: Path, engine: Engine) -> None:
        program = """if True:
            import sys
            from datetime import UTC, datetime
            from pathlib import Path
            from gateway.model import *
            from gateway.store.journal import Journal, JournalEntry
            sys.stdin.readline()
            journal = Journal(sys.argv[1], Path(sys.argv[2]), linger=0.001)
            for number in range(2000):
                journal.record(JournalEntry(
                    new_reference(), datetime.now(UTC), "inbound", Direction.INBOUND, "192.0.2.7", "a@b",
                    ("c@d",), 1, Action.RELAY, Privacy.ORDINARY, 250, 0.1))
            journal.close(30)
            print(journal.lost, journal.waiting)
        """
        command = [sys.executable, "-c", program, url, str(spill)]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate()[0].strip() for process in processes] == ["0 0"] * 2
        assert len(set(stored(engine))) == 4000
        assert not spill.exists()


class TestDatabaseAway:
    def test_entries_wait_and_are_stored_when_it_is_back(self, url: str, spill: Path, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("in the way of the folder")
        journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        references = record_many(journal, 50)
        wait_for(lambda: journal.waiting == 50)
        (tmp_path / "state").unlink()
        upgrade(url)
        engine = open_engine(url)
        wait_for(lambda: len(stored(engine)) == 50)
        journal.close(5)
        assert sorted(stored(engine)) == references
        engine.dispose()

    def test_a_locked_database_holds_nobody_up(self, url: str, spill: Path, engine: Engine) -> None:
        journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        with writing(engine):
            references = record_many(journal, 20)
            wait_for(lambda: journal._pause > 0)
            references += record_many(journal, 20)
        journal.close(5)
        assert sorted(stored(engine)) == sorted(references)

    def test_too_many_for_memory_go_to_files_and_come_back(
        self, url: str, spill: Path, engine: Engine
    ) -> None:
        journal = Journal(url, spill, keep=100, **QUICK)  # type: ignore[arg-type]
        references: list[str] = []
        with writing(engine):
            for _ in range(20):
                references += record_many(journal, 50)
                time.sleep(0.005)
            wait_for(lambda: len(spilled(spill)) >= 900)
            wait_for(lambda: journal.waiting <= 100)
        wait_for(lambda: len(stored(engine)) == 1000)
        journal.close(5)
        assert sorted(stored(engine)) == sorted(references)
        assert list(spill.iterdir()) == []
        assert journal.lost == 0

    def test_what_waits_at_the_end_is_replayed_by_the_next_process(
        self, url: str, spill: Path, engine: Engine
    ) -> None:
        journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        with writing(engine):
            references = record_many(journal, 30)
            journal.close(5)
            assert spilled(spill) == references
        journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        wait_for(lambda: len(stored(engine)) == 30)
        wait_for(lambda: list(spill.iterdir()) == [])
        journal.close(5)
        assert sorted(stored(engine)) == references

    def test_a_thread_stuck_in_the_database_does_not_keep_its_entries(
        self, url: str, spill: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reached, go_on = threading.Event(), threading.Event()
        real = insert_rows

        def stuck(connection: Connection, rows: list[dict[str, object]]) -> None:
            reached.set()
            go_on.wait(30)
            real(connection, rows)

        monkeypatch.setattr(module, "insert_rows", stuck)
        journal = Journal(url, spill, keep=10, **QUICK)  # type: ignore[arg-type]
        references = record_many(journal, 1)
        assert reached.wait(10)
        references += record_many(journal, 25)  # 10 fit on the queue, the others go to a file at once
        wait_for(lambda: len(spilled(spill)) == 15)
        journal.close(0.01)
        assert spilled(spill) == sorted(references)
        go_on.set()
        journal._thread.join(10)
        monkeypatch.undo()
        assert stored(engine)  # the stuck thread did succeed after all: those rows are there and in the file
        after = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        wait_for(lambda: list(spill.iterdir()) == [])
        after.close(5)
        assert sorted(stored(engine)) == sorted(references)

    def test_a_batch_whose_fate_is_unknown_is_not_stored_twice(
        self, url: str, spill: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = writing
        failures = iter([True])

        @contextmanager
        def lost_after_commit(engine: Engine) -> Iterator[Connection]:
            with real(engine) as connection:
                yield connection
            if next(failures, False):
                raise StoreError("connection lost")

        monkeypatch.setattr(module, "writing", lost_after_commit)
        journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        references = record_many(journal, 10)
        wait_for(lambda: journal.waiting == 0)
        journal.close(5)
        assert sorted(stored(engine)) == references

    def test_no_room_for_files_either(
        self, url: str, spill: Path, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        spill.write_text("in the way of the folder")
        journal = Journal(url, spill, keep=10, **QUICK)  # type: ignore[arg-type]
        with writing(engine):
            for _ in range(100):
                record_many(journal, 1)
                time.sleep(0.001)
            wait_for(lambda: journal.lost > 0)
            assert journal.waiting <= 30
        wait_for(lambda: journal.waiting == 0)
        journal.close(5)
        assert len(stored(engine)) == 100 - journal.lost
        assert "cannot be kept in a file" in caplog.text

    def test_trouble_is_told_once_and_its_end_too(
        self, url: str, spill: Path, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        with writing(engine):
            record_many(journal, 5, sender="canary@example.org")
            wait_for(lambda: journal._pause == 0.02)
        wait_for(lambda: journal.waiting == 0)
        journal.close(5)
        assert caplog.text.count("the database is away") == 1
        assert caplog.text.count("takes records again") == 1
        assert "canary" not in caplog.text


class TestBadRecords:
    def test_one_bad_record_does_not_keep_the_others_out(
        self, url: str, spill: Path, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        with writing(engine) as connection:
            when = "BEFORE INSERT ON journal WHEN new.size = 13"
            connection.execute(text(f"CREATE TRIGGER no {when} BEGIN SELECT RAISE(ABORT, 'no'); END"))
        journal = Journal(url, spill, linger=60)
        good = record_many(journal, 3)
        bad = record_many(journal, 1, size=13) + record_many(journal, 1, size=1 << 70)
        good += record_many(journal, 3)
        journal.close(10)
        assert sorted(stored(engine)) == sorted(good)
        refused = (spill / "refused.txt").read_text()
        assert all(reference in refused for reference in bad)
        assert journal.lost == 0

    def test_an_entry_of_the_wrong_type_does_not_end_the_thread(
        self, url: str, spill: Path, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = Journal(url, spill, linger=0.01)
        journal.record(entry(direction="inbound"))
        references = record_many(journal, 1)
        wait_for(lambda: stored(engine) == references)
        journal.record(entry(privacy=None))
        journal.close(5)
        journal.record(entry(privacy=None))
        assert journal.lost == 3
        assert "cannot be recorded" in caplog.text

    def test_a_torn_file_is_replayed_as_far_as_it_goes(self, url: str, spill: Path, engine: Engine) -> None:
        first = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        with writing(engine):
            references = record_many(first, 3)
            first.close(5)
        (path,) = spill.glob("*.jsonl")
        with path.open("ab") as file:
            file.write(b'{"reference":"01J')
        second = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
        wait_for(lambda: not list(spill.glob("*.jsonl")))
        second.close(5)
        assert sorted(stored(engine)) == references
        assert '{"reference":"01J' in (spill / "refused.txt").read_text()


def test_records_after_the_end_are_kept_in_a_file(url: str, spill: Path, engine: Engine) -> None:
    journal = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
    journal.close(5)
    references = record_many(journal, 2)
    assert spilled(spill) == references
    journal.close(5)
    after = Journal(url, spill, **QUICK)  # type: ignore[arg-type]
    wait_for(lambda: len(stored(engine)) == 2)
    after.close(5)


def test_an_idle_journal_leaves_no_trace(url: str, spill: Path, engine: Engine) -> None:
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    before = sorted(os.listdir(spill.parent))
    Journal(url, spill).close(5)
    assert sorted(os.listdir(spill.parent)) == before
