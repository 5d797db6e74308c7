"""The gateway before a next hop that is down, slow, rude or mad: the sender hears the truth, and keeps the message
whenever the next hop has not said that it has it."""

from __future__ import annotations

import smtplib
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gateway import Gateway
from tests.support.messages import message
from tests.support.next_hop import (
    Behaviour,
    Close,
    Greylist,
    Hang,
    NextHop,
    Raw,
    ReadSlowly,
    Say,
    Script,
    Wait,
)
from tests.support.ports import free_port, wait_until

SENDER, RECIPIENT = "ann@elsewhere.example", "bob@school.example"
CONTENT = message("Lunch", "Hello.\n.\n..\n")
LARGE = message("Large", "A line of text, again and again.\n" * 60_000)  # 2 MB
RELAY = {"connect_timeout": 2, "command_timeout": 0.7, "data_timeout": 1.5}


@pytest.fixture(scope="module")
def hop() -> Iterator[NextHop]:
    with NextHop() as instance:
        yield instance


@pytest.fixture(scope="module")
def gateway(hop: NextHop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    instance = Gateway(tmp_path_factory.mktemp("hop"), hop.address, sections={"relay": RELAY})
    yield instance
    instance.kill()


@pytest.fixture(autouse=True)
def well_again(hop: NextHop, gateway: Gateway) -> Iterator[None]:
    """After each test a message goes through and nothing has crashed."""
    yield
    hop.script = {}
    assert send(gateway, CONTENT) == (250, "2.0.0")
    assert not [record for record in gateway.records if record["level"] == "error"]


def send(gateway: Gateway, content: bytes, *recipients: str) -> tuple[int, str]:
    """Send a message: code and enhanced code of the reply to it, or to the command that ended it."""
    with smtplib.SMTP("127.0.0.1", gateway.port, "client.elsewhere.example", 30) as client:
        try:
            client.ehlo()
            code, text = client.mail(SENDER)
            codes = [client.rcpt(name) for name in recipients or (RECIPIENT,)] if code == 250 else []
            if codes:
                code, text = next((answer for answer in codes if answer[0] == 250), codes[-1])
            if code == 250:
                code, text = client.data(content)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, error.smtp_error  # type: ignore[assignment]
    return code, text.decode().split()[0]


def arrived(hop: NextHop, before: int) -> bytes:
    wait_until(lambda: len(hop.accepted) > before, "the message")
    return hop.accepted[-1].content


@pytest.mark.parametrize("content", [CONTENT, LARGE], ids=["small", "large"])
def test_all_is_well(gateway: Gateway, hop: NextHop, content: bytes) -> None:
    before = len(hop.accepted)
    assert send(gateway, content) == (250, "2.0.0")
    assert arrived(hop, before).endswith(content)


DOWN: dict[str, list[Behaviour]] = {
    "greeting": [Close(), Hang(), Say("554 5.3.2 No"), Raw(b"\xff\xfe\0\r\n")],
    "EHLO": [Hang(), Close(abort=True)],
    "MAIL": [Hang(), Close(), Raw(b"nonsense\r\n"), Say("354 What?"), Say("421 4.3.2 Shutting down")],
    "RCPT": [Hang(), Close(), Raw(b"\0\0\r\n"), Say("221 Bye")],
    "DATA": [Hang(), Close(), Say("250 2.0.0 Go on"), Raw(b"3 5 4\r\n")],
    "content": [Close()],
    "dot": [Hang(), Close(), Close(abort=True), Say("354 Go on"), Say("999 Hm"), Raw(b"250")],
}


@pytest.mark.parametrize(
    ("step", "behaviour"), [(step, behaviour) for step, each in DOWN.items() for behaviour in each], ids=repr
)
def test_trouble_is_a_451_and_the_sender_keeps_the_message(
    gateway: Gateway, hop: NextHop, step: str, behaviour: Behaviour
) -> None:
    """Each time on a connection of its own, and then once more on what is left of it."""
    hop.stop()  # so that no connection is reused that is past the step
    hop.start()
    before = len(hop.accepted)
    hop.script = {step: behaviour}
    for _ in range(1 if isinstance(behaviour, Hang) else 2):
        code, enhanced = send(gateway, CONTENT)
        assert (code, enhanced[:4]) in ((451, "4.4."), (451, "4.3."))
    assert len(hop.accepted) == before


def test_the_next_hop_is_down_and_comes_back(gateway: Gateway, hop: NextHop) -> None:
    hop.stop()
    assert send(gateway, CONTENT) == (451, "4.4.1")
    assert send(gateway, CONTENT) == (451, "4.4.1")
    hop.start()
    assert send(gateway, CONTENT) == (250, "2.0.0")
    assert gateway.metric("postern_relay_failures_total", reason="connect") >= 2


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Close(after=100_000), (451, "4.4.1")),
        (Close(after=100_000, abort=True), (451, "4.4.1")),
        (Hang(after=100_000), (451, "4.4.1")),
        (Close(after=100_000, say="552 5.3.4 Too large for me"), (552, "5.3.4")),
        (Close(after=100_000, say="452 4.3.1 Full"), (452, "4.3.1")),
    ],
    ids=["closes", "resets", "stops reading", "says too large", "says full"],
)
def test_in_the_middle_of_a_message(
    gateway: Gateway, hop: NextHop, behaviour: Behaviour, expected: tuple[int, str]
) -> None:
    before = len(hop.accepted)
    hop.script = {"content": behaviour}
    code, enhanced = send(gateway, LARGE)
    # A next hop that speaks and closes at once may take its words with it.
    assert (code, enhanced) in (expected, (451, "4.4.1"))
    assert len(hop.accepted) == before


