"""The quarantine: nothing half kept, nothing released twice, nothing kept too long."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text, update

from gateway.model import (
    Action,
    Client,
    Direction,
    Envelope,
    Finding,
    Judged,
    Privacy,
    Verdict,
    new_reference,
)
from gateway.store import quarantine as module
from gateway.store.content import ContentError
from gateway.store.database import StoreError, database_url, open_engine, writing
from gateway.store.item import HeldItem, ItemState
from gateway.store.migrations import upgrade
from gateway.store.quarantine import STALE_CLAIM, NoSuchItem, Quarantine
from gateway.store.schema import quarantine as table

NOW = datetime.now(UTC)
MESSAGE = b"Subject: x\r\n\r\nbody\r\n"
HOUR = timedelta(hours=1)


def item(**changes: object) -> HeldItem:
    judged = Judged(
        Finding("attachment", "exe", "executable", "2", "a.exe"), Action.QUARANTINE, "5.11", "executable"
    )
    fresh = HeldItem(
        reference=new_reference(),
        received_at=NOW,
        listener="inbound",
        direction=Direction.INBOUND,
        client=Client("192.0.2.7"),
        envelope=Envelope("a@example.org", ["b@school.example"]),
        privacy=Privacy.ORDINARY,
        verdict=Verdict(Action.QUARANTINE, (judged,), "nexus-mat"),
        expires_at=NOW + timedelta(days=30),
    )
    return replace(fresh, **changes)  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    upgrade(database_url(tmp_path))
    engine = open_engine(database_url(tmp_path), busy_timeout=0.1)
    yield engine
    engine.dispose()


@pytest.fixture
def quarantine(engine: Engine, tmp_path: Path) -> Quarantine:
    return Quarantine(engine, tmp_path / "quarantine")


def held(quarantine: Quarantine, **changes: object) -> str:
    fresh = item(**changes)
    quarantine.hold(fresh, [MESSAGE])
    return fresh.reference


def content_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "quarantine").rglob("*") if path.is_file()]


def make_old(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (1_000_000_000, 1_000_000_000))


def set_row(engine: Engine, reference: str, **values: object) -> None:
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.reference == reference).values(values))


def read(quarantine: Quarantine, reference: str) -> bytes:
    return b"".join(quarantine.open(reference)[1])


class TestHold:
    def test_holds_envelope_content_and_row(self, quarantine: Quarantine) -> None:
        fresh = item(subject="hello", filenames=("a.exe",))
        quarantine.hold(fresh, [MESSAGE[:7], MESSAGE[7:]])
        envelope, blocks = quarantine.open(fresh.reference)
        assert envelope == fresh.stored_envelope()
        assert b"".join(blocks) == MESSAGE
        stored = quarantine.get(fresh.reference)
        assert stored is not None
        assert stored.state is ItemState.HELD
        assert (stored.subject, stored.filenames, stored.size) == ("hello", ("a.exe",), len(MESSAGE))
        assert (stored.received_at, stored.expires_at) == (fresh.received_at, fresh.expires_at)

    def test_the_content_is_durable_before_the_row_is_committed(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_insert: list[int] = []
        real = writing

        @contextmanager
        def watched(engine: Engine) -> Iterator[Connection]:
            at_insert.append(len(content_files(tmp_path)))
            with real(engine) as connection:
                yield connection

        monkeypatch.setattr(module, "writing", watched)
        held(quarantine)
        assert at_insert == [1]

    def test_hostile_text_does_not_keep_a_message_out(self, quarantine: Quarantine) -> None:
        sender = "\udcff\0'\"; DROP TABLE quarantine;--@example.org"
        reference = held(
            quarantine,
            envelope=Envelope(sender, ["\udce9@school.example"] * 1000),
            subject="\ud800\0" * 5000,
            filenames=("\udcff" * 3000,) * 3000,
        )
        stored = quarantine.get(reference)
        assert stored is not None
        assert stored.recipients is not None
        assert len(stored.recipients) == 1000
        assert quarantine.open(reference)[0].sender == sender

    def test_a_full_disk_leaves_nothing(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(fd: int, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            quarantine.hold(item(), [MESSAGE])
        assert content_files(tmp_path) == []
        assert quarantine.list() == ()

    def test_a_row_that_cannot_be_written_leaves_nothing(
        self, quarantine: Quarantine, engine: Engine, tmp_path: Path
    ) -> None:
        with writing(engine), pytest.raises(StoreError, match="locked"):
            quarantine.hold(item(), [MESSAGE])
        with writing(engine) as connection:
            connection.execute(text("DROP TABLE quarantine"))
        with pytest.raises(StoreError, match="no such table"):
            quarantine.hold(item(), [MESSAGE])
        assert content_files(tmp_path) == []

    def test_a_fault_between_content_and_row_leaves_nothing(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fault(self: HeldItem, size: int, sha256: str) -> dict[str, object]:
            raise RuntimeError("fault")

        monkeypatch.setattr(HeldItem, "row", fault)
        with pytest.raises(RuntimeError, match="fault"):
            quarantine.hold(item(), [MESSAGE])
        assert content_files(tmp_path) == []

    @pytest.mark.parametrize("committed", [True, False])
    def test_a_connection_lost_during_commit_is_looked_into(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: bool
    ) -> None:
        @contextmanager
        def lost(engine: Engine) -> Iterator[Connection]:
            with engine.connect() as connection:
                yield connection
                (connection.commit if committed else connection.rollback)()
            raise StoreError("connection lost")

        monkeypatch.setattr(module, "writing", lost)
        fresh = item()
        if committed:
            quarantine.hold(fresh, [MESSAGE])
            assert read(quarantine, fresh.reference) == MESSAGE
        else:
            with pytest.raises(StoreError, match="connection lost"):
                quarantine.hold(fresh, [MESSAGE])
            assert content_files(tmp_path) == []

    def test_content_stays_where_nobody_knows_whether_the_row_is_there(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @contextmanager
        def lost(engine: Engine) -> Iterator[Connection]:
            with engine.connect() as connection:
                yield connection
            raise StoreError("connection lost")

        monkeypatch.setattr(module, "writing", lost)
        monkeypatch.setattr(module, "reading", lost)
        with pytest.raises(StoreError, match="connection lost"):
            quarantine.hold(item(), [MESSAGE])
        assert len(content_files(tmp_path)) == 1

    def test_a_killed_process_leaves_an_orphan_that_explains_itself(
        self, quarantine: Quarantine, tmp_path: Path
    ) -> None:
        program = """if True:
            import os, signal, sys
            from datetime import UTC, datetime
            from pathlib import Path
            from gateway.model import *
            from gateway.store import quarantine
            from gateway.store.database import database_url, open_engine
            from gateway.store.item import HeldItem
            state = Path(sys.argv[1])
            quarantine.writing = lambda engine: os.kill(os.getpid(), signal.SIGKILL)
            now = datetime.now(UTC)
            item = HeldItem(sys.argv[2], now, "inbound", Direction.INBOUND, Client("192.0.2.7"),
                            Envelope("a@example.org", ["b@school.example"]), Privacy.ORDINARY,
                            Verdict(Action.QUARANTINE), now)
            engine = open_engine(database_url(state))
            quarantine.Quarantine(engine, state / "quarantine").hold(item, [b"message"])
        """
        reference = new_reference()
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path), reference])
        assert done.returncode == -signal.SIGKILL
        (path,) = content_files(tmp_path)
        assert path.read_bytes().partition(b"\n")[2] == b"message"
        assert b'"recipients":["b@school.example"]' in path.read_bytes()
        assert quarantine.orphans() == ()  # still young: its row might be on the way
        assert quarantine.sweep() == 0
        make_old(path)
        assert quarantine.orphans() == (reference,)
        assert quarantine.sweep() == 1
        assert content_files(tmp_path) == []


class TestLook:
    def test_pages_are_newest_first_without_gaps(self, quarantine: Quarantine) -> None:
        references = sorted((held(quarantine) for _ in range(7)), reverse=True)
        pages, before = [], None
        while page := quarantine.list(limit=3, before=before):
            pages.append([entry.reference for entry in page])
            before = page[-1].reference
        assert pages == [references[:3], references[3:6], references[6:]]

    def test_by_state_and_time(self, quarantine: Quarantine) -> None:
        old = held(quarantine, received_at=NOW - 5 * HOUR)
        new = held(quarantine)
        quarantine.delete(new, "alice")
        assert [entry.reference for entry in quarantine.list(ItemState.HELD)] == [old]
        assert [entry.reference for entry in quarantine.list(ItemState.DELETED)] == [new]
        assert [entry.reference for entry in quarantine.list(since=NOW - HOUR)] == [new]
        assert [entry.reference for entry in quarantine.list(until=NOW)] == [old]
        assert [entry.reference for entry in quarantine.list(since=NOW)] == [new]

    def test_counts_name_every_state(self, quarantine: Quarantine) -> None:
        assert quarantine.counts() == dict.fromkeys(ItemState, 0)
        first, _ = held(quarantine), held(quarantine)
        quarantine.claim_release(first, "alice")
        counts = quarantine.counts()
        assert list(counts.items()) == [(state, int(state in ("held", "releasing"))) for state in ItemState]

    @pytest.mark.parametrize("reference", ["", "nonsense", "../../etc/passwd", "01J" + "0" * 23])
    def test_what_is_not_there(self, quarantine: Quarantine, reference: str) -> None:
        assert quarantine.get(reference) is None
        with pytest.raises(NoSuchItem):
            quarantine.open(reference)
        assert quarantine.claim_release(reference, "alice") is False
        assert quarantine.mark_released(reference, "alice", "250 OK") is False
        assert quarantine.delete(reference, "alice") is False

    def test_damaged_content_never_reaches_its_end(self, quarantine: Quarantine, tmp_path: Path) -> None:
        reference = held(quarantine)
        (path,) = content_files(tmp_path)
        path.write_bytes(path.read_bytes().replace(b"\r\nbody", b"\r\nbady"))
        with pytest.raises(ContentError, match="SHA-256"):
            read(quarantine, reference)
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(ContentError, match="size"):
            quarantine.open(reference)
        path.unlink()
        with pytest.raises(ContentError, match="no content"):
            quarantine.open(reference)


class TestRelease:
    def test_a_release_that_succeeds(self, quarantine: Quarantine) -> None:
        reference = held(quarantine)
        assert quarantine.claim_release(reference, "alice")
        assert quarantine.finish_release(reference, "alice", "250 2.0.0 Queued", delivered=True)
        stored = quarantine.get(reference)
        assert stored is not None
        assert stored.state is ItemState.RELEASED
        assert (stored.released_by, stored.release_reply) == ("alice", "250 2.0.0 Queued")
        assert stored.released_at is not None
        assert not quarantine.claim_release(reference, "bob")
        assert read(quarantine, reference) == MESSAGE

    def test_a_release_that_fails_is_held_again(self, quarantine: Quarantine) -> None:
        reference = held(quarantine)
        quarantine.claim_release(reference, "alice")
        assert quarantine.finish_release(reference, "alice", "450 4.2.0 Later", delivered=False)
        stored = quarantine.get(reference)
        assert stored is not None
        assert (stored.state, stored.claimed_by, stored.claimed_at) == (ItemState.HELD, None, None)
        assert (stored.released_at, stored.release_reply) == (None, "450 4.2.0 Later")
        assert quarantine.claim_release(reference, "bob")

    def test_only_one_of_many_gets_the_claim(self, quarantine: Quarantine, tmp_path: Path) -> None:
        reference = held(quarantine)
        engine = open_engine(database_url(tmp_path))
        shared = Quarantine(engine, tmp_path / "quarantine")
        won: list[str] = []

        def claim(name: str) -> None:
            if shared.claim_release(reference, name):
                won.append(name)

        threads = [threading.Thread(target=claim, args=(f"t{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()
        stored = quarantine.get(reference)
        assert stored is not None
        assert won == [stored.claimed_by]

    def test_a_stale_claim_may_be_taken_over(self, quarantine: Quarantine, engine: Engine) -> None:
        reference = held(quarantine)
        quarantine.claim_release(reference, "alice")
        assert not quarantine.claim_release(reference, "bob")
        set_row(engine, reference, claimed_at=datetime.now(UTC) - STALE_CLAIM - HOUR)
        assert quarantine.claim_release(reference, "bob")
        # alice wakes up: her failure must not undo bob's claim, her success counts
        assert not quarantine.finish_release(reference, "alice", "451 4.4.2 Lost", delivered=False)
        assert quarantine.finish_release(reference, "alice", "250 OK", delivered=True)
        assert not quarantine.finish_release(reference, "bob", "451 4.4.2 Lost", delivered=False)
        stored = quarantine.get(reference)
        assert stored is not None
        assert (stored.state, stored.released_by) == (ItemState.RELEASED, "alice")

    def test_marking_without_a_claim(self, quarantine: Quarantine) -> None:
        reference = held(quarantine)
        assert quarantine.mark_released(reference, "alice", "250 OK")
        assert not quarantine.mark_released(reference, "bob", "250 OK")


class TestDelete:
    def test_the_content_goes_and_the_trace_stays(self, quarantine: Quarantine, tmp_path: Path) -> None:
        reference = held(quarantine)
        assert quarantine.delete(reference, "alice")
        assert content_files(tmp_path) == []
        stored = quarantine.get(reference)
        assert stored is not None
        assert (stored.state, stored.deleted_by) == (ItemState.DELETED, "alice")
        assert stored.deleted_at is not None
        with pytest.raises(NoSuchItem):
            quarantine.open(reference)
        assert not quarantine.delete(reference, "bob")
        assert not quarantine.claim_release(reference, "bob")

    def test_not_while_it_is_being_released(self, quarantine: Quarantine, engine: Engine) -> None:
        reference = held(quarantine)
        quarantine.claim_release(reference, "alice")
        assert not quarantine.delete(reference, "bob")
        assert read(quarantine, reference) == MESSAGE
        set_row(engine, reference, claimed_at=datetime.now(UTC) - STALE_CLAIM - HOUR)
        assert quarantine.delete(reference, "bob")

    def test_content_that_could_not_be_deleted_is_swept(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference = held(quarantine)

        def fail(path: Path) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "unlink", fail)
        with pytest.raises(OSError, match="Input/output"):
            quarantine.delete(reference, "alice")
        monkeypatch.undo()
        assert len(content_files(tmp_path)) == 1
        assert quarantine.sweep() == 1
        assert content_files(tmp_path) == []


class TestRetention:
    def test_expires_what_is_due_whatever_became_of_it(
        self, quarantine: Quarantine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_BATCH", 2)
        due = [held(quarantine, expires_at=NOW) for _ in range(5)]
        quarantine.mark_released(due[0], "alice", "250 OK")
        quarantine.delete(due[1], "alice")
        later = held(quarantine, expires_at=NOW + HOUR)
        assert quarantine.expire(NOW) == 4
        assert quarantine.counts()[ItemState.DELETED] == 5
        assert [path.stem for path in content_files(tmp_path)] == [later]
        first, second = quarantine.get(due[0]), quarantine.get(due[1])
        assert first is not None
        assert second is not None
        assert (first.deleted_by, second.deleted_by) == ("retention", "alice")
        assert quarantine.expire(NOW) == 0

    def test_does_not_take_away_what_is_being_released(self, quarantine: Quarantine) -> None:
        reference = held(quarantine, expires_at=NOW - HOUR)
        quarantine.claim_release(reference, "alice")
        assert quarantine.expire(datetime.now(UTC)) == 0
        assert quarantine.expire(datetime.now(UTC) + 2 * STALE_CLAIM) == 1

    def test_purge_removes_old_rows_of_deleted_items_only(
        self, quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_BATCH", 2)
        old = [held(quarantine, received_at=NOW - 5 * HOUR) for _ in range(5)]
        young = held(quarantine)
        for reference in [*old[:-1], young]:
            quarantine.delete(reference, "alice")
        assert quarantine.purge(NOW - HOUR) == 4
        assert {entry.reference for entry in quarantine.list()} == {old[-1], young}


def test_sweep_spares_what_is_held(quarantine: Quarantine, tmp_path: Path) -> None:
    references = {held(quarantine) for _ in range(3)}
    make_old(*content_files(tmp_path))
    unfinished = content_files(tmp_path)[0].parent / ".x.msg.123.tmp"
    unfinished.write_bytes(b"half")
    make_old(unfinished)
    assert quarantine.sweep() == 1
    assert {path.stem for path in content_files(tmp_path)} == references


def test_sweep_of_a_quarantine_that_was_never_used(quarantine: Quarantine) -> None:
    assert quarantine.sweep() == 0


@pytest.mark.parametrize("call", [lambda q: q.list(), lambda q: q.counts(), lambda q: q.expire(NOW)])
def test_trouble_with_the_database_is_a_store_error(
    quarantine: Quarantine, engine: Engine, call: Callable[[Quarantine], object]
) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE quarantine"))
    with pytest.raises(StoreError):
        call(quarantine)
