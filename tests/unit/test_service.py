"""How a transaction becomes a log line, metrics, a journal record and an item of the quarantine.

A message marked personal leaves no name in any of them: every text that came with it bears a canary here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from gateway import reply, telemetry
from gateway.config import Gateway, HostPort, Listener, Policy, Settings, SmtpHop
from gateway.config import Store as StoreSettings
from gateway.inspection import Inspector
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
from gateway.policy.profile import Profile
from gateway.relay.hop import Onward
from gateway.reply import Reply
from gateway.service import Outcome, Refusal, Service, Store, TimedOnward
from gateway.store.database import StoreError, database_url, open_engine
from gateway.store.journal import Journal
from gateway.store.migrations import upgrade
from gateway.store.quarantine import Quarantine
from gateway.telemetry import Metrics
from tests.unit.test_transaction import FOREIGN, LOCAL, FakeOnward, Setting, begun, run, text

REFERENCE = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
LISTENER = Listener(
    name="inbound",
    bind=(HostPort(host="127.0.0.1", port=25),),
    relay_to=(SmtpHop(address=HostPort(host="127.0.0.1", port=26)),),
)
CANARIES = ("canary-sender", "canary-rcpt", "canary-subject", "canary-file", "canary-detail", "192.0.2.77")


def outcome(action: Action = Action.RELAY, **changes: Any) -> Outcome:
    """A transaction in which every text is a canary."""
    finding = Finding("keyword", "rule-1", "gambling", "2", "canary-file.exe", "canary-detail")
    verdict = Verdict(action, (Judged(finding, action, "5.11", "gambling"),), "test")
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "client": Client("192.0.2.77", 4711, "canary-helo.example", True),
        "envelope": Envelope("canary-sender@elsewhere.example", ["canary-rcpt@school.example"]),
        "direction": Direction.INBOUND,
        "verdict": verdict,
        "reply": Reply(250, "2.0.0 Ok: canary-reply"),
        "privacy": Privacy.ORDINARY,
        "subject": "canary-subject",
        "size": 1234,
        "defects": 0,
        "seconds": 0.5,
    }
    return Outcome(**values | changes)


class Scene:
    """A service with a real database in `folder`."""

    def __init__(self, folder: Path, **store: Any) -> None:
        self.folder = folder
        url = database_url(folder)
        upgrade(url)
        self.engine = open_engine(url)
        self.quarantine = Quarantine(self.engine, folder / "quarantine")
        self.journal = Journal(url, folder / "spill")
        self.registry = CollectorRegistry()
        self.executor = ThreadPoolExecutor(1)
        settings = Settings(
            gateway=Gateway(hostname="gw.example", local_domains=("school.example",), state_dir=folder),
            listener=(LISTENER,),
            policy=Policy(profile="test"),
            store=StoreSettings(**store),
        )
        self.service = Service(
            settings, LISTENER, cast(Profile, None), cast(Inspector, None), lambda: cast(Onward, None),
            Store(self.quarantine, self.journal, self.executor), Metrics(self.registry),
        )  # fmt: skip

    def hold(self, held: Outcome, message: bytes = b"Subject: canary-subject\r\n\r\nx\r\n") -> None:
        asyncio.run(self.service.hold(held, [message]))

    @property
    def metrics(self) -> str:
        return generate_latest(self.registry).decode()

    def journal_rows(self) -> list[dict[str, Any]]:
        self.journal.close(5)
        with sqlite3.connect(self.folder / "postern.db") as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute("SELECT * FROM journal")]
        connection.close()
        return rows

    def database_octets(self) -> bytes:
        return b"".join([file.read_bytes() for file in sorted(self.folder.glob("postern.db*"))])

    def close(self) -> None:
        self.journal.close(5)
        self.executor.shutdown()
        self.engine.dispose()


@pytest.fixture(autouse=True)
def defaults_again() -> Iterator[None]:
    """Logging is one for the process; other tests must not write to this test's standard output."""
    yield
    structlog.reset_defaults()
    own = logging.getLogger("gateway")
    own.handlers, own.propagate = [], True


@contextmanager
def opened(folder: Path, **store: Any) -> Iterator[Scene]:
    telemetry.configure_logging("info")  # here, because standard output is another one in each test
    scene = Scene(folder, **store)
    try:
        yield scene
    finally:
        scene.close()


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- what is recorded -------------------------------------------------------------------------------------------------


