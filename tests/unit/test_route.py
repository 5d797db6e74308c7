"""Relay rules: nobody who is not trusted gets anything relayed elsewhere, in whatever way it is written."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import reply
from gateway.config import HostPort, Listener, SmtpHop
from gateway.model import Action, Direction
from gateway.reply import Reply
from gateway.route import RelayRules
from gateway.smtp.command import parse_rcpt
from tests.unit.test_transaction import FOREIGN, MESSAGE, QUEUED, FakeOnward, Setting, begun, profile, run

Mode = Literal["inbound", "outbound", "auto"]
DOMAINS = ("school.example", "xn--bcher-kva.example", "[192.0.2.1]")


def rules(mode: Mode, *networks: str) -> RelayRules:
    nets: Any = tuple(ipaddress.ip_network(network) for network in networks)
    listener = Listener.model_construct(
        name="x",
        bind=(HostPort(host="127.0.0.1", port=25),),
        direction=mode,
        relay_to=(SmtpHop(address=HostPort(host="127.0.0.1", port=26)),),
        trusted_networks=nets,
    )
    return RelayRules(listener, DOMAINS)


IN, OUT, INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL
HERE, THERE = "b@school.example", "c@elsewhere.example"


@pytest.mark.parametrize(
    ("mode", "trusted", "recipient", "expected"),
    [
        ("inbound", False, HERE, IN),
        ("inbound", False, THERE, reply.RELAY_DENIED),
        ("inbound", True, HERE, IN),
        ("inbound", True, THERE, reply.RELAY_DENIED),
        ("outbound", False, HERE, reply.NOT_TRUSTED),
        ("outbound", False, THERE, reply.NOT_TRUSTED),
        ("outbound", True, HERE, INTERNAL),
        ("outbound", True, THERE, OUT),
        ("auto", False, HERE, IN),
        ("auto", False, THERE, reply.RELAY_DENIED),
        ("auto", True, HERE, INTERNAL),
        ("auto", True, THERE, OUT),
    ],
)
def test_who_may_send_where(mode: Mode, trusted: bool, recipient: str, expected: Direction | Reply) -> None:
    assert rules(mode).admit(recipient, trusted=trusted) is expected


@pytest.mark.parametrize(
    "recipient",
    [
        "b@school.example",
        "B@SCHOOL.EXAMPLE",
        "b@school.example.",
        "postmaster",
        "Postmaster",
        "b@[192.0.2.1]",
    ],
)
def test_what_is_local(recipient: str) -> None:
    assert rules("inbound").admit(recipient, trusted=False) is IN


@pytest.mark.parametrize(
    "recipient",
    [
        "c@elsewhere.example",
        "c@sub.school.example",
        "c@school.example.elsewhere.example",
        "c@school.exampl",
        "c@[192.0.2.2]",
        "c%elsewhere.example@school.example",
        "c%elsewhere.example%x@school.example",
        "elsewhere.example!c@school.example",
        "@elsewhere.example:c@school.example",
        '"c@elsewhere.example"@school.example',
        '"c%elsewhere.example"@school.example',
        '"elsewhere.example!c"@school.example',
        "c@elsewhere.example@school.example",
        '"b@school.example"@elsewhere.example',
    ],
)
@pytest.mark.parametrize("mode", ["inbound", "auto"])
def test_no_way_round(mode: Mode, recipient: str) -> None:
    answer = rules(mode).admit(recipient, trusted=False)
    assert isinstance(answer, Reply)
    assert answer.code == 550


@given(st.text(alphabet='ab@%!".<>:;,\\ []', max_size=20))
def test_what_a_stranger_may_address_has_one_reading_only(text: str) -> None:
    """Through the parser and the rules nothing comes that another server could take for a route elsewhere."""
    address = parse_rcpt(f"TO:<{text}@school.example>", smtputf8=False)
    if isinstance(address, Reply):
        return
    if isinstance(rules("inbound").admit(address, trusted=False), Direction):
        local, _, domain = address.rpartition("@")
        assert domain == "school.example"
        assert not set(local) & set("%!@")


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.1.2.3", True),
        ("11.1.2.3", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:11.1.2.3", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("fe80::1%eth0", False),
        ("10.1.2.3.4", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_trusted_networks(address: str, trusted: bool) -> None:
    assert rules("auto", "10.0.0.0/8", "2001:db8::/32").trusts(address) is trusted


def test_without_networks_nobody_is_trusted() -> None:
    assert not rules("auto").trusts("127.0.0.1")


# --- in a transaction ---------------------------------------------------------------------------------------------


def test_refused_recipients_do_not_spoil_the_others(tmp_path: Path) -> None:
    onward = FakeOnward()
    onward.answers["rcpt bad@school.example"] = Reply(550, "5.1.1 Unknown")
    service = Setting(tmp_path, onward).service()
    percent = "c%elsewhere.example@school.example"
    assert run(service, MESSAGE, FOREIGN, percent, HERE, "bad@school.example", "d@school.example") is QUEUED
    [outcome] = service.outcomes
    assert outcome.envelope.recipients == [HERE, "d@school.example"]
    assert [refusal.address for refusal in outcome.refused] == [FOREIGN, percent, "bad@school.example"]
    asked = [step for step in onward.steps if step.startswith("rcpt")]
    assert len(asked) == 3, "the next hop trusts us, so it must not even be asked about strangers"
    assert not service.refusals, "recorded once"


def test_recipients_beyond_the_limit_come_in_another_transaction(tmp_path: Path) -> None:
    names = [f"r{number}@school.example" for number in range(102)]
    transaction, answers = asyncio.run(begun(Setting(tmp_path).service(), *names))
    assert [each.code for each in answers[1:]] == [250] * 100 + [452] * 2
    assert len(transaction.envelope.recipients) == 100


@pytest.mark.parametrize(
    ("outbound", "gone", "codes"),
    [
        ({"reject": Action.TAG}, False, [250, 452, 250]),
        ({}, False, [250, 250, 250]),
        ({"reject": Action.TAG}, True, [550, 250, 452]),
    ],
    ids=["differs", "same", "a refused recipient sets no policy"],
)
def test_one_policy_a_transaction(
    tmp_path: Path, outbound: dict[str, Action], gone: bool, codes: list[int]
) -> None:
    onward = FakeOnward()
    if gone:
        onward.answers[f"rcpt {HERE}"] = Reply(550, "5.1.1 Unknown")
    setting = Setting(tmp_path, onward, profile(**outbound), listener={"direction": "auto"})
    _, answers = asyncio.run(begun(setting.service(), HERE, FOREIGN, "d@school.example", trusted=True))
    assert [answer.code for answer in answers[1:]] == codes
    assert all(answer in (reply.POLICY_DIFFERS,) for answer in answers if answer.code == 452)


@pytest.mark.parametrize("recipients", [(), (FOREIGN,)])
def test_data_without_a_recipient(tmp_path: Path, recipients: Sequence[str]) -> None:
    transaction, _ = asyncio.run(begun(Setting(tmp_path).service(), *recipients))
    assert transaction.begin() is reply.RCPT_FIRST
