"""One mail transaction, from MAIL to the reply behind the final dot. The route of a message reads top to bottom here.

    mail      -> next hop's MAIL                                    -> its reply
    rcpt      -> relay rules, same policy as the others?  -> RCPT   -> its reply
    feed      -> inspection, while the message arrives
    finish    -> verdict -> relay | reject | quarantine | defer     -> reply
    abandon   -> whatever was open is closed

Promise 1 of the design lives here: a 2xx reply to the final dot is the next hop's own, or comes after the message
is durably in quarantine. Whatever goes wrong is a 4xx.
"""

from __future__ import annotations

import errno
import time

from gateway import outgoing, reply
from gateway.inspection import Inspection
from gateway.model import Action, Client, Direction, Envelope, Privacy, Verdict, new_reference
from gateway.policy.decide import decide
from gateway.relay.hop import Onward
from gateway.reply import Reply
from gateway.service import Outcome, Refusal, Service
from gateway.smtp.command import MailCommand
from gateway.stages.base import Context

_MOST_REFUSALS = 20  # recipients named in a record


class Transaction:
    """One transaction of one client."""

    def __init__(self, service: Service, client: Client, *, trusted: bool) -> None:
        self._service = service
        self._client = client
        self._trusted = trusted
        self._onward: Onward | None = None
        self._inspection: Inspection | None = None
        self.envelope = Envelope("")
        self._direction: Direction | None = None
        self._reference = new_reference()
        self._started = time.monotonic()
        self._failure: Reply | None = None
        self._refused: list[Refusal] = []
        self._recorded = False

    # --- the envelope ---

    async def mail(self, command: MailCommand) -> Reply:
        """MAIL: the next hop's answer."""
        self.envelope = Envelope(
            command.sender, size=command.size, body=command.body, smtputf8=command.smtputf8
        )
        self._onward = self._service.onward()
        answer = await self._onward.mail(self._client, self.envelope)
        if not answer.positive:
            self._refused.append(Refusal("MAIL", command.sender, answer))
            await self.abandon()
        return answer

    async def rcpt(self, address: str) -> Reply:
        """RCPT: refused by our relay rules, put off to another transaction, or the next hop's answer."""
        answer = await self._rcpt(address)
        if not answer.positive and len(self._refused) < _MOST_REFUSALS:
            self._refused.append(Refusal("RCPT", address, answer))
        return answer

    async def _rcpt(self, address: str) -> Reply:
        admitted = self._service.rules.admit(address, trusted=self._trusted)
        if isinstance(admitted, Reply):
            return admitted
        if len(self.envelope.recipients) >= self._service.listener.max_recipients:
            return reply.TOO_MANY_RECIPIENTS
        if self._direction is not None and self._differs(admitted, self._direction):
            return reply.POLICY_DIFFERS
        assert self._onward is not None
        answer = await self._onward.rcpt(address)
        if answer.positive:
            self.envelope.recipients.append(address)
            self._direction = self._direction or admitted
        return answer

    def _differs(self, one: Direction, other: Direction) -> bool:
        profile = self._service.profile
        return one is not other and profile.policy(one) != profile.policy(other)

    # --- the content ---

    def begin(self) -> Reply:
        """DATA: 354, or a refusal."""
        if not self.envelope.recipients or self._direction is None:
            return reply.RCPT_FIRST
        self._inspection = Inspection(self._service.inspector, Context(self._direction))
        return reply.START_INPUT

    async def feed(self, content: bytes) -> None:
        """The next octets of the message. Trouble is kept for the end: the client must be drained first."""
        if self._failure is not None or self._inspection is None:
            return
        try:
            await self._inspection.feed(content)
        except OSError as error:
            self._service.fault("spool", error)
            self.refuse(_storage_reply(error))
        except Exception as error:
            self._service.fault("inspection", error)
            self.refuse(reply.INTERNAL)

    def refuse(self, answer: Reply) -> None:
        """Whatever follows of the message is not wanted; `answer` is the reply to its end."""
        self._failure = self._failure or answer
        if self._inspection is not None:
            self._inspection.close()

    async def finish(self, *, eight_bit: bool) -> Reply:
        """The message is complete: inspect, decide, act, record."""
        inspection, direction = self._inspection, self._direction
        assert inspection is not None
        assert direction is not None
        if self._failure is not None:
            return await self._end_unjudged(self._failure)
        try:
            await inspection.finish()
            if _count(inspection, "received") > self._service.listener.max_received:
                return await self._end_unjudged(reply.LOOP)
            verdict = decide(inspection.findings, self._service.profile, direction)
            answer = await self._act(verdict, inspection, eight_bit=eight_bit)
        except OSError as error:
            self._service.fault("storage", error)
            return await self._end_unjudged(_storage_reply(error))
        except Exception as error:
            self._service.fault("transaction", error)
            return await self._end_unjudged(reply.INTERNAL)
        self._record(verdict, answer, inspection)
        await self.abandon()
        return answer

    async def _end_unjudged(self, answer: Reply) -> Reply:
        """End without a verdict: too large, a loop, no room."""
        verdict = Verdict(Action.REJECT if answer.permanent else Action.DEFER)
        self._record(verdict, answer, self._inspection)
        await self.abandon()
        return answer

    async def _act(self, verdict: Verdict, inspection: Inspection, *, eight_bit: bool) -> Reply:
        match verdict.action:
            case Action.RELAY | Action.TAG:
                return await self._relay(verdict, inspection, eight_bit=eight_bit)
            case Action.QUARANTINE:
                await self._hold(verdict, inspection)
                return reply.accepted(self._reference)
            case Action.REJECT:
                await self._hold(verdict, inspection)
                reason = verdict.deciding
                assert reason is not None
                return reply.blocked(reason.label, verdict.profile, reason.clause, self._reference)
            case Action.DEFER:
                return reply.deferred(self._reference)

    async def _relay(self, verdict: Verdict, inspection: Inspection, *, eight_bit: bool) -> Reply:
        onward = self._onward
        assert onward is not None
        utf8_header = any(not field.value.isascii() for field in inspection.header.fields)
        refusal = onward.refuses_content(
            eight_bit=eight_bit, utf8_header=utf8_header and self.envelope.smtputf8
        )
        if refusal is not None:
            return refusal
        fields = outgoing.own_fields(self._reference, verdict, inspection.privacy)
        fields += outgoing.trace(
            self._service.hostname, self._client, self._reference, self.envelope.smtputf8
        )
        return await onward.data(self._reference, outgoing.message(fields, inspection.header, inspection.raw))

    async def _hold(self, verdict: Verdict, inspection: Inspection) -> None:
        """Keep the message (or, for a rejection, a copy) before the client is answered."""
        assert self._direction is not None
        outcome = self._outcome(verdict, None, inspection)
        await self._service.hold(outcome, inspection.raw.blocks())

    # --- the end ---

    def _record(self, verdict: Verdict, answer: Reply, inspection: Inspection | None) -> None:
        """Write down what became of the message. That is settled: trouble here must not change the reply."""
        self._recorded = True
        try:
            self._service.record(self._outcome(verdict, answer, inspection))
        except Exception as error:
            self._service.fault("record", error)

    def _outcome(self, verdict: Verdict, answer: Reply | None, inspection: Inspection | None) -> Outcome:
        return Outcome(
            reference=self._reference,
            client=self._client,
            envelope=self.envelope,
            direction=self._direction or Direction.INBOUND,
            verdict=verdict,
            reply=answer,
            privacy=inspection.privacy if inspection is not None else Privacy.UNKNOWN,
            subject=inspection.header.decoded("subject") if inspection is not None else None,
            size=inspection.raw.size if inspection is not None else 0,
            defects=len(inspection.defects) if inspection is not None else 0,
            seconds=time.monotonic() - self._started,
            refused=tuple(self._refused),
        )

    async def abandon(self) -> None:
        """Close what is open, in whatever state. Harmless when repeated."""
        inspection, self._inspection = self._inspection, None
        refused, self._refused = self._refused, []
        # Where a message had begun, what is known of it decides whether addresses may be written.
        if refused and not self._recorded and not (inspection is not None and inspection.privacy.private):
            self._service.record_refusals(self._reference, self._client, self.envelope.sender, refused)
        if inspection is not None:
            inspection.close()
        onward, self._onward = self._onward, None
        if onward is not None:
            await onward.abandon()


def _storage_reply(error: OSError) -> Reply:
    return reply.STORAGE if error.errno in (errno.ENOSPC, errno.EDQUOT) else reply.INTERNAL


def _count(inspection: Inspection, name: str) -> int:
    return len(inspection.header.all(name))