def test_one_log_line_a_transaction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path) as scene:
        scene.service.record(outcome())
    [line] = log_lines(capsys)
    time = line.pop("time")
    assert time.endswith("Z")
    assert line == {
        "event": "message", "level": "info", "ref": REFERENCE, "listener": "inbound", "direction": "inbound",
        "action": "relay", "size": 1234, "recipients": 1, "seconds": 0.5, "privacy": "ordinary", "reply": 250,
        "category": "gambling", "clause": "5.11", "client": "192.0.2.77",
        "from": "canary-sender@elsewhere.example", "to": ["canary-rcpt@school.example"],
        "findings": [
            {"stage": "keyword", "rule": "rule-1", "category": "gambling", "filename": "canary-file.exe"}
        ],
    }  # fmt: skip


@pytest.mark.parametrize("privacy", [privacy for privacy in Privacy if privacy.private])
@pytest.mark.parametrize("action", list(Action))
def test_private_mail_leaves_no_name_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], privacy: Privacy, action: Action
) -> None:
    refused = Refusal(
        "RCPT", "canary-refused@school.example", Reply(550, "5.1.1 <canary-refused@school.example>")
    )
    with opened(tmp_path) as scene:
        private = outcome(action, privacy=privacy, defects=3, refused=(refused,))
        if action in (Action.QUARANTINE, Action.REJECT):
            scene.hold(private)
        scene.service.record(private)
        [row] = scene.journal_rows()
        octets = scene.database_octets()
        metrics = scene.metrics
    captured = capsys.readouterr()
    assert f'"ref": "{REFERENCE}"' in captured.out
    everywhere = captured.out + captured.err + metrics + json.dumps(row)
    assert REFERENCE.encode() in octets
    for canary in (*CANARIES, "canary"):
        assert canary not in everywhere
        assert canary.encode() not in octets
    assert (row["sender"], row["recipients"], row["client"]) == (None, None, None)


def test_a_journal_record_says_what_happened(tmp_path: Path) -> None:
    with opened(tmp_path) as scene:
        scene.service.record(outcome(Action.REJECT, reply=Reply(550, "5.7.1 Blocked")))
        [row] = scene.journal_rows()
    assert (row["reference"], row["action"], row["category"], row["clause"], row["rule"], row["reply_code"]) == (
        REFERENCE, "reject", "gambling", "5.11", "rule-1", 550,
    )  # fmt: skip
    assert json.loads(row["recipients"]) == ["canary-rcpt@school.example"]


@pytest.mark.parametrize(
    ("verdict", "code", "action"),
    [
        (Action.RELAY, 250, Action.RELAY),
        (Action.TAG, 250, Action.TAG),
        (Action.RELAY, 451, Action.DEFER),
        (Action.TAG, 550, Action.REJECT),
        (Action.RELAY, 354, Action.DEFER),
        (Action.QUARANTINE, 250, Action.QUARANTINE),
        (Action.REJECT, 550, Action.REJECT),
        (Action.DEFER, 451, Action.DEFER),
    ],
)
def test_the_action_is_what_became_of_the_message(verdict: Action, code: int, action: Action) -> None:
    assert outcome(verdict, reply=Reply(code, "x")).action is action


def test_metrics_count_and_name_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as scene:
        scene.service.record(outcome())
        scene.service.record(outcome(Action.REJECT, privacy=Privacy.PERSONAL))
        scene.service.record(outcome(reply=Reply(451, "4.4.1 Down")))
        text = scene.metrics
    assert 'postern_messages_total{action="relay",direction="inbound",listener="inbound"} 1.0' in text
    assert 'postern_messages_total{action="reject",direction="inbound",listener="inbound"} 1.0' in text
    assert 'postern_messages_total{action="defer",direction="inbound",listener="inbound"} 1.0' in text
    assert 'postern_findings_total{action="reject",category="gambling",stage="keyword"} 1.0' in text
    assert sum(line.startswith("postern_personal_messages_total{") for line in text.splitlines()) == 1
    assert "postern_message_bytes_sum 3702.0" in text
    assert "canary" not in text
    assert "192.0.2.77" not in text


@pytest.mark.parametrize(
    "address",
    [
        "zo\u00eb@elsewhere.example",
        "\u7528\u6237@elsewhere.example",
        "a\n\x1b[2Jb@c.d",
    ],
)
def test_whatever_stands_in_an_address_is_recorded_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    with opened(tmp_path) as scene:
        scene.service.record(outcome(envelope=Envelope(address, [address])))
    [line] = log_lines(capsys)
    assert line["ref"] == REFERENCE


# --- what a transaction has recorded ---------------------------------------------------------------------


@pytest.mark.parametrize(("subject", "private"), [("[Personal] Lunch", True), ("Lunch", False)])
def test_personal_mail_is_marked_on_its_way(tmp_path: Path, subject: str, private: bool) -> None:
    setting = Setting(tmp_path)
    service = setting.service()
    run(service, text("Hello.", subject=subject))
    assert (b"\r\nX-Postern-Privacy: personal\r\n" in (setting.onward.content or b"")) is private
    assert service.outcomes[0].privacy is (Privacy.PERSONAL if private else Privacy.ORDINARY)


