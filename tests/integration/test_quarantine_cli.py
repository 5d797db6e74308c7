"""`postern quarantine` as a technician uses it, on what a running gateway has put there.

The verbs run in this process, which saves a second each; for the gateway it is another process all the same.
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.support.gateway import Gateway
from tests.support.messages import EICAR, PROGRAM, message, with_attachment
from tests.support.next_hop import NextHop, Say
from tests.support.ports import wait_until
from tests.support.process import children

SENDER, RECIPIENT = "ann@elsewhere.example", "bob@school.example"
BETS = message("Claim your free casino bonus today", "Hello.")
IMAGE = with_attachment("An image", b"x" * 100, "disk.iso")
PRIVATE = with_attachment("[Personal] zebra", b"x" * 100, "zebra.iso").replace(b"bob@", b"zebra@")


class Site:
    """A gateway and its next hop, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.hop = NextHop().start()
        self.gateway = Gateway(folder, self.hop.address)

    def send(self, content: bytes, recipient: str = RECIPIENT) -> str:
        """Send a message; its reference, from the reply."""
        with smtplib.SMTP("127.0.0.1", self.gateway.port, "x.example", 10) as client:
            client.ehlo()
            client.mail(SENDER)
            client.rcpt(recipient)
            try:
                _, text = client.data(content)
            except smtplib.SMTPDataError as error:
                text = error.smtp_error  # type: ignore[assignment]
        found = re.search(rb"Reference (\w{26})", text)
        assert found is not None, text
        return found[1].decode()

    def run(self, *words: str, status: int = 0) -> str:
        """`postern quarantine WORDS`: what it says. A failure must be told in words, not as a traceback."""
        done = CliRunner().invoke(app, ["quarantine", *words, "-c", str(self.gateway.config_file)])
        assert done.exit_code == status, f"{done.output}{done.exception!r}"
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        return done.output

    def listed(self, *options: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.run("list", "--json", *(options or ["--all"])).splitlines()]

    def content_files(self) -> list[Path]:
        return [file for file in (self.gateway.state_dir / "quarantine").rglob("*") if file.is_file()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    opened = Site(tmp_path_factory.mktemp("quarantine"))
    yield opened
    opened.gateway.kill()
    opened.hop.stop()


@pytest.fixture(autouse=True)
def well_again(site: Site) -> Iterator[None]:
    yield
    site.hop.script = {}


def test_what_was_stopped_is_listed_newest_first(site: Site) -> None:
    rejected, held = site.send(BETS), site.send(IMAGE)
    rows = site.listed("--limit", "2")
    assert [row["reference"] for row in rows] == [held, rejected]
    assert [row["action"] for row in rows] == ["quarantine", "reject"]
    assert (rows[1]["subject"], rows[1]["sender"], rows[1]["recipients"]) == (
        "Claim your free casino bonus today", SENDER, [RECIPIENT],
    )  # fmt: skip
    assert (rows[1]["state"], rows[1]["size"], rows[1]["private"]) == ("held", len(BETS), False)
    assert rejected in site.run("list")
    assert [row["reference"] for row in site.listed("--limit", "1", "--before", held)] == [rejected]
    assert {row["state"] for row in site.listed("--state", "held")} == {"held"}


def test_the_command_line_takes_nothing_away_from_the_gateway(site: Site) -> None:
    """Closing any descriptor of an SQLite file drops the process's locks on it. Without them another process takes
    itself for the last one, and removes the write-ahead log that the gateway still writes to."""
    for _ in range(2):
        site.run("list")
        reference = site.send(IMAGE)
        assert reference in {row["reference"] for row in site.listed()}, "accepted, and yet lost"
    for pid in children(site.gateway.running_service.pid):
        links = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()]
        assert not [link for link in links if "postern.db" in link and "(deleted)" in link]


def test_show(site: Site) -> None:
    reference = site.send(with_attachment("Photos", PROGRAM, "photo.exe"))
    text = site.run("show", reference)
    for part in (reference, SENDER, RECIPIENT, "Photos", "photo.exe", "5.11.3", "held", "attachment/"):
        assert part in text
    assert "Please see the attachment" not in text, "not its content"


def test_release(site: Site) -> None:
    reference = site.send(BETS)
    before = len(site.hop.accepted)
    output = site.run("release", reference)
    assert output.startswith(f"{reference}: released: 250 2.0.0 Ok: kept as")
    wait_until(lambda: len(site.hop.accepted) > before, "the message")
    content = site.hop.accepted[-1].content
    assert content.endswith(BETS)
    assert f"X-Postern-Ref: {reference}\r\nX-Postern-Verdict: released\r\n".encode() in content
    assert [row["state"] for row in site.listed("--state", "released") if row["reference"] == reference] == [
        "released"
    ]
    assert len(site.hop.accepted) == before + 1, "a released message is not inspected and held again"
    assert "not held" in site.run("release", reference, status=1)
    assert len(site.hop.accepted) == before + 1


