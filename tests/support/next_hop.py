"""A next hop that can be told to misbehave at any step, and that records everything it was sent.

    with NextHop({"RCPT": Say("450 4.2.0 Greylisted")}) as hop:
        ... relay to hop.address ...
        hop.script = {"dot": Close()}           # from the next command on
        assert hop.messages[0].content == ...

A script maps a step to a behaviour, to a sequence of behaviours (one each time the step is reached on
this server, the last one for ever), or to a function of the command's argument that gives a behaviour or
None. Steps: "greeting", "EHLO", "HELO", "XFORWARD", "MAIL", "RCPT", "DATA", "content" (while the message
arrives), "dot" (after its end), "RSET", "NOOP", "QUIT"; anything that is not scripted is answered well.

It runs on an event loop in a thread of its own, so tests may block as they like. It is a server for
tests: it knows no TLS, no BDAT, and keeps each message in memory.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.ports import LOOPBACK

EXTENSIONS = (
    "PIPELINING",
    "SIZE 104857600",
    "8BITMIME",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    "XFORWARD NAME ADDR HELO",
)


@dataclass(frozen=True, slots=True)
class Say:
    """Answer with `text` (with its code; LF between the lines of a long reply), after `delay` seconds."""

    text: str
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Answer well, but only after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Raw:
    """Write these octets in place of a reply, whatever they are."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer. At "content": stop reading once `after` octets have come."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, with a reset where `abort`. `say` is written first.

    At "content": once `after` octets have come."""

    after: int = 0
    abort: bool = False
    say: str = ""


@dataclass(frozen=True, slots=True)
class ReadSlowly:
    """Only at "content": read `octets` at a time, with `pause` seconds between."""

    octets: int
    pause: float


Behaviour = Say | Wait | Raw | Hang | Close | ReadSlowly
Choice = Behaviour | Sequence[Behaviour | None] | Callable[[str], Behaviour | None]
Script = Mapping[str, Choice]


class Greylist:
    """A function for "RCPT": the first `times` attempts for each address get 450, later ones pass."""

    def __init__(self, times: int = 1) -> None:
        self._times = times
        self._seen: dict[str, int] = {}

    def __call__(self, argument: str) -> Behaviour | None:
        self._seen[argument] = self._seen.get(argument, 0) + 1
        return Say("450 4.2.0 Greylisted, try again later") if self._seen[argument] <= self._times else None


@dataclass(slots=True)
class Received:
    """One message: envelope as sent, `wire` as on the wire without the final dot, `content` dot-unstuffed.

    `complete` is true once its final dot was seen; `accepted` once a 2xx was sent for it."""

    session: int
    sender: str
    recipients: list[str]
    mail_argument: str
    xforward: dict[str, str]
    wire: bytes = b""
    content: bytes = b""
    complete: bool = False
    accepted: bool = False


@dataclass(slots=True)
class SessionRecord:
    """One connection: the command lines that came, in order, and what the client called itself."""

    number: int
    commands: list[str] = field(default_factory=list)
    helo: str = ""
    xforward: dict[str, str] = field(default_factory=dict)
    closed: bool = False


class _Ended(Exception):
    """The connection is over, by script or by the client."""


class NextHop:
    """The server. `messages` holds what arrived whole, `partial` what broke off, `sessions` connections."""

    def __init__(self, script: Script | None = None, extensions: Sequence[str] = EXTENSIONS) -> None:
        self.script: Script = script or {}
        self.extensions = extensions
        self.sessions: list[SessionRecord] = []
        self.messages: list[Received] = []
        self.partial: list[Received] = []
        self.host, self.port = LOOPBACK, 0
        self._reached: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    @property
    def address(self) -> str:
        """ "host:port", as `relay_to` wants it."""
        return f"{self.host}:{self.port}"

    @property
    def accepted(self) -> list[Received]:
        """Messages that were answered with 2xx."""
        return [message for message in self.messages if message.accepted]

    def start(self) -> NextHop:
        """Listen: on a free port the first time, on the same port after a `stop()`."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(ready)), name="next-hop", daemon=True
        )
        self._thread.start()
        assert ready.wait(10), f"the next hop could not start on port {self.port}"
        return self

    def stop(self) -> None:
        """Close the listener and every connection. Harmless when repeated."""
        if self._thread is not None and self._stop is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
        self._loop = self._thread = self._stop = None

    def __enter__(self) -> NextHop:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, self.host, self.port, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        # Twice, because a connection accepted in this very turn gets its task only in the next.
        for _ in range(2):
            await asyncio.sleep(0)
            sessions = asyncio.all_tasks() - {asyncio.current_task()}
            for task in sessions:
                task.cancel()
            await asyncio.gather(*sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = SessionRecord(len(self.sessions))
        self.sessions.append(record)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)  # asyncio itself holds tasks weakly, and one that hangs has no other holder
        try:
            await _Session(self, record, reader, writer).run()
        except (_Ended, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            record.closed = True
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    def behaviour(self, step: str, argument: str) -> Behaviour | None:
        """What the script says for this time the step is reached."""
        choice = self.script.get(step)
        count = self._reached[step] = self._reached.get(step, 0) + 1
        if choice is None or isinstance(choice, Behaviour):
            return choice
        if callable(choice):
            return choice(argument)
        return choice[min(count, len(choice)) - 1]


class _Session:
    """One connection to the server."""

    def __init__(
        self,
        hop: NextHop,
        record: SessionRecord,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._hop, self._record = hop, record
        self._reader, self._writer = reader, writer
        self._open: Received | None = None
        self._held = bytearray()
        self._ended = False

    async def run(self) -> None:
        await self._step("greeting", "", "220 next-hop.example ESMTP")
        while True:
            line = await self._line()
            self._record.commands.append(line)
            verb, _, argument = line.partition(" ")
            await self._command(verb.upper(), argument)

    async def _command(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO":
                self._record.helo = argument
                await self._step(verb, argument, "\n".join(["250 next-hop.example", *self._hop.extensions]))
            case "HELO":
                self._record.helo = argument
                await self._step(verb, argument, "250 next-hop.example")
            case "XFORWARD":
                for pair in argument.split():
                    name, _, value = pair.partition("=")
                    self._record.xforward[name.upper()] = value
                await self._step(verb, argument, "250 2.0.0 Ok")
            case "MAIL":
                if await self._step(verb, argument, "250 2.1.0 Ok"):
                    sender = _path(argument)
                    self._open = Received(
                        self._record.number, sender, [], argument, dict(self._record.xforward)
                    )
            case "RCPT":
                await self._recipient(argument)
            case "DATA":
                await self._data(argument)
            case "RSET":
                self._open = None
                await self._step(verb, argument, "250 2.0.0 Ok")
            case "QUIT":
                await self._step(verb, argument, "221 2.0.0 Bye")
                raise _Ended
            case "NOOP":
                await self._step(verb, argument, "250 2.0.0 Ok")
            case _:
                await self._write("500 5.5.2 Not known")

    async def _recipient(self, argument: str) -> None:
        if self._open is None:
            await self._write("503 5.5.1 MAIL first")
        elif await self._step("RCPT", argument, "250 2.1.5 Ok"):
            self._open.recipients.append(_path(argument))

    async def _data(self, argument: str) -> None:
        message = self._open
        if message is None or not message.recipients:
            await self._write("554 5.5.1 No valid recipients")
            return
        if await self._step("DATA", argument, "354 Go on") is not True:
            return
        self._open = None
        self._hop.partial.append(message)
        await self._content(message)
        self._hop.partial.remove(message)
        self._hop.messages.append(message)
        message.accepted = bool(
            await self._step("dot", "", f"250 2.0.0 Ok: kept as {len(self._hop.messages)}")
        )

    async def _content(self, message: Received) -> None:
        behaviour = self._hop.behaviour("content", "")
        # The CRLF of the DATA line counts as the start of an end of data: an empty message is ".CRLF".
        self._held[:0] = b"\r\n"
        end = searched = 0
        while (end := self._held.find(b"\r\n.\r\n", searched)) < 0:
            searched = max(0, len(self._held) - 4)
            await self._misread(behaviour, len(self._held) - 2)
            try:
                await self._fill(behaviour.octets if isinstance(behaviour, ReadSlowly) else 1 << 16)
            finally:
                message.wire = bytes(self._held[2:]) if self._ended else b""
        message.wire = bytes(self._held[2 : end + 2])
        message.content = bytes(self._held[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]
        message.complete = True
        del self._held[: end + 5]

    async def _fill(self, octets: int = 1 << 16) -> None:
        block = await self._reader.read(octets)
        if not block:
            self._ended = True
            raise _Ended
        self._held += block

    async def _line(self) -> str:
        while (end := self._held.find(b"\n")) < 0:
            await self._fill()
        line = bytes(self._held[:end]).decode("utf-8", "surrogateescape").rstrip("\r")
        del self._held[: end + 1]
        return line

    async def _misread(self, behaviour: Behaviour | None, received: int) -> None:
        match behaviour:
            case ReadSlowly(pause=pause):
                await asyncio.sleep(pause)
            case Hang(after=after) if received >= after:
                await asyncio.Event().wait()
            case Close(after=after) if received >= after:
                await self._close(behaviour)
            case Say(text=text) if not received:
                await self._write(text)
            case _:
                pass

    async def _step(self, step: str, argument: str, good: str) -> bool:
        """Answer a step as the script says; true where the answer was the good one or of its class."""
        behaviour = self._hop.behaviour(step, argument)
        match behaviour:
            case Say(text=text, delay=delay):
                await asyncio.sleep(delay)
                await self._write(text)
                return text[:1] == good[:1]
            case Wait(seconds=seconds):
                await asyncio.sleep(seconds)
            case Raw(octets=octets):
                self._writer.write(octets)
                await self._writer.drain()
                return False
            case Hang():
                await asyncio.Event().wait()
            case Close():
                await self._close(behaviour)
            case _:
                pass
        await self._write(good)
        return True

    async def _close(self, behaviour: Close) -> None:
        if behaviour.say:
            await self._write(behaviour.say)
        if behaviour.abort:
            self._writer.transport.abort()
        raise _Ended

    async def _write(self, text: str) -> None:
        code, lines = text[:3], text[4:].split("\n")
        reply = "".join(f"{code}-{line}\r\n" for line in lines[:-1]) + f"{code} {lines[-1]}\r\n"
        self._writer.write(reply.encode("utf-8", "surrogateescape"))
        await self._writer.drain()


def _path(argument: str) -> str:
    """The address of "FROM:<a@b> SIZE=1": "a@b"."""
    found = re.search(r"<([^>]*)>", argument)
    return found[1] if found else argument