def test_mail_whose_header_was_never_read_counts_as_private(tmp_path: Path) -> None:
    service = Setting(tmp_path).service()
    run(service, b"From: a@elsewhere.example\r\nSubj", refuse=reply.TOO_LARGE)
    assert service.outcomes[0].privacy.private


@pytest.mark.parametrize(("subject", "logged"), [("Lunch", True), ("[Personal] Lunch", False)])
def test_refused_addresses_of_private_mail_that_breaks_off_are_not_logged(
    tmp_path: Path, subject: str, logged: bool
) -> None:
    """The client goes in the middle of the message, whose marking has been read by then."""

    async def work() -> None:
        transaction, _ = await begun(service, FOREIGN, LOCAL)
        transaction.begin()
        await transaction.feed(text("Hello.", subject=subject))
        await transaction.abandon()

    service = Setting(tmp_path).service()
    asyncio.run(work())
    assert bool(service.refusals) is logged


# --- what is held -----------------------------------------------------------------------------------------------------


def test_a_held_message_can_be_read_back_whole(tmp_path: Path) -> None:
    with opened(tmp_path) as scene:
        scene.hold(outcome(Action.QUARANTINE), b"Subject: x\r\n\r\n" + b"y" * 100_000)
        item = scene.quarantine.get(REFERENCE)
        envelope, blocks = scene.quarantine.open(REFERENCE)
        octets = b"".join(blocks)
    assert item is not None
    assert (item.subject, item.filenames, item.sender) == (
        "canary-subject", ("canary-file.exe",), "canary-sender@elsewhere.example",
    )  # fmt: skip
    assert octets == b"Subject: x\r\n\r\n" + b"y" * 100_000
    assert envelope.recipients == ("canary-rcpt@school.example",)


@pytest.mark.parametrize(
    ("action", "category", "settings", "kept"),
    [
        (Action.QUARANTINE, "gambling", {"keep_quarantined": 60.0}, 60),
        (Action.REJECT, "gambling", {"keep_rejected": 60.0}, 60),
        (Action.REJECT, "gambling", {"keep_rejected": 0.0}, None),
        (Action.REJECT, "malware", {"keep_rejected": 60.0}, None),
        (Action.REJECT, "malware", {"keep_rejected": 60.0, "keep_malware": 30.0}, 30),
        (Action.QUARANTINE, "malware", {"keep_quarantined": 60.0}, 60),
    ],
)
def test_how_long_a_message_is_kept(
    tmp_path: Path, action: Action, category: str, settings: dict[str, float], kept: int | None
) -> None:
    verdict = Verdict(action, (Judged(Finding("s", "r", category), action, "1", "x"),), "test")
    with opened(tmp_path, **settings) as scene:
        scene.hold(outcome(action, verdict=verdict))
        item = scene.quarantine.get(REFERENCE)
    if kept is None:
        assert item is None
        assert not [file for file in (tmp_path / "quarantine").rglob("*") if file.is_file()]
    else:
        assert item is not None
        assert (item.expires_at - item.received_at).total_seconds() == kept


def test_a_quarantine_that_cannot_be_written_raises(tmp_path: Path) -> None:
    with opened(tmp_path) as scene:
        scene.hold(outcome(Action.QUARANTINE))
        with pytest.raises((OSError, StoreError)):
            scene.hold(outcome(Action.QUARANTINE))  # the same reference a second time


# --- the clock on the next hop ----------------------------------------------------------------------------------------


def test_the_next_hops_time_is_measured_also_when_it_fails() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)

    async def work() -> Reply:
        return await TimedOnward(FakeOnward(), metrics).data("REF", [b"x"])

    async def failing() -> Reply:
        return await TimedOnward(FakeOnward(data=OSError("x")), metrics).data("REF", [b"x"])

    assert asyncio.run(work()).positive
    with pytest.raises(OSError, match="x"):
        asyncio.run(failing())
    assert registry.get_sample_value("postern_relay_seconds_count") == 2


def test_copies_of_rejected_mail_have_a_space_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beyond it a rejection leaves no copy, and the log says so; what has to be held is held all the same."""
    with opened(tmp_path, rejected_space=2500) as scene:
        references = [new_reference() for _ in range(4)]
        for reference in references[:3]:
            scene.hold(outcome(Action.REJECT, reference=reference, size=1000))
        scene.hold(outcome(Action.QUARANTINE, reference=references[3], size=1000))
        kept = [scene.quarantine.get(reference) is not None for reference in references]
        assert scene.quarantine.rejected_octets() > 0
    assert kept == [True, True, False, True]
    [line] = log_lines(capsys)
    assert (line["event"], line["ref"]) == ("copy not kept", references[2])
