"""Release from quarantine: once, whole, its reply kept, and without names of private mail."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Gateway, HostPort, Listener, MaildirHop, Policy, Relay, Settings, SmtpHop
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
from gateway.release import Released, header_of, release
from gateway.spool import Spool
from gateway.store.database import database_url, open_engine
from gateway.store.item import HeldItem, ItemState
from gateway.store.migrations import upgrade
from gateway.store.quarantine import Quarantine
from tests.support.next_hop import Close, Hang, NextHop, Say, Script, Wait
from tests.support.ports import free_port, wait_until

MESSAGE = b"X-Postern-Verdict: relay\r\nFrom: a@b.example\r\nSubject: x\r\n\r\n.dots\r\n..\r\nend\r\n"
BELOW = MESSAGE.partition(b"\r\n")[2]


class Scene:
    """A quarantine in `folder` before one next hop."""

    def __init__(self, folder: Path, *hops: str) -> None:
        self.folder = folder
        url = database_url(folder)
        upgrade(url)
        self.engine = open_engine(url)
        self.quarantine = Quarantine(self.engine, folder / "quarantine")
        relay_to: list[SmtpHop | MaildirHop] = []
        for hop in hops:
            host, _, port = hop.rpartition(":")
            is_folder = host == "maildir"
            address = HostPort(host=host, port=0 if is_folder else int(port))
            relay_to.append(MaildirHop(path=Path(port)) if is_folder else SmtpHop(address=address))
        self.settings = Settings(
            gateway=Gateway(hostname="gw.example", local_domains=("school.example",), state_dir=folder),
            listener=(
                Listener(
                    name="inbound", bind=(HostPort(host="127.0.0.1", port=25),), relay_to=tuple(relay_to)
                ),
            ),
            policy=Policy(profile="test"),
            relay=Relay(connect_timeout=2, command_timeout=1, data_timeout=1),
        )

    def hold(self, **changes: Any) -> str:
        """Put a message into quarantine; its reference."""
        finding = Finding("keyword", "betting", "gambling")
        values: dict[str, Any] = {
            "reference": new_reference(),
            "received_at": datetime.now(UTC),
            "listener": "inbound",
            "direction": Direction.INBOUND,
            "client": Client("192.0.2.77", 4711, "client.example", True),
            "envelope": Envelope("a@b.example", ["b@school.example", "c@school.example"], body="8BITMIME"),
            "privacy": Privacy.ORDINARY,
            "verdict": Verdict(Action.QUARANTINE, (Judged(finding, Action.QUARANTINE, "5.11", "x"),), "test"),
            "expires_at": datetime.now(UTC) + timedelta(days=1),
        }
        item = HeldItem(**values | changes)
        self.quarantine.hold(item, [MESSAGE[:20], MESSAGE[20:]])
        return item.reference

    def release(self, reference: str, by: str = "pat") -> Released:
        return release(self.settings, self.quarantine, reference, by)

    def state(self, reference: str) -> ItemState:
        item = self.quarantine.get(reference)
        assert item is not None
        return item.state

    def database_octets(self) -> bytes:
        return b"".join([file.read_bytes() for file in self.folder.glob("postern.db*")])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(*hops: str) -> Scene:
        made.append(Scene(tmp_path, *hops))
        return made[-1]

    yield make
    for each in made:
        each.engine.dispose()


MakeScene = Callable[..., Scene]


def test_a_released_message_arrives_as_it_was_received(scene: MakeScene) -> None:
    with NextHop() as hop:
        here = scene(hop.address)
        reference = here.hold()
        result = here.release(reference)
        wait_until(lambda: len(hop.accepted) == 1, "the message", 5, 0.01)
    assert (result.delivered, result.message) == (True, "250 2.0.0 Ok: kept as 1")
    [message] = hop.accepted
    assert (message.sender, message.recipients) == ("a@b.example", ["b@school.example", "c@school.example"])
    assert "BODY=8BITMIME" in message.mail_argument
    assert message.content.endswith(b"\r\n" + BELOW)
    added = message.content[: -len(BELOW)].decode()
    assert f"X-Postern-Ref: {reference}\r\nX-Postern-Verdict: released\r\n" in added
    assert "X-Postern-Categories: gambling\r\n" in added
    assert "X-Postern-Verdict: relay" not in added, (
        "a forged field must not come back by way of the quarantine"
    )
    item = here.quarantine.get(reference)
    assert item is not None
    assert (item.state, item.released_by, item.release_reply) == (
        ItemState.RELEASED, "pat", "250 2.0.0 Ok: kept as 1",
    )  # fmt: skip


def test_a_released_message_has_a_trace(scene: MakeScene) -> None:
    """RFC 5321 section 4.4: who passes a message on adds a Received field."""
    with NextHop() as hop:
        here = scene(hop.address)
        here.release(here.hold())
        wait_until(lambda: len(hop.accepted) == 1, "the message", 5, 0.01)
    added = hop.accepted[0].content[: -len(BELOW)]
    assert b"\r\nReceived: " in added
    assert b"by gw.example" in added


def test_a_message_is_released_once(scene: MakeScene) -> None:
    with NextHop() as hop:
        here = scene(hop.address)
        reference = here.hold()
        assert here.release(reference).delivered
        again = here.release(reference)
        assert (again.delivered, "released" in again.message) == (False, True)
        wait_until(lambda: len(hop.accepted) == 1, "the message", 5, 0.01)
    assert len(hop.messages) == 1


def test_two_technicians_at_once(scene: MakeScene) -> None:
    results: list[Released] = []
    with NextHop({"DATA": Wait(0.3)}) as hop:
        here = scene(hop.address)
        reference = here.hold()
        threads = [
            threading.Thread(target=lambda by=by: results.append(here.release(reference, by)))
            for by in ("pat", "sam")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert sorted(result.delivered for result in results) == [False, True]
    assert len(hop.messages) == 1


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"MAIL": Say("550 5.1.8 No such sender")}, "550 5.1.8 No such sender"),
        ({"RCPT": [None, Say("550 5.1.1 No such person")]}, "550 5.1.1 No such person"),
        ({"dot": Say("451 4.3.0 Later")}, "451 4.3.0 Later"),
        ({"dot": Say("554 5.7.1 Virus")}, "554 5.7.1 Virus"),
        ({"dot": Close()}, "451 4.4.1"),
        ({"dot": Hang()}, "451 4.4.1"),
        ({"dot": Say("354 What?")}, "451 4.4.1"),
    ],
)
def test_what_was_not_taken_is_held_as_before(scene: MakeScene, script: Script, said: str) -> None:
    with NextHop(script) as hop:
        here = scene(hop.address)
        reference = here.hold()
        result = here.release(reference)
        assert not result.delivered
        assert result.message.startswith(said)
        assert here.state(reference) is ItemState.HELD
        assert not hop.accepted
        hop.script = {}
        assert here.release(reference).delivered


def test_no_next_hop(scene: MakeScene) -> None:
    here = scene(f"127.0.0.1:{free_port()}")
    reference = here.hold()
    assert here.release(reference).message.startswith("451 4.4.1")
    assert here.state(reference) is ItemState.HELD


def test_the_second_next_hop_takes_it(scene: MakeScene) -> None:
    with NextHop() as hop:
        here = scene(f"127.0.0.1:{free_port()}", hop.address)
        assert here.release(here.hold()).delivered


def test_into_a_maildir(scene: MakeScene, tmp_path: Path) -> None:
    here = scene(f"maildir:{tmp_path / 'mail'}")
    assert here.release(here.hold()).delivered
    [file] = (tmp_path / "mail" / "new").iterdir()
    assert file.read_bytes().endswith(BELOW)


@pytest.mark.parametrize(
    "reference", ["01J9ZZZZZZZZZZZZZZZZZZZZZZ", "../../etc/passwd", "", "x" * 1000, "a\0b"]
)
def test_no_such_message(scene: MakeScene, reference: str) -> None:
    result = scene("127.0.0.1:1").release(reference)
    assert (result.delivered, result.message) == (False, "there is no such message")


def test_its_listener_is_gone(scene: MakeScene) -> None:
    here = scene("127.0.0.1:1")
    reference = here.hold(listener="closed-down")
    result = here.release(reference)
    assert not result.delivered
    assert "closed-down" in result.message
    assert here.state(reference) is ItemState.HELD


@pytest.mark.parametrize("damage", ["gone", "shorter", "other"])
def test_damaged_content_is_not_sent_and_stays(scene: MakeScene, damage: str) -> None:
    with NextHop() as hop:
        here = scene(hop.address)
        reference = here.hold()
        [file] = [path for path in (here.folder / "quarantine").rglob("*") if path.is_file()]
        if damage == "gone":
            file.unlink()
        elif damage == "shorter":
            os.truncate(file, file.stat().st_size - 3)
        else:
            file.write_bytes(file.read_bytes()[:-3] + b"!\r\n")
        with pytest.raises(OSError):  # noqa: PT011
            here.release(reference)
        assert not hop.messages
        assert here.state(reference) is ItemState.HELD


def test_the_next_hops_reply_does_not_give_away_private_mail(scene: MakeScene) -> None:
    """Replies quote addresses. For private mail none may stand in a table, nor be shown."""
    said = Say("550 5.1.1 <canary@school.example>: Recipient address rejected")
    with NextHop({"RCPT": said}) as hop:
        here = scene(hop.address)
        reference = here.hold(
            privacy=Privacy.PERSONAL, envelope=Envelope("a@b.example", ["canary@school.example"])
        )
        result = here.release(reference)
    assert not result.delivered
    assert result.message.startswith("550 5.1.1"), "the codes tell enough"
    assert "canary" not in result.message
    assert b"canary" not in here.database_octets()


def test_private_mail_keeps_its_mark(scene: MakeScene) -> None:
    with NextHop() as hop:
        here = scene(hop.address)
        assert here.release(here.hold(privacy=Privacy.PERSONAL)).delivered
        wait_until(lambda: len(hop.accepted) == 1, "the message", 5, 0.01)
    assert b"X-Postern-Privacy: personal\r\n" in hop.accepted[0].content


@pytest.mark.parametrize("content", [b"", b"\r\n", b"no header", b"\0" * 10, b"Subject: x"])
def test_the_header_of_anything(content: bytes) -> None:
    spool = Spool(None, 100)
    spool.write(content)
    names = [field.name for field in header_of(spool).fields]
    assert names == (["subject"] if content.startswith(b"Subject") else [])
    spool.close()