def test_release_of_several_when_the_next_hop_refuses_some(site: Site) -> None:
    first, second = site.send(BETS), site.send(BETS, "gone@school.example")
    site.hop.script = {"RCPT": lambda argument: Say("550 5.1.1 Unknown") if "gone" in argument else None}
    output = site.run("release", second, first, "01J9ZZZZZZZZZZZZZZZZZZZZZZ", status=1).splitlines()
    assert output == [
        f"{second}: not released: 550 5.1.1 Unknown",
        output[1],
        "01J9ZZZZZZZZZZZZZZZZZZZZZZ: not released: there is no such message",
    ]
    assert output[1].startswith(f"{first}: released: 250 ")
    assert "550 5.1.1 Unknown" in site.run("show", second)
    site.hop.script = {}
    assert "released: 250" in site.run("release", second)


def test_release_while_the_next_hop_is_down(site: Site) -> None:
    reference = site.send(BETS)
    site.hop.stop()
    try:
        assert "not released: 451 4.4.1" in site.run("release", reference, status=1)
    finally:
        site.hop.start()
    assert "released: 250" in site.run("release", reference)


def test_delete(site: Site) -> None:
    reference = site.send(BETS)
    assert any(reference in file.name for file in site.content_files())
    assert site.run("delete", reference) == f"{reference}: deleted\n"
    assert not any(reference in file.name for file in site.content_files())
    assert [row["state"] for row in site.listed() if row["reference"] == reference] == ["deleted"]
    assert reference not in site.run("list"), "what is gone is not in the way"
    assert "not deleted" in site.run("delete", reference, status=1)
    assert "not held" in site.run("release", reference, status=1)


def test_malware_is_not_kept(site: Site) -> None:
    reference = site.send(message("Hello", EICAR.decode()))
    assert reference not in {row["reference"] for row in site.listed()}
    assert not any(reference in file.name for file in site.content_files())


def test_of_private_mail_no_name_is_shown_nor_kept_in_the_table(site: Site) -> None:
    reference = site.send(PRIVATE, "zebra@school.example")
    texts = [site.run("list"), site.run("list", "--json"), site.run("show", reference)]
    for text in texts:
        assert reference in text
        assert "zebra" not in text
    [row] = [row for row in site.listed() if row["reference"] == reference]
    assert (row["private"], row["sender"], row["recipients"], row["subject"]) == (True, None, None, None)
    site.hop.script = {"RCPT": Say("550 5.1.1 <zebra@school.example>: Unknown")}
    assert "zebra" not in site.run("release", reference, status=1)
    site.hop.script = {}
    before = len(site.hop.accepted)
    assert "zebra" not in site.run("release", reference)
    wait_until(lambda: len(site.hop.accepted) > before, "the message")
    assert site.hop.accepted[-1].recipients == ["zebra@school.example"]
    assert b"X-Postern-Privacy: personal\r\n" in site.hop.accepted[-1].content
    for database in site.gateway.state_dir.glob("*.db*"):
        assert b"zebra" not in database.read_bytes()


@pytest.mark.parametrize("verb", ["show", "release", "delete"])
@pytest.mark.parametrize(
    "reference", ["01J9ZZZZZZZZZZZZZZZZZZZZZZ", "../../postern", "x'; DROP TABLE quarantine; --"]
)
def test_no_such_message(site: Site, verb: str, reference: str) -> None:
    assert "no such message" in site.run(verb, reference, status=1)


def test_a_sender_cannot_play_with_the_terminal(site: Site) -> None:
    encoded = "=?utf-8?b?G10wO293bmVkBxtbMkpTdGF0ZSAgICAgICByZWxlYXNlZA==?= free casino bonus"
    reference = site.send(message(encoded, "Claim your free casino bonus today"))
    for output in (site.run("list"), site.run("show", reference)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", output)


def test_without_a_gateway_and_without_a_database(tmp_path: Path) -> None:
    instance = Gateway(tmp_path / "none", "127.0.0.1:1", start=False)
    other = Site.__new__(Site)
    other.gateway = instance
    for words in (
        ["list"],
        ["show", "01J9ZZZZZZZZZZZZZZZZZZZZZZ"],
        ["release", "01J9ZZZZZZZZZZZZZZZZZZZZZZ"],
    ):
        assert "no quarantine yet" in other.run(*words, status=1)
    assert not list(instance.state_dir.iterdir()), "nothing was made that would belong to the wrong user"


def test_a_database_that_is_damaged(tmp_path: Path) -> None:
    instance = Gateway(tmp_path / "damaged", "127.0.0.1:1", start=False)
    (instance.state_dir / "postern.db").write_bytes(b"this is no database" * 1000)
    other = Site.__new__(Site)
    other.gateway = instance
    assert "can't be" in other.run("list", status=1)


def test_a_gateway_goes_on_while_the_command_line_holds_the_database(site: Site) -> None:
    """A technician's session, or a backup, must not keep mail out for longer than the busy timeout."""
    (database,) = site.gateway.state_dir.glob("*.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with smtplib.SMTP("127.0.0.1", site.gateway.port, "x.example", 10) as client:
            client.sendmail(SENDER, [RECIPIENT], message("Lunch", "Hello."))
        connection.execute("ROLLBACK")
    assert site.send(BETS)
