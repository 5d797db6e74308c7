"""What a transaction needs of the worker: rules, inspector, next hops, quarantine, records.

One `Service` a listener and worker. It is the only place where the outcome of a message becomes a log line, a
metric and a journal record, and so the only place that has to keep private mail out of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import telemetry
from gateway.config import Listener, Settings
from gateway.inspection import Inspector
from gateway.model import Action, Client, Direction, Envelope, Finding, Privacy, Verdict
from gateway.policy.profile import Profile
from gateway.privacy.hours import period
from gateway.relay.hop import Onward
from gateway.reply import Reply
from gateway.route import RelayRules
from gateway.store.item import HeldItem
from gateway.store.journal import Journal, JournalEntry
from gateway.store.quarantine import Quarantine
from gateway.telemetry import Metrics

MALWARE = "malware"
_COUNT_EVERY = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sender or recipient that was refused, by us or by the next hop. `step` is MAIL or RCPT."""

    step: str
    address: str
    reply: Reply

    def fields(self) -> dict[str, str]:
        """For a log line."""
        return {"step": self.step, "address": self.address, "reply": self.reply.first_line}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a transaction ended. `reply` is None while the message is being put into quarantine."""

    reference: str
    client: Client
    envelope: Envelope
    direction: Direction
    verdict: Verdict
    reply: Reply | None
    privacy: Privacy
    subject: str | None
    size: int
    defects: int
    seconds: float
    refused: tuple[Refusal, ...] = ()

    @property
    def action(self) -> Action:
        """What became of the message: a next hop that refused turns relay into reject or defer."""
        if self.reply is None or self.verdict.action not in (Action.RELAY, Action.TAG) or self.reply.positive:
            return self.verdict.action
        return Action.REJECT if self.reply.permanent else Action.DEFER


@dataclass(frozen=True, slots=True)
class Store:
    """Where records and held messages go. `executor` runs what blocks."""

    quarantine: Quarantine
    journal: Journal
    executor: Executor


class Service:
    """See the module's docstring."""

    def __init__(
        self,
        settings: Settings,
        listener: Listener,
        profile: Profile,
        inspector: Inspector,
        onward: Callable[[], Onward],
        store: Store,
        metrics: Metrics,
    ) -> None:
        self.hostname = settings.gateway.hostname
        self.listener = listener
        self.profile = profile
        self.inspector = inspector
        self.onward = onward
        self.rules = RelayRules(listener, settings.gateway.local_domains)
        self._settings = settings
        self._store = store
        self._metrics = metrics
        self._log = telemetry.log()
        self._rejected = 0  # octets of copies of rejected messages, as last counted
        self._count_again = 0.0

    def fault(self, where: str, error: BaseException) -> None:
        """A fault of our own; it is logged without the exception's text."""
        self._metrics.fault(where, error)

    async def hold(self, outcome: Outcome, blocks: Iterable[bytes]) -> None:
        """Put the message (or the copy of a rejected one) into quarantine, durably, before this returns.

        Raises OSError or StoreError where that is not possible.
        """
        keep = self._keep_for(outcome.verdict)
        if keep <= 0:
            return
        item = _held_item(outcome, self.listener.name, keep)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._store.executor, self._hold, item, outcome.size, blocks)

    def _hold(self, item: HeldItem, size: int, blocks: Iterable[bytes]) -> None:
        """On the store's thread. Copies of rejected messages have a space of their own: whoever sends rubbish by the
        gigabyte must not fill the disk."""
        if item.verdict.action is Action.REJECT:
            if time.monotonic() >= self._count_again:
                self._rejected = self._store.quarantine.rejected_octets()
                self._count_again = time.monotonic() + _COUNT_EVERY
            if self._rejected + size > self._settings.store.rejected_space:
                self._log.warning("copy not kept", ref=item.reference, listener=item.listener, size=size)
                return
            self._rejected += size
        self._store.quarantine.hold(item, blocks)

    def _keep_for(self, verdict: Verdict) -> float:
        """Seconds that a message with this verdict is kept; 0: not at all."""
        store = self._settings.store
        if verdict.action is Action.QUARANTINE:
            return store.keep_quarantined
        if MALWARE in verdict.categories:
            return store.keep_malware
        return store.keep_rejected

    def record(self, outcome: Outcome) -> None:
        """The metrics, one journal record and one log line for a transaction that has ended."""
        self._count(outcome)
        self._store.journal.record(_journal_entry(outcome, self.listener.name))
        self._log.info("message", **_log_fields(outcome, self.listener.name))

    def record_refusals(
        self, reference: str, client: Client, sender: str, refused: Sequence[Refusal]
    ) -> None:
        """A log line for a transaction that ended before any message, because addresses were refused.

        There is no message, so no marking that could make it private.
        """
        self._log.info(
            "refused", ref=reference, listener=self.listener.name, client=client.address,
            **{"from": sender, "refused": [refusal.fields() for refusal in refused]},
        )  # fmt: skip

    def _count(self, outcome: Outcome) -> None:
        metrics = self._metrics
        metrics.message(self.listener.name, outcome.direction, outcome.action, outcome.seconds, outcome.size)
        for judged in outcome.verdict.judged:
            metrics.finding(judged.finding.stage, judged.finding.category, judged.action)
        if outcome.privacy is Privacy.PERSONAL:
            privacy = self._settings.privacy
            when = period(datetime.now().astimezone(), privacy.working_days, privacy.working_hours)
            metrics.personal(outcome.direction, when)


