"""The embedded next hop as an onward session: accepts every recipient, delivers into a Maildir.

For trying the gateway out, and for sites that want files. Delivery is durable before the 2xx.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gateway import reply
from gateway.model import Client, Envelope
from gateway.relay.maildir import MaildirDelivery
from gateway.reply import Reply


class MaildirOnward:
    """One transaction that ends in a Maildir."""

    def __init__(self, delivery: MaildirDelivery) -> None:
        self._delivery = delivery
        self._sender = ""
        self._recipients: list[str] = []

    async def mail(self, client: Client, envelope: Envelope) -> Reply:
        """Any sender will do."""
        self._sender = envelope.sender
        return reply.SENDER_OK

    async def rcpt(self, address: str) -> Reply:
        """Any recipient will do."""
        self._recipients.append(address)
        return reply.RECIPIENT_OK

    def refuses_content(self, *, eight_bit: bool, utf8_header: bool) -> Reply | None:
        """A file takes any octets."""
        return None

    async def data(self, reference: str, blocks: Iterable[bytes]) -> Reply:
        """Write the file; it is on the disk when this returns. Raises OSError where it can't be."""
        await asyncio.get_running_loop().run_in_executor(
            None, self._delivery.deliver, reference, self._sender, self._recipients, blocks
        )
        return reply.accepted(reference)

    async def abandon(self) -> None:
        """Nothing is open."""
