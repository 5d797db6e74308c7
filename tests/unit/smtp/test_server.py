"""The SMTP server over loopback sockets, with the next hop and the quarantine of test_transaction."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.reply import Reply
from gateway.smtp.server import Server
from gateway.transaction import Transaction
from tests.unit.test_transaction import QUEUED, FakeOnward, RecordingService, Setting

EHLO, MAIL, RCPT = "EHLO client.example", "MAIL FROM:<a@elsewhere.example>", "RCPT TO:<b@school.example>"
OPENING = f"{EHLO}\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode()
MESSAGE = b"Subject: x\r\n\r\n.dots\r\n..\r\n\r\nend\r\n"
WIRE = MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n"
PATIENCE = 8.0  # seconds after which a test gives a server up


class Door:
    def __init__(self) -> None:
        self.stopping = False
        self.inside: set[Server] = set()

    def enter(self, server: Server, address: str) -> Reply | None:
        self.inside.add(server)
        return None

    def leave(self, server: Server, address: str) -> None:
        self.inside.remove(server)


class Caller:
    """A client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *lines: str) -> None:
        self.raw("".join([f"{line}\r\n" for line in lines]).encode())

    def raw(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def line(self) -> str:
        return (await asyncio.wait_for(self.reader.readline(), PATIENCE)).decode()

    async def reply(self) -> str:
        """The last line of the next reply; "" where the server has gone."""
        while (line := await self.line())[3:4] == "-":
            pass
        return line

    async def codes(self, count: int) -> list[str]:
        return [(await self.reply())[:3] for _ in range(count)]

    async def ask(self, line: str) -> str:
        self.send(line)
        return await self.reply()

    async def rest(self) -> str:
        """All that the server still says until it closes the connection."""
        return (await asyncio.wait_for(self.reader.read(), PATIENCE)).decode()

    def reset(self) -> None:
        """Go without a word."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Scene:
    """A server with its surroundings. `listener` changes settings of the listener."""

    def __init__(self, folder: Path, onward: FakeOnward | None = None, **listener: Any) -> None:
        self.onward = onward or FakeOnward()
        self.service: RecordingService = Setting(folder, onward=self.onward).service()
        self.service.listener = self.service.listener.model_copy(update=listener)
        self.door = Door()
        self._port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def call(self, sock: socket.socket | None = None) -> Caller:
        sock = sock or socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        reader, writer = await asyncio.open_connection(sock=sock)
        self._writers.append(writer)
        return Caller(reader, writer)

    async def greeted(self) -> Caller:
        caller = await self.call()
        assert (await caller.reply()).startswith("220 ")
        return caller

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Scene]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Server(self.service, self.door), "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await self.settled(lambda: not self.door.inside)

    async def settled(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)


def play(folder: Path, work: Callable[[Scene], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run `work` with a scene on the loop that the workers use."""

    async def main() -> None:
        async with Scene(folder, **options).open() as scene:
            await work(scene)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


# --- dialogue -------------------------------------------------------------------------------------------


def test_a_message_goes_through(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING)
        assert await caller.codes(4) == ["250", "250", "250", "354"]
        caller.raw(WIRE)
        assert await caller.reply() == "250 2.0.0 Ok: queued as 4711\r\n"
        assert scene.onward.content is not None
        assert scene.onward.content.endswith(b"\r\n" + MESSAGE)
        assert (await caller.ask("QUIT")).startswith("221 ")
        assert await caller.rest() == ""

    play(tmp_path, work)


def test_replies_to_pipelined_commands_leave_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    flush = Server._flush

    async def counting(self: Server) -> None:
        if self._out:
            written.append(bytes(self._out))
        await flush(self)

    monkeypatch.setattr(Server, "_flush", counting)

    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        written.clear()
        caller.raw(OPENING)
        await caller.codes(4)
        assert len(written) == 1, "RFC 2920 section 3.2: replies to a group go together"
        caller.raw(WIRE + OPENING[len(EHLO) + 2 :])
        assert await caller.codes(4) == ["250", "250", "250", "354"]
        assert len(written) == 2

    play(tmp_path, work)


@pytest.mark.parametrize("command", ["RSET", EHLO, "HELO other.example"])
def test_rset_and_a_second_hello_end_the_transaction(tmp_path: Path, command: str) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.send(EHLO, MAIL, RCPT, command, RCPT, "DATA", MAIL)
        assert await caller.codes(7) == ["250", "250", "250", "250", "503", "503", "250"]
        assert scene.onward.abandoned == 1

    play(tmp_path, work)


def test_any_split_of_the_octets_gives_the_same(tmp_path: Path) -> None:
    """Also where the end of data, and the commands pipelined behind it, are cut in two."""
    stream = OPENING[len(EHLO) + 2 :] + WIRE + b"NOOP\r\n"

    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        await caller.ask(EHLO)
        for cut in range(1, len(stream)):
            scene.onward.content = None
            caller.raw(stream[:cut])
            await asyncio.sleep(0.001)
            caller.raw(stream[cut:])
            assert await caller.codes(5) == ["250", "250", "354", "250", "250"], f"cut at {cut}"
            content = scene.onward.content
            assert content is not None
            assert content.endswith(b"\r\n" + MESSAGE), f"cut at {cut}"

    play(tmp_path, work)


def test_a_fault_of_ours_is_a_4xx_without_details(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        def broken() -> FakeOnward:
            raise RuntimeError("canary")

        scene.service.onward = broken
        caller = await scene.greeted()
        await caller.ask(EHLO)
        caller.send(MAIL)
        said = await caller.rest()
        assert said.startswith("4")
        assert "canary" not in said
        assert scene.service.faults == ["session"]

    play(tmp_path, work)


# --- clients that go ------------------------------------------------------------------------------------


def test_what_was_pipelined_before_the_end_of_the_connection_is_answered(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING + WIRE + b"NOOP\r\nQUI")
        caller.writer.write_eof()
        assert await caller.codes(6) == ["250", "250", "250", "354", "250", "250"]
        assert await caller.rest() == ""
        assert scene.onward.content is not None

    play(tmp_path, work)


class SlowOnward(FakeOnward):
    """Waits at one step until it is told to go on."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def _wait(self, step: str) -> None:
        if step == self.step:
            self.reached.set()
            await self.go.wait()

    async def mail(self, client: Any, envelope: Any) -> Reply:
        await self._wait("mail")
        return await super().mail(client, envelope)

    async def rcpt(self, address: str) -> Reply:
        await self._wait("rcpt")
        return await super().rcpt(address)

    async def data(self, reference: str, blocks: Iterable[bytes]) -> Reply:
        await self._wait("data")
        return await super().data(reference, blocks)


@pytest.mark.parametrize("going", ["reset", "close"])
def test_a_client_that_vanishes_behind_the_final_dot(tmp_path: Path, going: str) -> None:
    """The message is complete, so it is delivered and recorded, though nobody hears the reply."""

    onward = SlowOnward("data")

    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING + WIRE)
        await asyncio.wait_for(onward.reached.wait(), PATIENCE)
        if going == "reset":
            caller.reset()
        else:
            caller.writer.close()
        await asyncio.sleep(0.05)
        onward.go.set()
        await scene.settled(lambda: not scene.door.inside)
        assert onward.content is not None
        assert [outcome.reply for outcome in scene.service.outcomes] == [QUEUED]
        assert not scene.service.faults

    play(tmp_path, work, onward=onward)


@pytest.mark.parametrize("step", ["mail", "rcpt"])
def test_a_client_that_vanishes_while_the_next_hop_thinks(tmp_path: Path, step: str) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.send(EHLO, MAIL, RCPT)
        await asyncio.wait_for(onward.reached.wait(), PATIENCE)
        caller.reset()
        await scene.settled(lambda: onward.abandoned == 1)
        assert not scene.service.faults

    onward = SlowOnward(step)
    play(tmp_path, work, onward=onward)


@pytest.mark.parametrize("cut", [0, 1, 12, len(WIRE) - 4, len(WIRE) - 1])
@pytest.mark.parametrize("going", ["reset", "eof"])
def test_half_a_message_is_no_message(tmp_path: Path, cut: int, going: str) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING + WIRE[:cut])
        await caller.codes(4)
        if going == "reset":
            caller.reset()
        else:
            caller.writer.write_eof()
            assert "250" not in await caller.rest()
        await scene.settled(lambda: not scene.door.inside)
        assert scene.onward.abandoned == 1
        assert scene.onward.content is None
        assert not scene.service.held

    play(tmp_path, work)


# --- time -----------------------------------------------------------------------------------------------


def test_a_client_that_says_nothing_is_told_so(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        assert (await caller.rest()).startswith("421 4.4.2 ")

    play(tmp_path, work, command_timeout=0.1)


@pytest.mark.parametrize("ours", [0.0, 0.4], ids=["quick", "slow"])
def test_a_client_that_stops_in_the_middle_of_a_message_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: float
) -> None:
    """Also where the timer goes off while we are at work, which is not the client's time."""
    feed = Transaction.feed

    async def slowly(self: Transaction, content: bytes) -> None:
        await asyncio.sleep(ours)
        await feed(self, content)

    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING + WIRE[:10])
        await caller.codes(4)
        assert (await caller.rest()).startswith("421 4.4.2 ")

    monkeypatch.setattr(Transaction, "feed", slowly)
    play(tmp_path, work, command_timeout=5, data_timeout=0.2)


def test_a_client_that_drips_is_cut_off(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING)
        await caller.codes(4)
        with contextlib.suppress(ConnectionError):
            for _ in range(30):
                caller.raw(b"x")
                await asyncio.sleep(0.1)
                if not scene.door.inside:
                    break
        assert not scene.door.inside, "an octet every tenth of a second keeps the connection for ever"

    play(tmp_path, work, data_timeout=0.3)


def test_a_message_without_end_is_cut_off(tmp_path: Path) -> None:
    """However fast it comes: what is far beyond the greatest size is not read for ever."""

    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING)
        await caller.codes(4)
        block = b"line of text\r\n" * 4096
        with contextlib.suppress(ConnectionError):
            for _ in range(150):
                caller.raw(block)
                await asyncio.wait_for(caller.writer.drain(), PATIENCE)
                await asyncio.sleep(0.02)
                if not scene.door.inside:
                    break
        assert not scene.door.inside, "8 MB of a message of 4 KiB at most were read"

    play(tmp_path, work, data_timeout=0.3, max_message_size=4096)


