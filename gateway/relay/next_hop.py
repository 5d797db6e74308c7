"""From a listener's `relay_to` to onward sessions: the same for workers and for a release from the command line."""

from __future__ import annotations

from collections.abc import Callable

from gateway.config import Listener, MaildirHop, Settings, SmtpHop
from gateway.relay.client import Failures, SmtpOnward
from gateway.relay.embedded import MaildirOnward
from gateway.relay.hop import Onward
from gateway.relay.maildir import MaildirDelivery
from gateway.relay.pool import Pool


def onward_factory(
    settings: Settings, listener: Listener, failures: Failures
) -> tuple[Callable[[], Onward], list[Pool]]:
    """What makes the onward session of a transaction of `listener`, and the pools to close in the end."""
    first = listener.relay_to[0]
    if isinstance(first, MaildirHop):
        delivery = MaildirDelivery(first.path)
        return lambda: MaildirOnward(delivery), []
    hostname = settings.gateway.hostname
    pools = [Pool(hop, settings.relay, hostname) for hop in listener.relay_to if isinstance(hop, SmtpHop)]
    return lambda: SmtpOnward(pools, settings.relay, failures), pools
