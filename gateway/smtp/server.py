"""The SMTP server: one object a connection, a subclass of aiosmtpd's.

From aiosmtpd come the connection's life cycle and the session; ours are the command loop, the commands and DATA.
aiosmtpd reads DATA line by line into a list and builds its tables of methods by introspection for every connection;
here content is read in blocks and the table of commands is made once, which is where most of the time of a
short session went.

`_run` reads top to bottom: greeting, then command by command until the client goes. RFC 5321, 1870 (SIZE), 2034
(ENHANCEDSTATUSCODES), 2920 (PIPELINING), 6152 (8BITMIME), 6531 (SMTPUTF8).

Times: a command must arrive within `command_timeout`; a message within `data_timeout` plus the time that its size
takes at 4 KiB/s, so that a client that drips octets is cut off and a slow line is not.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiosmtpd.smtp import SMTP, Session

from gateway import reply
from gateway.model import Client
from gateway.reply import Reply
from gateway.service import Service
from gateway.smtp.command import parse_mail, parse_rcpt
from gateway.smtp.content import ContentReader
from gateway.transaction import Transaction

_READ_LIMIT = 1 << 17  # octets buffered before the transport is paused
_BLOCK = 1 << 18
_COMMAND_LIMIT = 4096  # RFC 5321 asks for 512; extensions and long addresses add to it
_FLOOD_LIMIT = 1 << 20  # a "line" longer than this is no mistake
_SLOWEST = 4096  # octets a second
_LONGEST_TIMER = 3600.0  # seconds; the deadline is infinite while a client waits for us
_HELO = re.compile(r"[^\x00-\x20\x7f-\U0010ffff()<>@,;\\\"]{1,255}\Z")  # ASCII: RFC 6531 section 3.7.1
_TURN = 50  # commands that a client may have answered in one go


class Gate(Protocol):
    """What the worker tells its connections, and what they tell it."""

    stopping: bool

    def enter(self, server: Server, address: str) -> Reply | None:
        """A connection begins; a refusal where there are too many."""
        ...

    def leave(self, server: Server, address: str) -> None:
        """A connection that `enter` admitted has ended."""
        ...


class Server(SMTP):
    """One connection."""

    def __init__(self, service: Service, gate: Gate) -> None:
        loop = asyncio.get_running_loop()
        # Not aiosmtpd's own constructor: it inspects handler and self for every connection (0.5 ms).
        asyncio.StreamReaderProtocol.__init__(
            self,
            asyncio.StreamReader(limit=_READ_LIMIT, loop=loop),
            client_connected_cb=self._cb_client_connected,
            loop=loop,
        )
        self.loop = loop
        self.session: Session | None = None
        self.transport: asyncio.BaseTransport | None = None
        self._original_transport = None
        self._tls_protocol = None
        self._timeout_handle: asyncio.TimerHandle | None = None
        self._timeout_duration = service.listener.command_timeout
        self._handler_coroutine: asyncio.Task[None] | None = None
        self._service = service
        self._gate = gate
        self._client = Client("")
        self._trusted = False
        self._transaction: Transaction | None = None
        self._out = bytearray()
        self._errors = 0
        self._refusals = 0
        self._commands = 0  # since the last message
        self._deadline = 0.0
        self._deadline_reply = reply.IDLE_TIMEOUT
        self._settled = False
        self._waiting = False
        self.envelope = None

    # --- life cycle ---

    def _set_rset_state(self) -> None:
        """aiosmtpd's hook; the transaction is ours."""

    def _reset_timeout(self, duration: float | None = None) -> None:
        """aiosmtpd arms a timer for every command; one timer that looks at a deadline is enough."""
        self._set_deadline(self.loop.time() + (duration or self._timeout_duration))

    def _set_deadline(self, deadline: float) -> None:
        self._deadline = deadline
        if self._timeout_handle is None or self._deadline < self._timeout_handle.when():
            self._arm()

    def _arm(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        wait = min(self._deadline - self.loop.time(), _LONGEST_TIMER)
        self._timeout_handle = self.loop.call_later(wait, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if self.transport is None:
            return
        if self.loop.time() < self._deadline:
            self._arm()
            return
        self._say_goodbye(self._deadline_reply)

    def _say_goodbye(self, answer: Reply) -> None:
        """Close with a last reply; a client that has left earlier ones unread gets none."""
        transport = self._writer.transport
        if transport.get_write_buffer_size():
            transport.abort()
            return
        self._writer.write(answer.encode())
        transport.close()

    def hang_up(self) -> None:
        """The worker stops: say so to a client that has nothing under way; the others hear it later."""
        if self._waiting and self._transaction is None and self.transport is not None:
            self._say_goodbye(reply.SHUTTING_DOWN)

    def connection_lost(self, error: Exception | None) -> None:
        """The client has gone. A transaction whose message is complete is carried to its end all the same."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        if self._handler_coroutine is not None and not self._settled:
            self._handler_coroutine.cancel()
        self.transport = None

    def eof_received(self) -> bool | None:
        """The client has said all it will; what it said is still answered."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    async def _handle_client(self) -> None:
        """aiosmtpd's entry point: the task of the connection."""
        peer = self.session.peer if self.session is not None else None
        address, port = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else ("127.0.0.1", 0)
        refusal = self._gate.enter(self, address)
        try:
            if refusal is not None:
                await self._send(refusal)
                return
            self._client = Client(address, port)
            self._trusted = self._service.rules.trusts(address)
            await self._run()
        except (asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
            pass  # the client went; what it left open is closed below
        except Exception as error:
            self._service.fault("session", error)
            if self.transport is not None:
                self._writer.write(reply.INTERNAL_CLOSING.encode())
        finally:
            try:
                await self._abandon()
            finally:
                if refusal is None:
                    self._gate.leave(self, address)
                self._writer.close()

    # --- the dialogue ---

    async def _run(self) -> None:
        await self._send(reply.greeting(self._service.hostname))
        while True:
            line = await self._command()
            if line is None:
                return
            if isinstance(line, Reply):
                answer = line
            else:
                verb, _, argument = line.partition(" ")
                method = _COMMANDS.get(verb.upper())
                answer = reply.UNKNOWN_COMMAND if method is None else await method(self, argument.strip(" "))
            if self._is_too_much(answer):
                answer = reply.TOO_MANY_ERRORS
            self._out += answer.encode()
            if answer.code in (221, 421):
                await self._flush()
                return

    def _is_too_much(self, answer: Reply) -> bool:
        """Count what a well-behaved client does not do often: syntax errors, refusals, and idle commands."""
        most = self._service.listener.max_errors
        self._commands += 1
        if 500 <= answer.code < 504:
            self._errors += 1
        elif answer.permanent:
            self._refusals += 1
        return self._errors >= most or self._refusals >= 10 * most or self._commands >= 1000 + 100 * most

    async def _command(self) -> str | Reply | None:
        """The next command line, without its ending; a reply where it is none; None where the client has gone."""
        if self._commands % _TURN == _TURN - 1:
            await self._flush()
            await asyncio.sleep(0)  # a client that pipelines without end must not keep the others waiting
        if b"\n" not in self._reader._buffer:  # type: ignore[attr-defined]
            await self._flush()  # RFC 2920: replies to a group of commands go together
            if self._gate.stopping and self._transaction is None:
                await self._send(reply.SHUTTING_DOWN)
                return None
        self._reset_timeout(self._service.listener.command_timeout)
        self._deadline_reply = reply.IDLE_TIMEOUT
        self._waiting = True
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            return await self._skip_line(error.consumed)
        except asyncio.IncompleteReadError:
            return None
        finally:
            self._waiting = False
        self._deadline = float("inf")
        if len(line) > _COMMAND_LIMIT:
            return reply.LINE_TOO_LONG
        if not line.endswith(b"\r\n") and self._service.listener.line_endings == "reject":
            return reply.BARE_LINE_ENDING
        return line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")

    async def _skip_line(self, consumed: int) -> Reply | None:
        """Read over a line that has no end in sight."""
        skipped = 0
        while skipped <= _FLOOD_LIMIT:
            skipped += len(await self._reader.read(max(consumed, 1)))
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                consumed = error.consumed
                continue
            except asyncio.IncompleteReadError:
                return None
            self._deadline = float("inf")
            return reply.LINE_TOO_LONG
        return reply.TOO_MANY_ERRORS

    async def _send(self, answer: Reply) -> None:
        self._out += answer.encode()
        await self._flush()

    async def _flush(self) -> None:
        if self._out:
            if self.transport is None:
                raise ConnectionResetError  # uvloop answers a write to a closed transport with RuntimeError
            self._writer.write(bytes(self._out))
            self._out.clear()
            self._reset_timeout(self._service.listener.command_timeout)  # for a client that does not read
            await self._writer.drain()

    async def _abandon(self) -> None:
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            await transaction.abandon()

    # --- commands ---

    async def _ehlo(self, argument: str) -> Reply:
        answer = await self._hello(argument, esmtp=True)
        if not answer.positive:
            return answer
        listener = self._service.listener
        return Reply(
            250,
            f"{self._service.hostname}\nPIPELINING\nSIZE {listener.max_message_size}\n8BITMIME\n"
            "ENHANCEDSTATUSCODES\nSMTPUTF8",
        )

    async def _helo(self, argument: str) -> Reply:
        return await self._hello(argument, esmtp=False)

    async def _hello(self, argument: str, *, esmtp: bool) -> Reply:
        if not _HELO.match(argument):
            return reply.HELO_SYNTAX
        await self._abandon()
        self._client = Client(self._client.address, self._client.port, argument, esmtp)
        return Reply(250, self._service.hostname)

    async def _mail(self, argument: str) -> Reply:
        if not self._client.helo:
            return reply.HELO_FIRST
        if self._transaction is not None:
            return reply.NESTED_MAIL
        if self._gate.stopping:
            return reply.SHUTTING_DOWN
        command = parse_mail(argument)
        if isinstance(command, Reply):
            return command
        if command.size is not None and command.size > self._service.listener.max_message_size:
            return reply.TOO_LARGE
        transaction = Transaction(self._service, self._client, trusted=self._trusted)
        self._transaction = transaction
        answer = await transaction.mail(command)
        if not answer.positive:
            self._transaction = None
        return answer

    async def _rcpt(self, argument: str) -> Reply:
        if self._transaction is None:
            return reply.MAIL_FIRST
        address = parse_rcpt(argument, smtputf8=self._transaction.envelope.smtputf8)
        if isinstance(address, Reply):
            return address
        return await self._transaction.rcpt(address)

    async def _data(self, argument: str) -> Reply:
        transaction = self._transaction
        if argument:
            return reply.NO_PARAMETERS
        if transaction is None:
            return reply.MAIL_FIRST
        answer = transaction.begin()
        if answer.code != 354:
            return answer
        await self._send(answer)
        reader = ContentReader(self._service.listener.max_message_size)
        await self._receive(reader, transaction)
        if reader.oversize:
            transaction.refuse(reply.TOO_LARGE)
        elif reader.bare and self._service.listener.line_endings == "reject":
            transaction.refuse(reply.BARE_CR_LF)
        self._settled = True
        answer = await transaction.finish(eight_bit=reader.eight_bit)
        self._settled = False
        self._transaction = None
        self._commands = 0
        return answer

    async def _receive(self, reader: ContentReader, transaction: Transaction) -> None:
        """Read content up to the end of data; what the client pipelined behind it goes back to the reader."""
        patience = self._service.listener.data_timeout
        started = self.loop.time()
        self._deadline_reply = reply.DATA_TIMEOUT
        self._reset_timeout(patience)
        while not reader.finished:
            block = await self._reader.read(_BLOCK)
            if not block:
                raise asyncio.IncompleteReadError(b"", None)
            arrived = self.loop.time()
            self._deadline = float("inf")
            content = reader.feed(block)
            if content:
                await transaction.feed(content)
            elif reader.oversize:
                transaction.refuse(reply.TOO_LARGE)
                if reader.size > 2 * self._service.listener.max_message_size + _FLOOD_LIMIT:
                    self._say_goodbye(reply.TOO_LARGE)  # whoever goes on sending is not listening
                    raise ConnectionAbortedError
            started += self.loop.time() - arrived  # the time that we take is not the client's
            self._set_deadline(started + patience + reader.size / _SLOWEST)
        self._deadline = float("inf")
        if reader.rest:
            self._reader._buffer[:0] = reader.rest  # type: ignore[attr-defined]

    async def _rset(self, argument: str) -> Reply:
        if argument:
            return reply.NO_PARAMETERS
        await self._abandon()
        return reply.OK

    async def _noop(self, argument: str) -> Reply:
        return reply.OK

    async def _quit(self, argument: str) -> Reply:
        return reply.NO_PARAMETERS if argument else reply.GOODBYE

    async def _vrfy(self, argument: str) -> Reply:
        return reply.VRFY if argument else reply.SYNTAX

    async def _not_offered(self, argument: str) -> Reply:
        return reply.NOT_OFFERED


_Command = Callable[[Server, str], Awaitable[Reply]]

_COMMANDS: dict[str, _Command] = {
    "EHLO": Server._ehlo,
    "HELO": Server._helo,
    "MAIL": Server._mail,
    "RCPT": Server._rcpt,
    "DATA": Server._data,
    "RSET": Server._rset,
    "NOOP": Server._noop,
    "QUIT": Server._quit,
    "VRFY": Server._vrfy,
    "EXPN": Server._not_offered,
    "HELP": Server._not_offered,
    "TURN": Server._not_offered,
    "ETRN": Server._not_offered,
    "STARTTLS": Server._not_offered,
    "AUTH": Server._not_offered,
    "BDAT": Server._not_offered,
}