def test_a_slow_reader_gets_it_all(gateway: Gateway, hop: NextHop) -> None:
    before = len(hop.accepted)
    hop.script = {"content": ReadSlowly(1 << 18, 0.05)}
    assert send(gateway, LARGE) == (250, "2.0.0")
    assert arrived(hop, before).endswith(LARGE)


def test_a_slow_thinker_is_waited_for(gateway: Gateway, hop: NextHop) -> None:
    hop.script = {"MAIL": Wait(0.3), "RCPT": Wait(0.3), "DATA": Wait(0.3), "dot": Wait(0.8)}
    assert send(gateway, CONTENT) == (250, "2.0.0")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"MAIL": Say("550 5.1.8 Unknown domain")}, (550, "5.1.8")),
        ({"MAIL": Say("452 4.3.1 Full")}, (452, "4.3.1")),
        ({"RCPT": Say("550 5.1.1 Unknown")}, (550, "5.1.1")),
        ({"RCPT": Say("450 4.2.0 Greylisted")}, (450, "4.2.0")),
        ({"DATA": Say("554 5.7.1 No")}, (554, "5.7.1")),
        ({"DATA": Say("451 4.7.1 Later")}, (451, "4.7.1")),
        ({"dot": Say("550 5.7.1 Content refused")}, (550, "5.7.1")),
        ({"dot": Say("552 5.2.2 Mailbox full\nReally")}, (552, "5.2.2")),
        ({"dot": Say("450 4.2.1 Later")}, (450, "4.2.1")),
    ],
    ids=str,
)
def test_the_next_hops_word_is_passed_back(
    gateway: Gateway, hop: NextHop, script: Script, expected: tuple[int, str]
) -> None:
    before = len(hop.accepted)
    hop.script = script
    assert send(gateway, CONTENT) == expected
    assert len(hop.accepted) == before


def test_greylisting(gateway: Gateway, hop: NextHop) -> None:
    before = len(hop.accepted)
    hop.script = {"RCPT": Greylist(times=2)}
    assert [send(gateway, CONTENT)[0] for _ in range(3)] == [450, 450, 250]
    arrived(hop, before)


def test_a_recipient_is_refused_while_others_pass(gateway: Gateway, hop: NextHop) -> None:
    before = len(hop.accepted)
    hop.script = {"RCPT": lambda argument: Say("550 5.1.1 Unknown") if "gone" in argument else None}
    assert send(gateway, CONTENT, "gone1@school.example", RECIPIENT, "gone2@school.example")[0] == 250
    arrived(hop, before)
    assert hop.accepted[-1].recipients == [RECIPIENT]


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_client_that_goes_while_the_next_hop_thinks_does_no_harm_to_the_next_one(
    gateway: Gateway, hop: NextHop, step: str
) -> None:
    """Its connection must not be left open, nor be used again with a reply outstanding."""
    hop.stop()
    hop.start()
    before = len(hop.sessions)
    hop.script = {step: [Wait(0.4), None]}
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        client.sendall(f"EHLO x.example\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\n".encode())
        wait_until(
            lambda: any(line.startswith(step) for each in hop.sessions[before:] for line in each.commands),
            f"{step} at the next hop",
        )
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.1)
    assert [send(gateway, CONTENT)[0] for _ in range(3)] == [250, 250, 250]
    wait_until(lambda: sum(not session.closed for session in hop.sessions) <= 1, "a connection to close", 3)


def test_next_hops_in_order_of_preference(tmp_path: Path, hop: NextHop) -> None:
    first = NextHop()
    first.port = free_port()
    instance = Gateway(tmp_path, [first.address, hop.address], sections={"relay": RELAY})
    try:
        before = len(hop.accepted)
        assert send(instance, CONTENT) == (250, "2.0.0")
        arrived(hop, before)
        first.start()
        assert send(instance, CONTENT) == (250, "2.0.0")
        arrived(first, 0)
        first.script = {"MAIL": Hang()}
        assert send(instance, CONTENT) == (250, "2.0.0")
        arrived(hop, before + 1)
        first.script = {"MAIL": Say("550 5.1.8 Never")}
        assert send(instance, CONTENT) == (550, "5.1.8"), "an answer is an answer; nobody else is asked"
    finally:
        instance.kill()
        first.stop()
