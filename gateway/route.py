"""Who may send to whom: the relay rules of a listener, and the direction that follows from them.

A gateway that its next hop trusts must not be talked into relaying, so a recipient with sender-specified routing
("user%elsewhere@local", "elsewhere!user@local", a quoted "@") is refused from clients that are not trusted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from gateway import reply
from gateway.config import Listener
from gateway.model import Direction
from gateway.reply import Reply
from gateway.smtp.command import domain_of


class RelayRules:
    """The relay rules of one listener."""

    def __init__(self, listener: Listener, local_domains: Collection[str]) -> None:
        self._mode = listener.direction
        self._networks = listener.trusted_networks
        self._local = frozenset(local_domains)

    def trusts(self, address: str) -> bool:
        """True where the client's IP address is in the listener's trusted networks."""
        if not self._networks:
            return False
        try:
            client = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(client, "ipv4_mapped", None)
        return any((mapped or client) in network for network in self._networks)

    def admit(self, recipient: str, *, trusted: bool) -> Direction | Reply:
        """The direction of mail to `recipient`, or the refusal."""
        local = domain_of(recipient) in self._local or "@" not in recipient
        if not trusted and self._mode == "outbound":
            return reply.NOT_TRUSTED
        if not local:
            return Direction.OUTBOUND if trusted and self._mode != "inbound" else reply.RELAY_DENIED
        if not trusted and any(mark in recipient.rpartition("@")[0] for mark in "%!@"):
            return reply.RELAY_DENIED
        return Direction.INTERNAL if trusted and self._mode != "inbound" else Direction.INBOUND
