"""One transaction with an SMTP next hop, on aiosmtplib, with content streamed from the spool.

The next hop's word goes back to the sender as it is, except where it would be a lie: an unexpected 2xx or 3xx,
silence, or a broken connection becomes 451, and the sender keeps the message. A connection that was reused and
turns out to be dead at MAIL is replaced once; after that nothing is tried twice, because the next hop may have
acted on what it got.

aiosmtplib takes a whole message for DATA; the streaming here uses its protocol object underneath, whose
response bookkeeping (`_response_pending`) is therefore set by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from gateway import reply
from gateway.config import Relay
from gateway.model import Client, Envelope
from gateway.relay.pool import Connection, Pool
from gateway.reply import Reply
from gateway.smtp.content import ContentError, DotStuffer

_SUCCESS = (250, 251, 252)
_TROUBLE = (aiosmtplib.SMTPException, OSError, ValueError, RuntimeError)


class Failures(Protocol):
    """Where failures are counted."""

    def relay_failure(self, reason: str) -> None:
        """`reason` is one of connect, lost, nonsense."""
        ...


class SmtpOnward:
    """A transaction with the first of several next hops that can be reached."""

    def __init__(self, pools: Sequence[Pool], settings: Relay, failures: Failures) -> None:
        self._pools = pools
        self._settings = settings
        self._failures = failures
        self._pool: Pool | None = None
        self._connection: Connection | None = None

    async def mail(self, client: Client, envelope: Envelope) -> Reply:
        """Find a next hop and open the transaction there."""
        for pool in self._pools:
            answer = await self._mail_on(pool, client, envelope)
            if answer is not None:
                return answer
        self._failures.relay_failure("connect")
        return reply.NEXT_HOP_DOWN

    async def _mail_on(self, pool: Pool, client: Client, envelope: Envelope) -> Reply | None:
        """The reply of this hop, or None where it can't be reached (so that the next one is tried)."""
        connection = pool.idle()
        while True:
            fresh = connection is None
            try:
                if connection is None:
                    connection = await pool.connect()
                answer = await self._open(connection, client, envelope)
            except _TROUBLE:
                answer = None
            except BaseException:  # cancelled: the client has gone
                if connection is not None:
                    connection.abort()
                raise
            if answer is not None and answer.code != 421 and connection is not None:
                self._pool, self._connection = pool, connection
                return self._checked(answer)
            if connection is not None:
                connection.abort()
                connection = None
            if fresh:
                return None

    async def _open(self, connection: Connection, client: Client, envelope: Envelope) -> Reply:
        if self._settings.xforward and connection.xforward:
            await connection.ask(b"XFORWARD", *_xforward(client, connection.xforward))
        if envelope.smtputf8 and "smtputf8" not in connection.features and not _ascii(envelope.sender):
            return reply.UTF8_NOT_ONWARD
        return await connection.ask(
            b"MAIL", b"FROM:<%s>" % _octets(envelope.sender), *_parameters(connection, envelope)
        )

    async def rcpt(self, address: str) -> Reply:
        """One recipient, as the next hop sees it."""
        if self._connection is None:
            return reply.NEXT_HOP_LOST
        if not _ascii(address) and "smtputf8" not in self._connection.features:
            return reply.UTF8_NOT_ONWARD
        try:
            answer = await self._connection.ask(b"RCPT", b"TO:<%s>" % _octets(address))
        except _TROUBLE:
            return self._lost("lost")
        except BaseException:  # cancelled: the reply is still to come, and must not be taken for another
            self._drop()
            raise
        return self._checked(answer)

    def _checked(self, answer: Reply) -> Reply:
        """`answer` as it is, unless it makes no sense here."""
        if answer.code == 421:
            self._drop()
            return Reply(451, answer.text)
        if answer.code in _SUCCESS or 400 <= answer.code < 600:
            return answer
        return self._lost("nonsense", reply.NEXT_HOP_NONSENSE)

    def refuses_content(self, *, eight_bit: bool, utf8_header: bool) -> Reply | None:
        """Whether the next hop lacks 8BITMIME or SMTPUTF8 for content that needs it."""
        if self._connection is None:
            return reply.NEXT_HOP_LOST
        if utf8_header and "smtputf8" not in self._connection.features:
            return reply.UTF8_NOT_ONWARD
        if eight_bit and "8bitmime" not in self._connection.features:
            return reply.EIGHT_BIT_NOT_ONWARD
        return None

    async def data(self, reference: str, blocks: Iterable[bytes]) -> Reply:
        """Stream the message; the reply is the next hop's to the final dot."""
        connection = self._connection
        if connection is None or connection.client.protocol is None:
            return reply.NEXT_HOP_LOST
        try:
            answer = await connection.ask(b"DATA")
            if answer.code != 354:
                return self._checked(Reply(_not_success(answer.code), answer.text))
            answer = await self._stream(connection.client.protocol, blocks)
        except ContentError:
            self._drop()
            return reply.UNSENDABLE
        except _TROUBLE:
            return self._lost("lost")
        except BaseException:
            self._drop()
            raise
        if answer.code in _SUCCESS:
            self._keep()
            return answer
        return self._checked(Reply(_not_success(answer.code), answer.text))

    async def _stream(self, protocol: SMTPProtocol, blocks: Iterable[bytes]) -> Reply:
        timeout = self._settings.data_timeout
        stuffer = DotStuffer()
        # An early reply (a next hop that gives up in the middle) must be kept, not dropped as unsolicited.
        protocol._response_pending = True
        for block in blocks:
            if _replied(protocol):
                response = await protocol.read_response()
                self._drop()
                return Reply(_not_success(response.code), response.message)
            protocol.write(stuffer.feed(block))
            if protocol._paused:
                await self._drained_or_answered(protocol)
        protocol.write(stuffer.finish())
        response = await protocol.read_response(timeout=timeout)
        return Reply(response.code, response.message)

    async def _drained_or_answered(self, protocol: SMTPProtocol) -> None:
        """Wait until more may be written, or the next hop has answered early. Raises SMTPReadTimeoutError."""
        drained = asyncio.ensure_future(protocol._drain_helper())
        waiting: set[asyncio.Future[Any]] = {drained}
        if protocol._response_waiter is not None:
            waiting.add(protocol._response_waiter)
        try:
            done, _ = await asyncio.wait(
                waiting, timeout=self._settings.data_timeout, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            if not drained.done():
                drained.cancel()
        if not done:
            raise aiosmtplib.SMTPReadTimeoutError("the next hop does not read")
        if drained in done:
            drained.result()

    async def abandon(self) -> None:
        """RSET, and keep the connection where the next hop agrees."""
        connection = self._connection
        if connection is None:
            return
        try:
            answer = await connection.ask(b"RSET")
        except _TROUBLE:
            self._drop()
            return
        except BaseException:
            self._drop()
            raise
        if answer.code == 250:
            self._keep()
        else:
            self._drop()

    def _keep(self) -> None:
        if self._connection is not None and self._pool is not None:
            self._pool.give_back(self._connection)
        self._connection = None

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._connection = None

    def _lost(self, reason: str, answer: Reply = reply.NEXT_HOP_LOST) -> Reply:
        self._drop()
        self._failures.relay_failure(reason)
        return answer


def _replied(protocol: SMTPProtocol) -> bool:
    """True where the next hop has answered before it has the whole message."""
    waiter = protocol._response_waiter
    return waiter is not None and waiter.done()


def _not_success(code: int) -> int:
    """A code that is no 2xx: a positive answer at the wrong moment must never reach the sender as success."""
    return 999 if 200 <= code < 300 else code


def _ascii(text: str) -> bool:
    return text.isascii()


def _octets(address: str) -> bytes:
    return address.encode("utf-8", "surrogateescape")


def _parameters(connection: Connection, envelope: Envelope) -> list[bytes]:
    parameters = []
    if envelope.size is not None and "size" in connection.features:
        parameters.append(b"SIZE=%d" % envelope.size)
    if envelope.body is not None and "8bitmime" in connection.features:
        parameters.append(b"BODY=" + envelope.body.encode("ascii"))
    if envelope.smtputf8 and "smtputf8" in connection.features:
        parameters.append(b"SMTPUTF8")
    return parameters


def _xforward(client: Client, offered: Collection[str]) -> list[bytes]:
    """Attributes for Postfix's XFORWARD command, as far as the next hop offers them: the client as we saw it."""
    address = f"IPV6:{client.address}" if ":" in client.address else client.address
    values = {
        "NAME": "[UNAVAILABLE]",
        "ADDR": address,
        "PORT": str(client.port),
        "PROTO": "ESMTP" if client.esmtp else "SMTP",
        "HELO": client.helo or "[UNAVAILABLE]",
        "SOURCE": "REMOTE",
    }
    return [f"{name}={_xtext(value)}".encode() for name, value in values.items() if name in offered]


def _xtext(value: str) -> str:
    """RFC 3461 section 4 xtext."""
    octets = value.encode("utf-8", "surrogateescape")
    return "".join(chr(o) if 33 <= o <= 126 and o not in b"+=" else f"+{o:02X}" for o in octets)
