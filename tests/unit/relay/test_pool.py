"""The pool of connections to a next hop: what is kept, for how long, and in what state it goes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiosmtplib
import pytest

from gateway.config import HostPort, Relay, SmtpHop
from gateway.model import Client, Envelope
from gateway.relay import pool as module
from gateway.relay.client import SmtpOnward
from gateway.relay.pool import Pool
from gateway.reply import Reply
from tests.support.next_hop import Close, Hang, NextHop, Raw, Say, Script, Wait
from tests.support.ports import free_port

CLIENT = Client("192.0.2.7", 4711, "client.example", True)
MESSAGE = [b"Subject: x\r\n\r\nend\r\n"]


class Failures:
    def relay_failure(self, reason: str) -> None: ...


class Scene:
    """One next hop and a pool of connections to it."""

    def __init__(self, hop: NextHop, **settings: Any) -> None:
        self.hop = hop
        self.settings = Relay(**{"connect_timeout": 2, "command_timeout": 2, "data_timeout": 2} | settings)
        self.pool = Pool(SmtpHop(address=HostPort(host=hop.host, port=hop.port)), self.settings, "gw.example")

    def onward(self) -> SmtpOnward:
        return SmtpOnward([self.pool], self.settings, Failures())

    async def send(self, *recipients: str) -> list[int]:
        """A whole transaction; the codes of its replies."""
        onward = self.onward()
        answers: list[Reply] = [await onward.mail(CLIENT, Envelope("a@b.example"))]
        if answers[0].positive:
            answers += [await onward.rcpt(name) for name in recipients or ("b@school.example",)]
            if any(answer.positive for answer in answers[1:]):
                answers.append(await onward.data("REF", MESSAGE))
        await onward.abandon()
        return [answer.code for answer in answers]

    async def settled(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(5):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"waited in vain: {what}") from None

    async def arrived(self, count: int) -> None:
        """Wait until the next hop has noted so many messages, which it does behind its reply."""
        await self.settled(lambda: len(self.hop.accepted) >= count, f"{count} messages")

    @property
    def open_connections(self) -> int:
        return sum(not session.closed for session in self.hop.sessions)


@asynccontextmanager
async def scene(hop: NextHop, **settings: Any) -> AsyncIterator[Scene]:
    opened = Scene(hop, **settings)
    try:
        yield opened
    finally:
        opened.pool.close()
        await asyncio.sleep(0.01)


def play(
    work: Callable[[Scene], Coroutine[Any, Any, None]], script: Script | None = None, **settings: Any
) -> None:
    async def main(hop: NextHop) -> None:
        async with scene(hop, **settings) as opened:
            await work(opened)

    with NextHop(script) as hop, asyncio.Runner() as runner:
        runner.run(main(hop))


def test_transactions_in_a_row_share_a_connection() -> None:
    async def work(scene: Scene) -> None:
        for _ in range(5):
            assert await scene.send() == [250, 250, 250]
        assert len(scene.hop.sessions) == 1
        await scene.arrived(5)

    play(work)


def test_transactions_at_once_do_not() -> None:
    async def work(scene: Scene) -> None:
        assert await asyncio.gather(*[scene.send() for _ in range(5)]) == [[250, 250, 250]] * 5
        await scene.arrived(5)
        assert len({message.session for message in scene.hop.accepted}) == 5

    play(work, {"RCPT": Wait(0.1)})


def test_an_abandoned_transaction_leaves_nothing_behind() -> None:
    async def work(scene: Scene) -> None:
        onward = scene.onward()
        await onward.mail(CLIENT, Envelope("other@b.example"))
        await onward.rcpt("secret@school.example")
        await onward.abandon()
        await onward.abandon()
        assert await scene.send() == [250, 250, 250]
        assert len(scene.hop.sessions) == 1
        await scene.arrived(1)
        assert scene.hop.accepted[0].recipients == ["b@school.example"]
        assert scene.hop.accepted[0].sender == "a@b.example"

    play(work)


def test_no_more_idle_connections_than_the_setting_says() -> None:
    async def work(scene: Scene) -> None:
        await asyncio.gather(*[scene.send() for _ in range(4)])
        await scene.settled(lambda: scene.open_connections == 2, "the surplus connections to close")

    play(work, {"RCPT": Wait(0.1)}, idle_connections=2)


def test_no_idle_connections_at_all() -> None:
    async def work(scene: Scene) -> None:
        for _ in range(3):
            assert await scene.send() == [250, 250, 250]
        assert len(scene.hop.sessions) == 3

    play(work, idle_connections=0)


def test_an_idle_connection_is_closed_in_time() -> None:
    async def work(scene: Scene) -> None:
        await scene.send()
        await scene.settled(lambda: scene.open_connections == 0, "the idle connection to close")
        assert await scene.send() == [250, 250, 250]
        await asyncio.gather(scene.send(), scene.send())
        await scene.settled(lambda: scene.open_connections == 0, "all idle connections to close")

    play(work, idle_timeout=0.1)


def test_a_connection_is_given_up_after_many_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TRANSACTIONS", 3)

    async def work(scene: Scene) -> None:
        for _ in range(7):
            assert await scene.send() == [250, 250, 250]
        assert len(scene.hop.sessions) == 3

    play(work)


def test_a_connection_that_the_next_hop_closed_is_replaced() -> None:
    async def work(scene: Scene) -> None:
        assert await scene.send() == [250, 250, 250]
        scene.hop.stop()
        scene.hop.start()
        assert await scene.send() == [250, 250, 250]

    play(work)


@pytest.mark.parametrize("behaviour", [Close(), Close(abort=True), Say("421 4.3.2 Bye")])
def test_a_reused_connection_that_dies_at_mail_is_replaced(behaviour: Close | Say) -> None:
    async def work(scene: Scene) -> None:
        assert await scene.send() == [250, 250, 250]
        assert await scene.send() == [250, 250, 250]
        assert len(scene.hop.sessions) == 2

    play(work, {"MAIL": [None, behaviour, None]})


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_client_that_goes_in_the_middle_leaves_no_connection_behind(step: str) -> None:
    """The server cancels a transaction whose client has gone, also while the next hop is thinking."""

    async def work(scene: Scene) -> None:
        onward = scene.onward()

        async def transaction() -> None:
            try:
                await onward.mail(CLIENT, Envelope("a@b.example"))
                await onward.rcpt("b@school.example")
                await onward.data("REF", MESSAGE)
            finally:
                await onward.abandon()

        task = asyncio.create_task(transaction())
        await scene.settled(
            lambda: any(line.startswith(step) for each in scene.hop.sessions for line in each.commands),
            f"{step} at the next hop",
        )
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        scene.pool.close()
        await scene.settled(lambda: scene.open_connections == 0, "the connection to close")

    play(work, {step: Wait(0.3)})


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_late_reply_is_never_taken_for_another_commands(step: str) -> None:
    """A connection whose last command was given up is in doubt: its reply may come while the next one waits."""

    async def work(scene: Scene) -> None:
        async def transaction() -> None:
            onward = scene.onward()
            try:
                await onward.mail(CLIENT, Envelope("a@b.example"))
                await onward.rcpt("gone@school.example")
            finally:
                await onward.abandon()

        task = asyncio.create_task(transaction())
        await scene.settled(
            lambda: any(line.startswith(step) for each in scene.hop.sessions for line in each.commands),
            f"{step} at the next hop",
        )
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await scene.send("b@school.example") == [250, 250, 250]
        assert await scene.send("bad@school.example", "b@school.example") == [250, 550, 250, 250]

    def recipient(argument: str) -> Say | Wait | None:
        if "bad@" in argument:
            return Say("550 5.1.1 Unknown")
        return Wait(0.2) if "gone@" in argument else None

    script: Script = {"RCPT": recipient} | ({"MAIL": [Wait(0.2), None]} if step == "MAIL" else {})
    play(work, script)


@pytest.mark.parametrize(
    "script",
    [
        {"greeting": Say("554 5.3.2 No service")},
        {"greeting": Close()},
        {"greeting": Raw(b"\xff\xfe\r\n")},
        {"greeting": Hang()},
        {"EHLO": Hang()},
        {"EHLO": Say("421 4.3.2 Not now")},
        {"EHLO": Say("502 5.5.1 What?"), "HELO": Say("502 5.5.1 What?")},
    ],
)
def test_a_connection_that_fails_is_closed(script: Script) -> None:
    async def work(scene: Scene) -> None:
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await scene.pool.connect()
        assert scene.pool.idle() is None

    play(work, script, connect_timeout=0.2, command_timeout=0.2)


def test_a_next_hop_without_ehlo_is_greeted_with_helo() -> None:
    async def work(scene: Scene) -> None:
        assert await scene.send() == [250, 250, 250]
        assert [line.split()[0] for line in scene.hop.sessions[0].commands[:3]] == ["EHLO", "HELO", "MAIL"]
        assert scene.hop.sessions[0].helo == "gw.example"

    play(work, {"EHLO": Say("502 5.5.1 What?")})


def test_nobody_listens() -> None:
    async def main() -> None:
        pool = Pool(SmtpHop(address=HostPort(host="127.0.0.1", port=free_port())), Relay(), "gw.example")
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await pool.connect()
        pool.close()

    asyncio.run(main())


def test_close_closes_what_is_idle() -> None:
    async def work(scene: Scene) -> None:
        await asyncio.gather(*[scene.send() for _ in range(3)])
        assert scene.open_connections == 3
        scene.pool.close()
        await scene.settled(lambda: scene.open_connections == 0, "all connections to close")

    play(work, {"RCPT": Wait(0.1)})
