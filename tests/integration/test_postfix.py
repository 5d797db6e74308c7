"""swaks through the gateway into a real Postfix: what arrives, what does not, and what the sender is told."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartGateway
from tests.support.gateway import Gateway
from tests.support.messages import EICAR, PROGRAM, body_of, message, with_attachment, write
from tests.support.postfix import Postfix
from tests.support.smtp_tools import Swaks, swaks, swaks_file

SECRET_SUBJECT = "[Personal] hospital appointment wombatflute"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postfix: Postfix) -> Iterator[Gateway]:
    """A gateway in front of Postfix, for all tests here."""
    instance = Gateway(tmp_path_factory.mktemp("gateway"), postfix.address)
    yield instance
    instance.kill()


@pytest.fixture
def through(running: Gateway) -> Iterator[Gateway]:
    """The same; where a test fails, what the gateway wrote during it is shown."""
    before = len(running.running_service.output)
    yield running
    print(running.running_service.output[before:])


def delivered_after(postfix: Postfix, before: list[Path]) -> bytes:
    """The one message that has arrived since, with CRLF as on the wire."""
    new = [file for file in postfix.wait_for(len(before) + 1) if file not in before]
    assert len(new) == 1
    return new[0].read_bytes().replace(b"\n", b"\r\n")


def header_of(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[0]


def refused(sent: Swaks, gateway: Gateway) -> str:
    """The reply of a refused message, after checks that hold for every refusal."""
    assert sent.status != 0, sent.transcript
    match = re.fullmatch(
        r"550 5\.7\.1 Message blocked: .+ \(nexus-mat [0-9A-Z].*\)\. Reference ([0-9A-HJKMNP-TV-Z]{26})",
        sent.final_reply,
    )
    assert match is not None, sent.final_reply
    gateway.wait_for_record(lambda record: match[1] in json.dumps(record))
    return sent.final_reply


MESSAGES = {
    "plain": message("Timetable", "See you on Monday.\n\nAnn\n"),
    "dots": message("Dots", ".\n..\n.x\n...\nlast\n"),
    "long-lines": message("Long lines", "x" * 900 + "\n" + "y z " * 240 + "\n"),
    "eight-bit": message("Welsh", "Dŵr, tŷ, môr — “quoted”\n", "Content-Type: text/plain; charset=utf-8"),
    "odd-header": message(
        "Folded\r\n and\r\n\tfolded", "Hello\n", "X-Odd:no space", "X-Empty:", "x-UPPER: \t tab "
    ),
    "spaces": message("Trailing", "trailing spaces   \n\ttab\t\n   \n\n\n"),
    "binary-attachment": with_attachment("Picture", bytes(range(256)) * 400, "notes.bin"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_delivered_octet_for_octet(through: Gateway, postfix: Postfix, tmp_path: Path, name: str) -> None:
    before = postfix.delivered
    sent = swaks_file(through.port, write(tmp_path, "message", MESSAGES[name]))
    assert sent.status == 0, sent.transcript
    assert sent.final_reply.startswith("250 2.0.0 Ok: queued as"), "the reply is the next hop's own"
    arrived = delivered_after(postfix, before)
    assert body_of(arrived) == MESSAGES[name]
    ours = header_of(arrived)
    assert b"\r\nX-Postern-Verdict: relay" in ours
    assert re.search(rb"\r\nX-Postern-Ref: [0-9A-Z]{26}\r\n", ours)
    assert b"by gateway.school.example" in ours
    assert b"X-Postern-Privacy" not in ours


def test_large_message_octet_for_octet(through: Gateway, postfix: Postfix, tmp_path: Path) -> None:
    content = with_attachment("Large", os.urandom(6 << 20), "measurements.bin")
    before = postfix.delivered
    sent = swaks_file(through.port, write(tmp_path, "message", content))
    assert sent.status == 0, sent.transcript[-2000:]
    assert body_of(delivered_after(postfix, before)) == content


def test_postfix_learns_the_real_client(through: Gateway, postfix: Postfix) -> None:
    before = postfix.delivered
    sent = swaks(through.port, "--body", "Hello", "--local-interface", "127.0.0.2")
    assert sent.status == 0, sent.transcript
    arrived = delivered_after(postfix, before)
    assert b"Received: from client.elsewhere.example ([127.0.0.2])\r\n\tby gateway.school.example" in arrived
    assert "orig_client=unknown[127.0.0.2]" in postfix.log, "XFORWARD did not tell"


@pytest.mark.parametrize(
    ("filename", "content_type", "clause"),
    [
        ("setup.exe", "application/octet-stream", "5.11.3"),
        ("SETUP.EXE", "text/plain", "5.11.3"),
        ("data", "application/octet-stream", "5.11.3"),
        ("invoice.pdf.exe", "application/pdf", "5.11.3"),
        # Not only a program, but one in disguise.
        ("holiday.jpg", "image/jpeg", "6.3"),
    ],
)
def test_program_is_refused(
    through: Gateway, postfix: Postfix, tmp_path: Path, filename: str, content_type: str, clause: str
) -> None:
    before = postfix.delivered
    content = with_attachment("Program", PROGRAM, filename, content_type)
    sent = swaks_file(through.port, write(tmp_path, "message", content))
    assert f"(nexus-mat {clause})" in refused(sent, through)
    assert postfix.delivered == before


def test_program_attached_by_swaks_itself(through: Gateway, postfix: Postfix, tmp_path: Path) -> None:
    program = write(tmp_path, "setup.exe", PROGRAM)
    sent = swaks(through.port, "--attach", f"@{program}", "--header", "Subject: program")
    assert "nexus-mat 5.11.3" in refused(sent, through)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in the body", message("Test", EICAR.decode() + "\n")),
        ("attached", with_attachment("Test", EICAR, "notes.txt", "text/plain")),
        ("attached, named as itself", with_attachment("Test", EICAR, "eicar.com")),
    ],
)
def test_test_virus_is_refused(
    through: Gateway, postfix: Postfix, tmp_path: Path, name: str, content: bytes
) -> None:
    before = postfix.delivered
    sent = swaks_file(through.port, write(tmp_path, "message", content))
    refused(sent, through)
    assert postfix.delivered == before


@pytest.mark.parametrize("place", ["body", "subject", "html", "base64"])
def test_prohibited_word_is_refused(through: Gateway, postfix: Postfix, tmp_path: Path, place: str) -> None:
    phrase = "claim your online casino bonus tonight, for every new player"
    html = f"<p>{phrase.replace('online', '<b>online</b>').replace('new player', 'new&nbsp;player')}</p>"
    content = {
        "body": message("Hello", f"Hi,\n{phrase}\n"),
        "subject": message(phrase, "Hi\n"),
        "html": message("Hello", html, "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8"),
        "base64": message(
            "Hello",
            base64.encodebytes(phrase.encode()).decode(),
            "MIME-Version: 1.0",
            "Content-Type: text/plain",
            "Content-Transfer-Encoding: base64",
        ),
    }[place]
    before = postfix.delivered
    sent = swaks_file(through.port, write(tmp_path, "message", content))
    assert "gambling" in refused(sent, through)
    assert postfix.delivered == before


def test_personal_mail_is_tagged_and_kept_out_of_the_log(
    through: Gateway, postfix: Postfix, tmp_path: Path
) -> None:
    content = with_attachment(SECRET_SUBJECT, b"scan results", "wombatflute-results.txt", "text/plain")
    before, written_before = postfix.delivered, len(through.running_service.output)
    sent = swaks_file(
        through.port,
        write(tmp_path, "message", content),
        sender="patient@clinic.example",
        to="bob@school.example",
    )
    assert sent.status == 0, sent.transcript
    arrived = delivered_after(postfix, before)
    assert b"\r\nX-Postern-Privacy: personal\r\n" in header_of(arrived) + b"\r\n"
    assert body_of(arrived) == content

    reference = re.search(rb"X-Postern-Ref: (\S+)", arrived)
    assert reference is not None
    name = reference[1].decode()
    through.wait_for_record(lambda record: name in json.dumps(record))
    written = through.running_service.output[written_before:] + through.running_service.errors
    written += through.http("/metrics")[1]
    for word in ("hospital", "wombatflute", "patient", "clinic.example", "bob@"):
        assert word not in written, f"{word} of a personal message is in a log line or metric"


def test_personal_mail_is_still_subject_to_policy(through: Gateway, postfix: Postfix, tmp_path: Path) -> None:
    before = postfix.delivered
    content = with_attachment("[Personal] wombatflute", PROGRAM, "wombatflute.exe")
    sent = swaks_file(through.port, write(tmp_path, "message", content))
    assert "nexus-mat 5.11.3" in refused(sent, through)
    assert postfix.delivered == before
    written = through.running_service.output + through.running_service.errors + through.http("/metrics")[1]
    assert "wombatflute" not in written


@pytest.fixture
def strict_postfix() -> Iterator[Postfix]:
    """A Postfix that knows of a user who has left, and takes small messages only."""
    left = "{ gone@school.example = 550 5.1.6 Gone to another school }"
    instance = Postfix(
        parameters={
            "message_size_limit": "20000",
            "smtpd_recipient_restrictions": f"check_recipient_access inline:{{ {left} }}",
        }
    )
    yield instance
    instance.stop()


def test_refusals_of_postfix_reach_the_sender(
    gateway: StartGateway, strict_postfix: Postfix, tmp_path: Path
) -> None:
    through = gateway(strict_postfix.address)
    gone = swaks(through.port, "--body", "Hello", to="gone@school.example")
    assert gone.final_reply.startswith("550 5.1.6"), gone.transcript
    assert "Gone to another school" in gone.final_reply

    content = with_attachment("Larger than the mail server takes", os.urandom(40_000), "notes.bin")
    large = swaks_file(through.port, write(tmp_path, "message", content))
    assert large.final_reply.startswith("552 5.3.4"), large.transcript[-1500:]
    assert strict_postfix.delivered == []
