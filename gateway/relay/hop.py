"""Onward sessions: what the rest of the gateway knows of a next hop.

An `Onward` carries one transaction. It is opened before MAIL and mirrors the client's commands, so that the
sender sees the next hop's own replies. Every method answers with a `Reply` that may be passed to the client as it
is; trouble with the next hop is a 451 reply, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gateway.model import Client, Envelope
from gateway.reply import Reply


class Onward(Protocol):
    """One transaction with a next hop."""

    async def mail(self, client: Client, envelope: Envelope) -> Reply:
        """Open the transaction: connect (or reuse), tell who the client is, MAIL."""
        ...

    async def rcpt(self, address: str) -> Reply:
        """One recipient."""
        ...

    def refuses_content(self, *, eight_bit: bool, utf8_header: bool) -> Reply | None:
        """A refusal where the next hop can't carry such content (RFC 6152, RFC 6531); None where it can."""
        ...

    async def data(self, reference: str, blocks: Iterable[bytes]) -> Reply:
        """The message. A positive reply means that the next hop has it."""
        ...

    async def abandon(self) -> None:
        """End the transaction without a message; harmless after `data`."""
        ...
