"""Promise 4: mail marked personal leaves no name in logs, metrics, status or tables, whatever becomes of it.

Every text of these messages (addresses, subject, file name, body, HELO name, the client's IP address) is a canary.
The content files of the quarantine hold the message itself; nothing else may.
"""

from __future__ import annotations

import smtplib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.gateway import Gateway
from tests.support.messages import EICAR, PROGRAM
from tests.support.next_hop import NextHop, Say
from tests.support.ports import wait_until

CANARY = "zebra"
CLIENT = "127.0.0.77"  # the client's address is a canary too
SENDER, RECIPIENT = f"{CANARY}sender@elsewhere.example", f"{CANARY}rcpt@school.example"
QUOTING = f"5.1.1 <{RECIPIENT}>: {CANARY}reply"
MARKS = ("Subject: [Personal] {0}subject", "Subject: {0}subject\r\nSensitivity: Private")
BETS = f"{CANARY}body: come to our online casino and place your bets, free casino bonus"


def message(subject: str, body: str = f"{CANARY}body", *fields: str) -> bytes:
    lines = [f"From: {SENDER}", f"To: {RECIPIENT}", subject.format(CANARY), *fields, "", body]
    return "".join([f"{line}\r\n" for line in lines]).encode()


def attached(subject: str, filename: str, content: bytes) -> bytes:
    header = message(subject, "", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=x")
    return (
        header
        + f"--x\r\nContent-Type: text/plain\r\n\r\n{CANARY}body\r\n--x\r\n".encode()
        + f'Content-Type: application/octet-stream; name="{filename}"\r\n'.encode()
        + f'Content-Disposition: attachment; filename="{filename}"\r\n\r\n'.encode()
        + content
        + b"\r\n--x--\r\n"
    )


class Site:
    """A gateway, its next hop, and everything that it lets out."""

    def __init__(self, folder: Path) -> None:
        self.hop = NextHop().start()
        self.gateway = Gateway(
            folder,
            self.hop.address,
            listener={"max_message_size": 200_000, "max_received": 3},
            sections={"relay": {"command_timeout": 2, "data_timeout": 2}, "spool": {"memory": 20_000}},
        )
        self.sent = 0

    def send(self, content: bytes, *recipients: str) -> int:
        """Send a message; the code of the reply to it, or to the command that failed."""
        self.sent += 1
        with smtplib.SMTP(
            "127.0.0.1", self.gateway.port, f"{CANARY}helo.example", 20, source_address=(CLIENT, 0)
        ) as client:
            client.ehlo()
            client.esmtp_features.pop("size")  # so that what is too large is sent all the same
            try:
                client.sendmail(SENDER, list(recipients or (RECIPIENT,)), content)
            except smtplib.SMTPRecipientsRefused as error:
                return next(iter(error.recipients.values()))[0]
            except smtplib.SMTPResponseException as error:
                return error.smtp_code
        return 250

    @property
    def journal(self) -> list[dict[str, object]]:
        return self.rows("journal")

    def rows(self, table: str) -> list[dict[str, object]]:
        (database,) = self.gateway.state_dir.glob("*.db")
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]

    def let_out(self) -> dict[str, bytes]:
        """All that the gateway has written or says, by its name; not the content files of the quarantine."""
        state = self.gateway.state_dir
        files = [
            file for file in state.rglob("*") if file.is_file() and state / "quarantine" not in file.parents
        ]
        found = {str(file.relative_to(state)): file.read_bytes() for file in files}
        service = self.gateway.running_service
        return found | {
            "standard output": service.output.encode(),
            "standard error": service.errors.encode(),
            "/metrics": self.gateway.http("/metrics")[1].encode(),
            "/healthz": self.gateway.http("/healthz")[1].encode(),
        }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    opened = Site(tmp_path_factory.mktemp("private"))
    yield opened
    opened.gateway.kill()
    opened.hop.stop()


@pytest.fixture
def nothing_told(site: Site) -> Iterator[None]:
    """After the test: one more record for each message, and no canary anywhere."""
    before, sent = len(site.journal), site.sent
    site.hop.script = {}
    yield
    site.hop.script = {}
    wait_until(lambda: len(site.journal) >= before + site.sent - sent, "the journal", 10)
    records = site.journal[before:]
    assert len(records) == site.sent - sent
    for record in records:
        assert record["privacy"] in ("personal", "unknown")
        assert (record["sender"], record["recipients"], record["client"]) == (None, None, None)
    for name, octets in site.let_out().items():
        for canary in (CANARY.encode(), CLIENT.encode()):
            where = octets.lower().find(canary)
            assert where < 0, f"{name} has it: {octets[max(0, where - 100) : where + 60]!r}"