class TimedOnward:
    """Measures how long the next hop takes to accept a message."""

    def __init__(self, onward: Onward, metrics: Metrics) -> None:
        self._onward = onward
        self._metrics = metrics
        self.mail = onward.mail
        self.rcpt = onward.rcpt
        self.refuses_content = onward.refuses_content
        self.abandon = onward.abandon

    async def data(self, reference: str, blocks: Iterable[bytes]) -> Reply:
        """As the session it wraps."""
        started = time.perf_counter()
        try:
            return await self._onward.data(reference, blocks)
        finally:
            self._metrics.relayed(time.perf_counter() - started)


def _log_fields(outcome: Outcome, listener: str) -> dict[str, Any]:
    """The fields of the log line. For private mail: nothing that names a person or quotes the message."""
    deciding = outcome.verdict.deciding
    fields: dict[str, Any] = {
        "ref": outcome.reference,
        "listener": listener,
        "direction": outcome.direction,
        "action": outcome.action,
        "size": outcome.size,
        "recipients": len(outcome.envelope.recipients),
        "seconds": round(outcome.seconds, 4),
        "privacy": outcome.privacy,
    }
    if outcome.reply is not None:
        fields["reply"] = outcome.reply.code
    if deciding is not None:
        fields["category"] = deciding.finding.category
        fields["clause"] = deciding.clause
    if outcome.verdict.judged:
        fields["findings"] = [
            _finding_fields(j.finding, outcome.privacy) for j in outcome.verdict.judged[:20]
        ]
    if outcome.defects:
        fields["defects"] = outcome.defects
    if not outcome.privacy.private:
        fields |= {
            "client": outcome.client.address,
            "from": outcome.envelope.sender,
            "to": outcome.envelope.recipients[:20],
        }
        if outcome.refused:
            fields["refused"] = [refusal.fields() for refusal in outcome.refused]
    return fields


def _finding_fields(finding: Finding, privacy: Privacy) -> dict[str, str]:
    fields = {"stage": finding.stage, "rule": finding.rule, "category": finding.category}
    if not privacy.private and finding.filename:
        fields["filename"] = finding.filename
    return fields


def _journal_entry(outcome: Outcome, listener: str) -> JournalEntry:
    deciding = outcome.verdict.deciding
    return JournalEntry(
        reference=outcome.reference,
        at=datetime.now(UTC),
        listener=listener,
        direction=outcome.direction,
        client=outcome.client.address,
        sender=outcome.envelope.sender,
        recipients=tuple(outcome.envelope.recipients),
        size=outcome.size,
        action=outcome.action,
        category=deciding.finding.category if deciding else None,
        clause=deciding.clause if deciding else None,
        rule=deciding.finding.rule if deciding else None,
        privacy=outcome.privacy,
        reply_code=outcome.reply.code if outcome.reply is not None else 0,
        seconds=outcome.seconds,
    )


def _held_item(outcome: Outcome, listener: str, keep: float) -> HeldItem:
    now = datetime.now(UTC)
    names = (judged.finding.filename for judged in outcome.verdict.judged)
    return HeldItem(
        reference=outcome.reference,
        received_at=now,
        listener=listener,
        direction=outcome.direction,
        client=outcome.client,
        envelope=outcome.envelope,
        privacy=outcome.privacy,
        verdict=outcome.verdict,
        expires_at=now + timedelta(seconds=keep),
        subject=outcome.subject,
        filenames=tuple(dict.fromkeys(name for name in names if name)),
    )
