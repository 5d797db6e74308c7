"""Onward sessions against a next hop that misbehaves at every step. The sender must keep what was not taken."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from gateway.config import HostPort, Relay, SmtpHop
from gateway.model import Client, Envelope
from gateway.relay.client import SmtpOnward
from gateway.relay.pool import Pool
from gateway.reply import Reply
from tests.support.next_hop import Behaviour, Close, Greylist, Hang, NextHop, Raw, Say, Script
from tests.support.ports import free_port

CLIENT = Client("192.0.2.7", 4711, "client.example", True)
SETTINGS = Relay(connect_timeout=2, command_timeout=1, data_timeout=1)
MESSAGE = [b"Subject: x\r\n\r\n", b".dot\r\n..\r\n", b"end\r\n"]


class Failures:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def relay_failure(self, reason: str) -> None:
        self.reasons.append(reason)


class Session:
    """Pools to some next hops, and transactions over them."""

    def __init__(self, *hops: NextHop, ports: Sequence[int] = ()) -> None:
        addresses = [HostPort(host="127.0.0.1", port=port) for port in [*ports, *(hop.port for hop in hops)]]
        self.failures = Failures()
        self.pools = [Pool(SmtpHop(address=address), SETTINGS, "gw.example") for address in addresses]

    async def send(
        self, *, recipients: Sequence[str] = ("b@school.example",), envelope: Envelope | None = None,
        blocks: Sequence[bytes] = MESSAGE,
    ) -> list[Reply]:  # fmt: skip
        """MAIL, every RCPT, DATA as far as replies are positive; all replies."""
        onward = SmtpOnward(self.pools, SETTINGS, self.failures)
        replies = [await onward.mail(CLIENT, envelope or Envelope("a@b.example"))]
        if replies[0].positive:
            replies += [await onward.rcpt(address) for address in recipients]
        if any(answer.positive for answer in replies[1:]):
            replies.append(await onward.data("REF", blocks))
        await onward.abandon()
        return replies

    async def close(self) -> None:
        for pool in self.pools:
            pool.close()
        await asyncio.sleep(0.01)  # the loop must see the connections close before it ends itself


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def send(hop: NextHop, **options: Any) -> tuple[list[Reply], Failures]:
    async def work() -> tuple[list[Reply], Failures]:
        session = Session(hop)
        try:
            return await session.send(**options), session.failures
        finally:
            await session.close()

    result: tuple[list[Reply], Failures] = run(work())
    return result


def hop_with(script: Script, **options: Any) -> NextHop:
    return NextHop(script, **options)


def test_a_message_arrives_octet_for_octet() -> None:
    with NextHop() as hop:
        replies, failures = send(hop, recipients=["b@school.example", "c@school.example"])
    assert [answer.code for answer in replies] == [250, 250, 250, 250]
    assert hop.accepted[0].content == b"".join(MESSAGE)
    assert hop.accepted[0].recipients == ["b@school.example", "c@school.example"]
    # Only what the next hop offers: Postfix refuses the whole command for an attribute that it did not name.
    assert hop.accepted[0].xforward == {
        "NAME": "[UNAVAILABLE]", "ADDR": "192.0.2.7", "HELO": "client.example",
    }  # fmt: skip
    assert failures.reasons == []


@pytest.mark.parametrize(
    ("step", "said", "expected"),
    [
        ("MAIL", "550 5.1.8 Unknown sender domain", [550]),
        ("MAIL", "450 4.3.2 Not now", [450]),
        ("RCPT", "550 5.1.1 No such person\nReally", [250, 550]),
        ("RCPT", "452 4.2.2 Mailbox full", [250, 452]),
        ("DATA", "554 5.5.1 No", [250, 250, 554]),
        ("DATA", "421 4.3.2 Shutting down", [250, 250, 451]),
        ("dot", "550 5.7.1 Content refused", [250, 250, 550]),
        ("dot", "451 4.3.0 Later", [250, 250, 451]),
        ("DATA", "250 2.0.0 Not what was asked", [250, 250, 451]),
        ("dot", "354 Go on", [250, 250, 451]),
        ("MAIL", "354 What?", [451]),
        ("RCPT", "220 Hello", [250, 451]),
        ("dot", "221 Bye", [250, 250, 451]),
        ("dot", "999 Nonsense", [250, 250, 451]),
    ],
)
def test_replies_are_passed_back_truthfully(step: str, said: str, expected: list[int]) -> None:
    with hop_with({step: Say(said)}) as hop:
        replies, _ = send(hop)
        assert [answer.code for answer in replies] == expected
        if str(expected[-1]) == said[:3]:
            assert replies[-1].text == said[4:]
        assert not replies[-1].positive


TROUBLE: list[Behaviour] = [Close(), Close(abort=True), Hang()]
GARBAGE: list[Behaviour] = [Raw(b"\x00\xffgarbage without end"), Raw(b"hello\r\n")]


@pytest.mark.parametrize(
    ("step", "behaviour"),
    [
        *(
            (step, b)
            for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot")
            for b in TROUBLE + GARBAGE
        ),
        *(("content", b) for b in TROUBLE),
    ],
)
def test_trouble_at_any_step_leaves_the_message_with_the_sender(step: str, behaviour: Behaviour) -> None:
    with hop_with({step: behaviour}) as hop:
        blocks = [b"x" * 1022 + b"\r\n"] * 8000 if step == "content" else MESSAGE
        replies, failures = send(hop, blocks=blocks)
        assert replies[-1].code == 451
        assert replies[-1].text.startswith("4.4.1")
        assert failures.reasons
        assert hop.accepted == []


@pytest.mark.parametrize(
    ("step", "octets"),
    [
        ("MAIL", b"250 2.1.0 Ok\r\n250 2.1.0 And again\r\n"),
        ("RCPT", b"250 2.1.5 Ok\r\n250 2.1.5 And again\r\n"),
        ("DATA", b"354 Go on\r\n250 2.0.0 I have it already\r\n"),
        ("MAIL", b"550-5.1.8 No\r\n250 2.1.0 Yes\r\n"),
        ("dot", b"550-5.7.1 No\r\n250 2.0.0 Yes\r\n"),
    ],
)
def test_a_reply_too_many_or_in_two_minds_is_not_believed(step: str, octets: bytes) -> None:
    with hop_with({step: Raw(octets)}) as hop:
        replies, failures = send(hop)
    assert replies[-1].code == 451
    assert failures.reasons
    assert hop.accepted == []


def test_a_refusal_in_the_middle_of_data_is_passed_back() -> None:
    with hop_with({"content": Close(after=5000, say="552 5.3.4 Too much")}) as hop:
        replies, _ = send(hop, blocks=[b"x" * 1022 + b"\r\n"] * 8000)
        assert replies[-1].code in (552, 451)
        assert hop.accepted == []


def test_greylisting_reaches_the_sender() -> None:
    async def work(hop: NextHop) -> list[list[int]]:
        session = Session(hop)
        codes = [[answer.code for answer in await session.send()] for _ in range(2)]
        await session.close()
        return codes

    with hop_with({"RCPT": Greylist()}) as hop:
        assert run(work(hop)) == [[250, 450], [250, 250, 250]]


def test_connections_are_reused_and_a_dead_one_is_replaced() -> None:
    async def work(hop: NextHop) -> list[int]:
        session = Session(hop)
        codes = [(await session.send())[-1].code for _ in range(3)]
        assert len(hop.sessions) == 1
        hop.stop()
        hop.start()
        codes.append((await session.send())[-1].code)
        await session.close()
        return codes

    with NextHop() as hop:
        assert run(work(hop)) == [250, 250, 250, 250]
        assert len(hop.sessions) == 2


def test_an_abandoned_transaction_is_reset_and_the_connection_kept() -> None:
    async def work(hop: NextHop) -> None:
        session = Session(hop)
        onward = SmtpOnward(session.pools, SETTINGS, session.failures)
        await onward.mail(CLIENT, Envelope("a@b.example"))
        await onward.rcpt("b@school.example")
        await onward.abandon()
        assert (await session.send())[-1].code == 250
        await session.close()

    with NextHop() as hop:
        run(work(hop))
    assert len(hop.sessions) == 1
    assert "RSET" in hop.sessions[0].commands
    assert hop.accepted[0].recipients == ["b@school.example"]


def test_the_second_next_hop_serves_when_the_first_is_down() -> None:
    async def work(hop: NextHop) -> list[Reply]:
        session = Session(hop, ports=[free_port()])
        try:
            return await session.send()
        finally:
            await session.close()

    with NextHop() as hop:
        assert [answer.code for answer in run(work(hop))] == [250, 250, 250]


def test_no_next_hop_at_all_is_a_451() -> None:
    async def work() -> tuple[list[Reply], Failures]:
        session = Session(ports=[free_port()])
        replies = await session.send()
        await session.close()
        return replies, session.failures

    replies, failures = run(work())
    assert [(answer.code, answer.text[:5]) for answer in replies] == [(451, "4.4.1")]
    assert failures.reasons == ["connect"]


def test_parameters_go_only_where_they_are_offered() -> None:
    envelope = Envelope("a@b.example", size=1000, body="8BITMIME", smtputf8=True)
    with NextHop() as hop:
        send(hop, envelope=envelope)
    assert "SIZE=1000 BODY=8BITMIME SMTPUTF8" in hop.accepted[0].mail_argument
    with NextHop(extensions=["PIPELINING"]) as hop:
        send(hop, envelope=envelope)
    assert hop.accepted[0].mail_argument.endswith("<a@b.example>")


def test_an_international_address_is_refused_where_the_next_hop_knows_none() -> None:
    with NextHop(extensions=["8BITMIME"]) as hop:
        replies, _ = send(hop, recipients=["ü@school.example"])
        assert [answer.code for answer in replies] == [250, 550]
        replies, _ = send(hop, envelope=Envelope("ü@b.example", smtputf8=True))
        assert [answer.code for answer in replies] == [550]


@pytest.mark.parametrize(
    ("extensions", "eight_bit", "utf8_header", "code"),
    [
        (["8BITMIME", "SMTPUTF8"], True, True, None),
        (["8BITMIME"], True, False, None),
        ([], False, False, None),
        ([], True, False, 554),
        (["8BITMIME"], True, True, 550),
    ],
)
def test_content_that_the_next_hop_cannot_take(
    extensions: list[str], eight_bit: bool, utf8_header: bool, code: int | None
) -> None:
    async def work(hop: NextHop) -> Reply | None:
        session = Session(hop)
        onward = SmtpOnward(session.pools, SETTINGS, session.failures)
        await onward.mail(CLIENT, Envelope("a@b.example"))
        refusal = onward.refuses_content(eight_bit=eight_bit, utf8_header=utf8_header)
        await onward.abandon()
        await session.close()
        return refusal

    with NextHop(extensions=extensions) as hop:
        refusal = run(work(hop))
        assert (refusal.code if refusal is not None else None) == code
