"""Connections to one next hop, kept for reuse.

A connection that ended a transaction in order is kept for `idle_timeout` seconds (RFC 5321 section 4.5.3.2 lets a
server close an idle one after five minutes; most are less patient). One that is in doubt is closed.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from gateway.config import Relay, SmtpHop
from gateway.reply import Reply

_MOST_TRANSACTIONS = 100  # many servers refuse more on one connection


class _OneCode(SMTPProtocol):
    """Takes a reply only where all of its lines have one code (RFC 5321 section 4.2.1): aiosmtplib goes by the last,
    which would make a success of "550-No" and "250 Yes"."""

    def _read_response_from_buffer(self) -> aiosmtplib.SMTPResponse | None:
        codes = set()
        for line in bytes(self._buffer).split(b"\n")[:-1]:
            codes.add(line[:3])
            if line[3:4] != b"-":
                break
        if len(codes) > 1:
            raise aiosmtplib.SMTPServerDisconnected("a reply with two codes")
        return super()._read_response_from_buffer()


class Connection:
    """One SMTP connection with its extensions."""

    __slots__ = ("client", "features", "idle_since", "transactions", "xforward")

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.features = frozenset(client.esmtp_extensions)
        self.xforward = frozenset(client.esmtp_extensions.get("xforward", "").upper().split())
        self.transactions = 0
        self.idle_since = 0.0

    @property
    def reused(self) -> bool:
        """True where an earlier transaction went over this connection."""
        return self.transactions > 0

    async def ask(self, *words: bytes) -> Reply:
        """Send a command, wait for its reply. Raises aiosmtplib.SMTPException or OSError.

        More than one reply to one command is an error: the next command would be given the reply left over.
        """
        if self.has_more:
            raise aiosmtplib.SMTPServerDisconnected("a reply to no command")
        response = await self.client.execute_command(*words)
        if self.has_more:
            raise aiosmtplib.SMTPServerDisconnected("more than one reply to a command")
        return Reply(response.code, response.message)

    @property
    def has_more(self) -> bool:
        """True where the server has said more than it was asked for."""
        protocol = self.client.protocol
        if protocol is None:
            return False
        waiter = protocol._response_waiter
        return len(protocol._buffer) > 0 or (waiter is not None and waiter.done())

    def abort(self) -> None:
        """Close at once, unsent octets dropped: a next hop that does not read must not hold them for ever."""
        transport = cast("asyncio.WriteTransport | None", self.client.transport)
        if transport is not None and not transport.is_closing():
            transport.abort()
        self.client.close()


class Pool:
    """The idle connections to one next hop."""

    def __init__(self, hop: SmtpHop, settings: Relay, hostname: str) -> None:
        self._hop = hop
        self._settings = settings
        self._hostname = hostname
        self._idle: deque[Connection] = deque()
        self._sweeper: asyncio.TimerHandle | None = None

    def idle(self) -> Connection | None:
        """A connection that waits for work, the latest first, or None."""
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and not connection.has_more:
                return connection
            connection.abort()
        return None

    async def connect(self) -> Connection:
        """A new connection, greeted. Raises aiosmtplib.SMTPException or OSError."""
        client = aiosmtplib.SMTP(
            hostname=self._hop.address.host,
            port=self._hop.address.port,
            local_hostname=self._hostname,
            timeout=self._settings.connect_timeout,
            start_tls=False,
            use_tls=False,
        )
        try:
            await client.connect()
            if client.protocol is not None:
                client.protocol.__class__ = _OneCode  # aiosmtplib has no way to be given a protocol
            client.timeout = self._settings.command_timeout
            try:
                await client.ehlo()
            except aiosmtplib.SMTPHeloError:
                await client.helo()
        except BaseException:
            client.close()
            raise
        return Connection(client)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection that is between transactions."""
        connection.transactions += 1
        if (
            len(self._idle) >= self._settings.idle_connections
            or connection.transactions >= _MOST_TRANSACTIONS
            or not connection.client.is_connected
            or connection.has_more
        ):
            connection.abort()
            return
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if self._sweeper is None:
            self._arm(self._settings.idle_timeout)

    def _arm(self, delay: float) -> None:
        self._sweeper = asyncio.get_running_loop().call_later(delay, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        oldest = time.monotonic() - self._settings.idle_timeout
        while self._idle and self._idle[0].idle_since <= oldest:
            self._idle.popleft().client.close()
        if self._idle:
            self._arm(max(0.1, self._idle[0].idle_since - oldest))

    def close(self) -> None:
        """Close what is idle."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        while self._idle:
            self._idle.pop().client.close()