@pytest.mark.usefixtures("nothing_told")
@pytest.mark.parametrize("mark", MARKS)
def test_relayed(site: Site, mark: str) -> None:
    arrived = len(site.hop.messages)
    assert site.send(message(mark)) == 250
    wait_until(lambda: len(site.hop.accepted) > arrived, "the message")
    content = site.hop.accepted[-1].content
    assert b"\r\nX-Postern-Privacy: personal\r\n" in content
    assert content.endswith(message(mark))


@pytest.mark.usefixtures("nothing_told")
@pytest.mark.parametrize(
    "content",
    [
        message(MARKS[0], BETS),
        message(MARKS[1], f"{CANARY}body {EICAR.decode()}"),
        attached(MARKS[0], f"{CANARY}file.exe", PROGRAM),
        attached(MARKS[1], f"{CANARY}file.pdf", PROGRAM),
    ],
    ids=["words", "virus", "program", "program in disguise"],
)
def test_rejected(site: Site, content: bytes) -> None:
    """Blocking rules apply to private mail as to any other."""
    assert site.send(content) == 550


@pytest.mark.usefixtures("nothing_told")
def test_quarantined(site: Site) -> None:
    before = len(site.rows("quarantine"))
    assert site.send(attached(MARKS[0], f"{CANARY}file.iso", b"x" * 100)) == 250
    rows = site.rows("quarantine")
    assert len(rows) == before + 1
    row = max(rows, key=lambda found: str(found["reference"]))
    assert row["state"] == "held"
    assert [row[name] for name in ("sender", "recipients", "subject", "filenames")] == [None] * 4


@pytest.mark.usefixtures("nothing_told")
@pytest.mark.parametrize("code", [451, 550])
def test_refused_by_the_next_hop_which_quotes_addresses(site: Site, code: int) -> None:
    site.hop.script = {"dot": Say(f"{code} {QUOTING}")}
    assert site.send(message(MARKS[0])) == code


@pytest.mark.usefixtures("nothing_told")
def test_one_recipient_refused_by_the_next_hop(site: Site) -> None:
    site.hop.script = {"RCPT": lambda argument: Say(f"550 {QUOTING}") if "other" in argument else None}
    assert site.send(message(MARKS[0]), RECIPIENT, f"{CANARY}other@school.example") == 250


@pytest.mark.usefixtures("nothing_told")
def test_too_large(site: Site) -> None:
    assert site.send(message(MARKS[0], f"{CANARY} " * 40_000)) == 552


@pytest.mark.usefixtures("nothing_told")
def test_going_round(site: Site) -> None:
    trace = f"Received: from {CANARY}.example by x; y\r\n".encode() * 4
    assert site.send(trace + message(MARKS[0])) == 554


@pytest.mark.usefixtures("nothing_told")
def test_no_room_to_hold_it(site: Site) -> None:
    spool, aside = site.gateway.state_dir / "spool", site.gateway.state_dir / "spool-aside"
    spool.rename(aside)
    try:
        assert site.send(message(MARKS[0], f"{CANARY} " * 10_000)) in (451, 452)
    finally:
        aside.rename(spool)


@pytest.mark.usefixtures("nothing_told")
def test_no_room_in_quarantine(site: Site) -> None:
    quarantine, aside = site.gateway.state_dir / "quarantine", site.gateway.state_dir.parent / "aside"
    quarantine.rename(aside)
    quarantine.write_text("in the way")
    try:
        assert site.send(message(MARKS[0], BETS)) in (451, 452)
    finally:
        quarantine.unlink()
        aside.rename(quarantine)


@pytest.mark.usefixtures("nothing_told")
def test_breaking_off_in_the_middle(site: Site) -> None:
    """No record, since there was no message; but a recipient had been refused, which is worth a line."""
    site.hop.script = {"RCPT": lambda argument: Say(f"550 {QUOTING}") if "other" in argument else None}
    with smtplib.SMTP("127.0.0.1", site.gateway.port, f"{CANARY}helo.example", 20, (CLIENT, 0)) as client:
        client.ehlo()
        client.mail(SENDER)
        client.rcpt(f"{CANARY}other@school.example")
        client.rcpt(RECIPIENT)
        client.docmd("DATA")
        client.send(message(MARKS[0])[:-10])
        time.sleep(0.2)
        assert client.sock is not None
        client.sock.close()
        client.sock = None
    time.sleep(0.3)


def test_ordinary_mail_is_recorded_with_names(site: Site) -> None:
    """Guards the tests above: what they look for is there where it may be. It comes last, for its canary stays."""
    ordinary = b"From: a@b.example\r\nSubject: Lunch\r\n\r\nHello.\r\n"
    before = len(site.journal)
    assert site.send(ordinary) == 250
    wait_until(lambda: len(site.journal) > before, "the journal", 10)
    assert site.journal[-1]["sender"] == SENDER
    found = site.let_out()
    wait_until(lambda: CANARY.encode() in site.let_out()["standard output"], "the log line", 5)
    assert any(CANARY.encode() in octets for name, octets in found.items() if ".db" in name)
