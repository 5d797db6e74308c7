"""Transactions with a next hop, stages and a quarantine that do as the test says.

Promise 1 of the design is attacked from every side: whatever fails, a 2xx reply means that the next hop has the
message or that it is in quarantine. Recipients: test_route; records: test_service; stages: test_inspection.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import reply
from gateway.config import Gateway, HostPort, Listener, Policy, Settings, SmtpHop
from gateway.inspection import Inspector
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.model import CATEGORY_FAULT, Action, Client, Direction, Envelope, Finding
from gateway.policy.profile import Entry, Profile
from gateway.privacy.marking import Marking
from gateway.reply import Reply
from gateway.service import Outcome, Refusal, Service, Store
from gateway.smtp.command import MailCommand
from gateway.spool import Spool
from gateway.stages.base import Context, Message, Part, StageRun
from gateway.store.database import StoreError
from gateway.telemetry import Metrics
from gateway.transaction import Transaction

CLIENT = Client("192.0.2.7", 4711, "client.example", True)
QUEUED = Reply(250, "2.0.0 Ok: queued as 4711")
SENDER, LOCAL, FOREIGN = "a@elsewhere.example", "b@school.example", "c@elsewhere.example"
ACTIONS = {action.value: action for action in Action} | {CATEGORY_FAULT: Action.DEFER}


def text(*lines: str, subject: str = "Lunch") -> bytes:
    """A message. Each line "find CATEGORY" is a finding; the profile has one category for each action."""
    return "".join(
        [f"{line}\r\n" for line in (f"From: {SENDER}", f"Subject: {subject}", "", *lines)]
    ).encode()


MESSAGE = text("Hello.")


def profile(**outbound: Action) -> Profile:
    """A category for each action, of the same name; `outbound` differs from the other directions."""
    entries = {name: Entry(action, "5.11", f"{name} content") for name, action in ACTIONS.items()}
    changed = entries | {name: Entry(action, "5.11", "other") for name, action in outbound.items()}
    return Profile("test", "For tests", dict.fromkeys(Direction, entries) | {Direction.OUTBOUND: changed})


class FakeOnward:
    """A next hop. `answers` are its replies by step, or what it raises; anything else is answered well."""

    def __init__(self, **answers: Reply | Exception) -> None:
        self.answers = answers
        self.steps: list[str] = []
        self.content: bytes | None = None
        self.abandoned = 0

    def _answer(self, step: str, good: Reply) -> Reply:
        self.steps.append(step)
        answer = self.answers.get(step, good)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def mail(self, client: Client, envelope: Envelope) -> Reply:
        return self._answer("mail", reply.SENDER_OK)

    async def rcpt(self, address: str) -> Reply:
        return self._answer(f"rcpt {address}", reply.RECIPIENT_OK)

    def refuses_content(self, *, eight_bit: bool, utf8_header: bool) -> Reply | None:
        refusal = self.answers.get("content8" if eight_bit else "contentutf8" if utf8_header else "")
        return refusal if isinstance(refusal, Reply) else None

    async def data(self, reference: str, blocks: Iterable[bytes]) -> Reply:
        octets = b"".join(blocks)
        answer = self._answer("data", QUEUED)
        if answer.positive:
            self.content = octets
        return answer

    async def abandon(self) -> None:
        self.abandoned += 1


class Probe(StageRun):
    """Finds what the message says should be found; raises in the method `crash`."""

    def __init__(self, crash: str) -> None:
        self.crash = crash

    def _visit(self, method: str) -> None:
        if method == self.crash:
            raise RuntimeError("canary")

    def header(self, path: str, header: Header) -> Iterable[Finding]:
        self._visit("header")
        return ()

    def part(self, part: Part) -> Iterable[Finding]:
        self._visit("part")
        lines = [line.split() for line in part.body.read().decode("latin-1").splitlines()]
        return [
            Finding("probe", f"rule-{words[1]}", words[1], part.path)
            for words in lines
            if words[:1] == ["find"]
        ]

    def finish(self, message: Message) -> Iterable[Finding]:
        self._visit("finish")
        return ()

    def close(self) -> None:
        self._visit("close")


@dataclass
class ProbeStage:
    name: ClassVar[str] = "probe"
    crash: str = ""

    def start(self, context: Context) -> StageRun:
        if self.crash == "start":
            raise RuntimeError("canary")
        return Probe(self.crash)


class Quiet:
    def stage_time(self, stage: str, seconds: float) -> None: ...

    def defect(self, name: str, severity: str) -> None: ...
    def stage_fault(self, stage: str, error: BaseException) -> None: ...


@dataclass
class Setting:
    """Everything around a transaction; `listener` holds its settings."""

    folder: Path
    onward: FakeOnward = field(default_factory=FakeOnward)
    profile: Profile = field(default_factory=profile)
    crash: str = ""
    listener: dict[str, Any] = field(default_factory=dict)

    def service(self) -> RecordingService:
        listener = Listener(
            name="test",
            bind=(HostPort(host="127.0.0.1", port=25),),
            relay_to=(SmtpHop(address=HostPort(host="127.0.0.1", port=26)),),
            **{"max_recipients": 100} | self.listener,
        )
        stages = [ProbeStage(self.crash), ProbeStage()] if self.crash else [ProbeStage()]
        marking = Marking(["personal"], ["private"])
        inspector = Inspector(stages, Limits(), marking, self.folder, 1 << 16, 1 << 20, 5, None, Quiet())
        gateway = Gateway(hostname="gw.example", local_domains=("school.example",), state_dir=self.folder)
        settings = Settings(gateway=gateway, listener=(listener,), policy=Policy(profile="test"))
        return RecordingService(
            settings, listener, self.profile, inspector, lambda: self.onward, cast(Store, None), Metrics()
        )


class RecordingService(Service):
    """The worker's service, with its doors to the outside replaced by lists."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.held: list[tuple[Outcome, bytes]] = []
        self.outcomes: list[Outcome] = []
        self.refusals: list[Refusal] = []
        self.faults: list[str] = []
        self.hold_error: Exception | None = None
        self.record_error: Exception | None = None

    def fault(self, where: str, error: BaseException) -> None:
        self.faults.append(where)

    async def hold(self, outcome: Outcome, blocks: Iterable[bytes]) -> None:
        octets = b"".join(blocks)
        if self.hold_error is not None:
            raise self.hold_error
        self.held.append((outcome, octets))

    def record(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self.record_error is not None:
            raise self.record_error

    def record_refusals(
        self, reference: str, client: Client, sender: str, refused: Sequence[Refusal]
    ) -> None:
        self.refusals += refused


async def begun(
    service: Service, *recipients: str, trusted: bool = False, smtputf8: bool = False
) -> tuple[Transaction, list[Reply]]:
    """A transaction up to its recipients, and the replies so far."""
    transaction = Transaction(service, CLIENT, trusted=trusted)
    answers = [await transaction.mail(MailCommand(SENDER, None, None, smtputf8))]
    if answers[0].positive:
        answers += [await transaction.rcpt(address) for address in recipients]
    return transaction, answers


def run(
    service: Service,
    message: bytes = MESSAGE,
    *recipients: str,
    eight_bit: bool = False,
    smtputf8: bool = False,
    refuse: Reply | None = None,
) -> Reply:
    """A whole transaction; the reply that decides it."""

    async def work() -> Reply:
        transaction, answers = await begun(service, *(recipients or (LOCAL,)), smtputf8=smtputf8)
        if not any(answer.positive for answer in answers[1:]):
            await transaction.abandon()
            return answers[-1]
        assert transaction.begin().code == 354
        for position in range(0, len(message), 7):
            await transaction.feed(message[position : position + 7])
        if refuse is not None:
            transaction.refuse(refuse)
            transaction.refuse(reply.INTERNAL)  # the first reason stands
            await transaction.feed(b"more")
        return await transaction.finish(eight_bit=eight_bit)

    return asyncio.run(work())


# --- what becomes of a message ----------------------------------------------------------------------------


def test_clean_mail_is_relayed_untouched_and_the_reply_is_the_next_hops(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    service = setting.service()
    assert run(service) is QUEUED
    content = setting.onward.content or b""
    assert content.endswith(b"\r\n" + MESSAGE)
    added = content[: -len(MESSAGE)].decode()
    assert "\nReceived: from client.example ([192.0.2.7])\r\n\tby gw.example (Postern) with ESMTP" in added
    names = [line.partition(":")[0] for line in added.splitlines() if not line.startswith("\t")]
    # Received comes last: what a message begins with can only be taken for a part of the field above it.
    assert names == ["X-Postern-Ref", "X-Postern-Verdict", "Received"]
    [outcome] = service.outcomes
    assert (outcome.action, outcome.reply, outcome.size) == (Action.RELAY, QUEUED, len(MESSAGE))
    assert outcome.reference in added
    assert (service.held, service.faults) == ([], [])


@pytest.mark.parametrize(
    ("category", "said", "relayed", "held"),
    [
        ("relay", "250 2.0.0 Ok: queued as 4711", True, False),
        ("tag", "250 2.0.0 Ok: queued as 4711", True, False),
        ("quarantine", "250 2.0.0 Message accepted. Reference {}", False, True),
        ("reject", "550 5.7.1 Message blocked: reject content (test 5.11). Reference {}", False, True),
        (
            "defer",
            "451 4.7.1 The message could not be inspected just now; try again later. Reference {}",
            False,
            False,
        ),
    ],
)
def test_each_verdict(tmp_path: Path, category: str, said: str, relayed: bool, held: bool) -> None:
    setting = Setting(tmp_path)
    service = setting.service()
    message = text(f"find {category}")
    answer = run(service, message)
    [outcome] = service.outcomes
    assert answer.first_line == said.format(outcome.reference)
    assert outcome.action is ACTIONS[category]
    assert (setting.onward.content is not None) is relayed
    assert [octets for _, octets in service.held] == ([message] if held else [])
    assert all(each.reply is None for each, _ in service.held), "held before the client is answered"
    if relayed:
        assert f"X-Postern-Categories: {category}\r\n".encode() in (setting.onward.content or b"")


@pytest.mark.parametrize("found", ["relay", "tag", "quarantine", "reject"])
@pytest.mark.parametrize("crash", ["start", "header", "part", "finish"])
def test_a_stage_that_crashes_costs_a_451_unless_there_is_reason_to_reject(
    tmp_path: Path, found: str, crash: str
) -> None:
    setting = Setting(tmp_path, crash=crash)
    service = setting.service()
    answer = run(service, text(f"find {found}"))
    assert (answer.code, answer.text[:5]) == ((550, "5.7.1") if found == "reject" else (451, "4.7.1"))
    assert setting.onward.content is None
    assert bool(service.held) is (found == "reject")
    assert "canary" not in repr(service.outcomes), "the exception's text may quote the message"


@pytest.mark.parametrize(
    ("code", "action"),
    [
        *[(250, Action.RELAY), (251, Action.RELAY), (421, Action.DEFER), (450, Action.DEFER)],
        *[(452, Action.DEFER), (550, Action.REJECT), (552, Action.REJECT), (554, Action.REJECT)],
    ],
)
def test_the_next_hops_word_after_the_dot_is_passed_back(tmp_path: Path, code: int, action: Action) -> None:
    said = Reply(code, "x.0.0 as the next hop says it\nand more")
    service = Setting(tmp_path, FakeOnward(data=said)).service()
    assert run(service) is said
    assert [(each.action, each.reply) for each in service.outcomes] == [(action, said)]


@pytest.mark.parametrize("said", [Reply(550, "5.1.8 No"), Reply(451, "4.4.1 Down")])
def test_mail_refused_by_the_next_hop_ends_the_transaction(tmp_path: Path, said: Reply) -> None:
    onward = FakeOnward(mail=said)
    assert run(Setting(tmp_path, onward).service()) is said
    assert onward.abandoned == 1


def test_content_that_the_next_hop_cannot_carry_is_refused(tmp_path: Path) -> None:
    onward = FakeOnward(content8=reply.EIGHT_BIT_NOT_ONWARD, contentutf8=reply.UTF8_NOT_ONWARD)
    service = Setting(tmp_path, onward).service()
    assert run(service, eight_bit=True) is reply.EIGHT_BIT_NOT_ONWARD
    assert run(service, text("x", subject="Zoë"), smtputf8=True) is reply.UTF8_NOT_ONWARD
    assert onward.content is None
    assert run(service, smtputf8=True) is QUEUED


# --- what goes wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fields", "code"), [(3, 250), (4, 554)])
def test_a_message_that_goes_round_is_stopped(tmp_path: Path, fields: int, code: int) -> None:
    setting = Setting(tmp_path, listener={"max_received": 3})
    assert run(setting.service(), b"Received: from x by y; z\r\n" * fields + MESSAGE).code == code
    assert (setting.onward.content is None) is (code == 554)


def test_what_is_too_large_is_neither_inspected_nor_kept(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    service = setting.service()
    assert run(service, text("find quarantine"), refuse=reply.TOO_LARGE) is reply.TOO_LARGE
    assert (setting.onward.content, service.held) == (None, [])
    assert [each.action for each in service.outcomes] == [Action.REJECT]
    assert setting.onward.abandoned == 1


@pytest.mark.parametrize("at", [0, 3])
def test_a_full_disk_is_a_452_and_the_client_is_drained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    writes = 0

    def write(self: Spool, data: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes > at:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Spool, "write", write)
    setting = Setting(tmp_path)
    service = setting.service()
    assert run(service) is reply.STORAGE
    assert writes == at + 1, "after the first failure nothing more is written"
    assert (setting.onward.content, service.faults) == (None, ["spool"])
    assert [each.action for each in service.outcomes] == [Action.DEFER]


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "full"), BrokenPipeError(), UnicodeEncodeError("utf-8", "", 0, 1, "x")],
    ids=["full disk", "broken pipe", "not to be encoded"],
)
@pytest.mark.parametrize("found", ["relay", "quarantine"])
def test_a_record_that_cannot_be_written_does_not_change_the_answer(
    tmp_path: Path, error: Exception, found: str
) -> None:
    """The message has been taken: a sender who is told anything else sends it again, and again."""
    service = Setting(tmp_path).service()
    service.record_error = error
    assert run(service, text(f"find {found}")).code == 250


