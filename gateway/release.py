"""Releasing a message from quarantine: it goes straight to the next hop, and the next hop's reply is recorded.

Straight, not through the listener, so a released message is not inspected and held again. The item is claimed first,
so that two technicians can't send it twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway import outgoing
from gateway.config import Listener, Settings
from gateway.mime.event import HeaderComplete
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser
from gateway.model import Action, Privacy, Verdict
from gateway.relay.hop import Onward
from gateway.relay.next_hop import onward_factory
from gateway.reply import Reply
from gateway.spool import Spool
from gateway.store.content import StoredEnvelope
from gateway.store.quarantine import Quarantine

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")


@dataclass(frozen=True, slots=True)
class Released:
    """What came of it: the next hop's last reply, or why nothing was sent (`reply` None)."""

    delivered: bool
    message: str


class _Uncounted:
    def relay_failure(self, reason: str) -> None:
        """The command line has no metrics."""


def _shown(answer: Reply | None, privacy: Privacy) -> str:
    """The reply for the record. Replies quote addresses, so for private mail only its codes."""
    if answer is None:
        return "not sent"
    if privacy.private:
        status = _STATUS.match(answer.text)
        return f"{answer.code} {status[0] if status else ''}".strip()
    return answer.first_line


def release(settings: Settings, quarantine: Quarantine, reference: str, by: str) -> Released:
    """Send one held message on. Raises StoreError or OSError for trouble with the quarantine."""
    item = quarantine.get(reference)
    if item is None:
        return Released(False, "there is no such message")
    listener = next((entry for entry in settings.listener if entry.name == item.listener), None)
    if listener is None:
        return Released(False, f'its listener "{item.listener}" is no longer configured')
    if not quarantine.claim_release(reference, by):
        return Released(False, f"it is {item.state}, not held")
    answer: Reply | None = None
    try:
        stored, blocks = quarantine.open(reference)
        verdict = Verdict(Action.RELAY, item.findings, item.profile)
        fields = outgoing.own_fields(reference, verdict, item.privacy, word="released")
        fields += outgoing.trace(
            settings.gateway.hostname, stored.client, reference, stored.smtputf8, stored.received_at
        )
        answer = asyncio.run(_send(settings, listener, stored, fields, blocks))
    finally:
        text = _shown(answer, item.privacy)
        quarantine.finish_release(reference, by, text, answer is not None and answer.positive)
    return Released(answer.positive, text)


async def _send(
    settings: Settings, listener: Listener, stored: StoredEnvelope, fields: bytes, blocks: Iterable[bytes]
) -> Reply:
    make, pools = onward_factory(settings, listener, _Uncounted())
    onward = make()
    spool = Spool(None, settings.spool.memory)
    try:
        for block in blocks:
            spool.write(block)
        return await _transact(onward, stored, outgoing.message(fields, header_of(spool), spool))
    finally:
        await onward.abandon()
        for pool in pools:
            pool.close()
        spool.close()


async def _transact(onward: Onward, stored: StoredEnvelope, content: Iterable[bytes]) -> Reply:
    """MAIL, RCPT for everybody, DATA. One refused recipient ends it: the technician decides what to do."""
    answer = await onward.mail(stored.client, stored.envelope)
    for address in stored.recipients:
        if not answer.positive:
            return answer
        answer = await onward.rcpt(address)
    if not answer.positive:
        return answer
    return await onward.data(stored.reference, content)


def header_of(spool: Spool) -> Header:
    """The header of the message in `spool`."""
    parser = Parser(Limits())
    for block in spool.blocks():
        for event in parser.feed(block):
            if isinstance(event, HeaderComplete):
                return event.header
    return next((event.header for event in parser.close() if isinstance(event, HeaderComplete)), Header())