def test_a_client_that_never_reads_is_cut_off(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        quiet = socket.socket()
        quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        caller = await scene.call(quiet)
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionError, TimeoutError):
            for _ in range(100):
                caller.raw(b"EHLO client.example\r\n" * 3000)
                await asyncio.wait_for(caller.writer.drain(), 1.0)
        await asyncio.sleep(1.0)
        assert not scene.door.inside, "a client that does not read replies keeps the connection for ever"

    play(tmp_path, work, command_timeout=0.3)


# --- the end of the worker ------------------------------------------------------------------------------


def test_idle_sessions_hear_that_the_service_stops(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        await caller.ask(EHLO)
        scene.door.stopping = True
        for server in scene.door.inside:
            server.hang_up()
        assert (await caller.rest()).startswith("421 4.3.2 ")

    play(tmp_path, work)


def test_a_transaction_under_way_is_finished_first(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        caller.raw(OPENING + WIRE[:9])
        await caller.codes(4)
        scene.door.stopping = True
        for server in scene.door.inside:
            server.hang_up()
        caller.raw(WIRE[9:])
        assert await caller.reply() == "250 2.0.0 Ok: queued as 4711\r\n"
        assert (await caller.rest()).startswith("421 4.3.2 ")
        assert scene.onward.content is not None

    play(tmp_path, work)


def test_no_transaction_begins_once_the_service_stops(tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        await caller.ask(EHLO)
        scene.door.stopping = True
        caller.send(MAIL, RCPT)
        assert (await caller.rest()).startswith("421 4.3.2 ")
        assert scene.onward.steps == []

    play(tmp_path, work)
