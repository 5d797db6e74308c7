"""kill -9 of a worker, of the next hop and of everything, while 500 numbered messages are being sent.

Each message that was answered with 2xx must be at the next hop or in quarantine, whole; none may be lost;
and only a message whose sender tried more than once may be there more than once.
"""

from __future__ import annotations

import random
import re
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from os import kill
from pathlib import Path

import pytest

from tests.conftest import StartGateway
from tests.support.durable_hop import NUMBER
from tests.support.gateway import ROOT, Gateway
from tests.support.load import Sender
from tests.support.messages import message
from tests.support.ports import free_port, greeted, wait_until
from tests.support.process import Service, children

COUNT = 500
SESSIONS = 8
KILLS = 12
HELD_EVERY = 25  # each so many messages one is of the kind that is refused, and kept in quarantine
BODY = "A line of text that makes the message a little larger than nothing at all.\n" * 60


class Hop:
    """The durable next hop, which can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder / "kept"
        self.folder.mkdir()
        self._scratch = folder
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.durable_hop", str(self.port), str(self.folder)]
        self.service = Service("durable-hop", command, self._scratch, directory=ROOT)
        wait_until(lambda: greeted(self.port), "the durable next hop")

    def restart(self) -> None:
        """kill -9, then start again."""
        self.service.kill()
        self.start()

    def kept(self) -> Counter[int]:
        """Number of a message -> how often it is there."""
        return Counter(int(file.name.split("-")[0]) for file in self.folder.iterdir() if file.name[0] != ".")


@pytest.fixture
def hop(tmp_path: Path) -> Iterator[Hop]:
    instance = Hop(tmp_path)
    yield instance
    instance.service.kill()


def content(number: int) -> bytes:
    """Message `number`; some are such that policy refuses them."""
    subject = "Claim your online casino bonus" if number % HELD_EVERY == 0 else "Numbered"
    return message(subject, f"{BODY}Number {number}.\n", f"X-Number: {number}")


def kill_a_worker(gateway: Gateway) -> None:
    """SIGKILL to one child of the supervisor, whichever it is."""
    below = children(gateway.running_service.pid)
    if below:
        kill(random.choice(below), signal.SIGKILL)


def kill_everything(gateway: Gateway, hop: Hop) -> None:
    """As a power cut would: gateway with all its processes, and the next hop."""
    gateway.kill()
    hop.service.kill()
    hop.start()
    gateway.start()


def in_quarantine(state: Path) -> set[int]:
    """Numbers of the messages whose content is in the quarantine's folder."""
    found: set[int] = set()
    for file in (state / "quarantine").rglob("*"):
        if file.is_file():
            match = NUMBER.search(file.read_bytes())
            if match is not None:
                found.add(int(match[1]))
    return found


def quarantine_records(state: Path) -> set[str]:
    """References of the quarantine's records."""
    (database,) = state.glob("*.db")
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {str(row[0]) for row in connection.execute("SELECT reference FROM quarantine")}


def disturb(sender: Sender, actions: list[Callable[[], None]]) -> None:
    """Run the actions at random moments while the load lasts."""
    for number, action in enumerate(actions):
        share = COUNT * (number + 1) // (len(actions) + 1)
        wait_until(lambda due=share: sender.settled >= due, f"{share} messages", 60, 0.005)  # type: ignore[misc]
        time.sleep(random.random() * 0.05)
        action()


def test_no_message_is_lost(gateway: StartGateway, hop: Hop) -> None:
    instance = gateway(f"127.0.0.1:{hop.port}", workers=2)
    sender = Sender(instance.port, COUNT, SESSIONS, content)
    actions: list[Callable[[], None]] = [
        lambda: kill_a_worker(instance),
        hop.restart,
        lambda: kill_everything(instance, hop),
    ] * (KILLS // 3)
    random.shuffle(actions)
    sender.start()
    disturb(sender, actions)
    sender.wait(60)

    ledger, kept = sender.ledger, hop.kept()
    assert len(ledger.accepted) + len(ledger.refused) == COUNT
    assert ledger.attempts.total() > COUNT, "the kills met no message under way, so nothing was tested"
    assert set(ledger.refused) == {number for number in range(COUNT) if number % HELD_EVERY == 0}
    lost = sorted(number for number in ledger.accepted if number not in kept)
    assert not lost, f"answered 2xx, yet not at the next hop: {lost}"
    doubled = sorted(number for number, times in kept.items() if times > ledger.attempts[number])
    assert not doubled, f"at the next hop more often than they were sent: {doubled}"
    unasked = sorted(set(kept) - set(ledger.accepted))
    assert not unasked, f"at the next hop though the sender was told no: {unasked}"
    for file in hop.folder.iterdir():
        if not file.name.startswith("."):
            number = int(file.name.split("-")[0])
            assert file.read_bytes().endswith(content(number).partition(b"\r\n")[2]), f"{number} is not whole"

    # A refusal names its reference; the copy that was promised is there for a technician to release.
    references = {re.search(r"Reference (\w{26})", reply)[1] for reply in ledger.refused.values()}  # type: ignore[index]
    assert references <= quarantine_records(instance.state_dir)
    assert set(ledger.refused) <= in_quarantine(instance.state_dir)
    assert instance.stop() == 0