@pytest.mark.parametrize("steps", range(4))
def test_abandon_may_come_at_any_time_and_twice(tmp_path: Path, steps: int) -> None:
    async def work() -> None:
        transaction, _ = await begun(setting.service(), *([LOCAL] if steps else []))
        if steps > 1:
            transaction.begin()
        if steps > 2:
            await transaction.feed(MESSAGE[:20])
        await transaction.abandon()
        await transaction.abandon()

    setting = Setting(tmp_path)
    asyncio.run(work())
    assert (setting.onward.abandoned, setting.onward.content) == (1, None)


# --- the promise itself ---------------------------------------------------------------------------------------------

FAULTS: list[Exception] = [OSError("x"), RuntimeError("x"), ValueError("x"), StoreError("x")]


@given(
    verdict=st.sampled_from([*ACTIONS, "nothing"]),
    crash=st.sampled_from(["", "start", "header", "part", "finish", "close"]),
    data=st.sampled_from([QUEUED, Reply(451, "4.0.0 x"), Reply(550, "5.0.0 x"), *FAULTS]),
    hold=st.sampled_from([None, *FAULTS]),
    refuse=st.sampled_from([None, reply.TOO_LARGE, reply.BARE_CR_LF]),
)
@settings(max_examples=150, deadline=None)
def test_a_2xx_means_that_the_message_is_safe(
    tmp_path_factory: pytest.TempPathFactory,
    verdict: str,
    crash: str,
    data: Reply | Exception,
    hold: Exception | None,
    refuse: Reply | None,
) -> None:
    setting = Setting(tmp_path_factory.getbasetemp(), FakeOnward(data=data), crash=crash)
    service = setting.service()
    service.hold_error = hold
    message = text(f"find {verdict}")
    answer = run(service, message, refuse=refuse)
    delivered = setting.onward.content is not None and setting.onward.content.endswith(message)
    held = [octets for _, octets in service.held] == [message]
    if answer.positive:
        assert delivered or held
    elif answer.text.startswith("5.7.1 Message blocked"):
        assert held
    else:
        assert (delivered, held) == (False, False), (
            "the sender keeps the message, so it must not be taken twice"
        )
    assert len(service.outcomes) == 1
