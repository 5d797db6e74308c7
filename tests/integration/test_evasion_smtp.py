"""Every evasion recipe over SMTP, through a gateway in a process of its own: none of them reaches the next hop.

Many messages go over each connection, as they are made; the gateway turns bare CR and LF into CRLF on the way in. Of
the large messages of a recipe one is sent. What may be missed, or is left for later, is sent too, and must be answered.
"""

from __future__ import annotations

import email
import re
import smtplib
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.evasion.build import EICAR
from tests.support.evasion.catalogue import recipes
from tests.support.evasion.later import LATER
from tests.support.evasion.outcome import PROFILE, write_rulesets
from tests.support.evasion.recipe import Target
from tests.support.gateway import LOCAL_DOMAIN, Gateway
from tests.support.next_hop import NextHop
from tests.support.ports import LOOPBACK

LARGE = 100_000  # octets
A_CONNECTION = 50  # messages
REPAIRED = frozenset({"D090 CR CR LF", "D090 CR CR LF, as text"})
SENDER = "ann@elsewhere.example"
REFERENCE = re.compile(r"Reference (\w{26})")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be sent. Each has a recipient of its own, by whom it is known at the next hop."""

    name: str
    recipient: str
    asserted: bool
    may_wait: bool
    octets: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter and the reply to it."""

    letter: Letter
    code: int
    text: str

    @property
    def reference(self) -> str:
        """The reference that the reply names; "" for none."""
        found = REFERENCE.search(self.text)
        return found[1] if found else ""


def letters() -> Iterator[Letter]:
    """All messages of all recipes, of the large ones of each recipe the first."""
    number = 0
    for recipe in recipes():
        large = False
        for variant, octets in recipe.make():
            if len(octets) > LARGE:
                if large:
                    continue
                large = True
            number += 1
            asserted = recipe.asserted(variant) and (recipe.id, variant) not in LATER
            may_wait = recipe.target in (Target.LIMIT, Target.NO_HANG)
            recipient = f"r{number}@{LOCAL_DOMAIN}"
            yield Letter(f"{recipe.id} {variant}", recipient, asserted, may_wait, octets)


def send(port: int, batch: list[Letter]) -> list[Sent]:
    """Send the letters over one connection."""
    done: list[Sent] = []
    with smtplib.SMTP(LOOPBACK, port, "client.elsewhere.example", 30) as client:
        client.ehlo()
        for letter in batch:
            assert client.mail(SENDER, ["BODY=8BITMIME"])[0] == 250, letter.name
            assert client.rcpt(letter.recipient)[0] == 250, letter.name
            code, text = client.data(letter.octets)
            done.append(Sent(letter, code, text.decode()))
    return done


def recipients(hop: NextHop) -> set[str]:
    """Those whose letter has arrived at the next hop."""
    return {recipient.strip("<>") for message in hop.messages for recipient in message.recipients}


def quarantined(state: Path) -> set[str]:
    """References of the messages that the quarantine holds, with their content."""
    (database,) = state.glob("*.db")
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {str(row[0]) for row in connection.execute("SELECT reference FROM quarantine")}


@pytest.fixture(scope="module")
def hop() -> Iterator[NextHop]:
    with NextHop() as instance:
        yield instance


@pytest.fixture(scope="module")
def gateway(hop: NextHop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("evasion")
    sections = {"policy": {"profile": PROFILE, "rulesets": str(write_rulesets(folder))}}
    listener = {"max_errors": 10_000}
    instance = Gateway(folder / "gateway", hop.address, listener=listener, sections=sections, workers=2)
    yield instance
    instance.kill()


@pytest.fixture(scope="module")
def sent(gateway: Gateway) -> list[Sent]:
    """Every letter, after it was sent over four connections at a time."""
    waiting = list(letters())
    batches = [waiting[at : at + A_CONNECTION] for at in range(0, len(waiting), A_CONNECTION)]
    with ThreadPoolExecutor(4) as pool:
        return [item for done in pool.map(lambda batch: send(gateway.port, batch), batches) for item in done]


def test_nothing_that_must_be_stopped_reaches_the_next_hop(hop: NextHop, sent: list[Sent]) -> None:
    arrived = recipients(hop)
    asserted = [item.letter for item in sent if item.letter.asserted and item.letter.name not in REPAIRED]
    slipped = [letter.name for letter in asserted if letter.recipient in arrived]
    assert not slipped, f"{len(slipped)} of {len(sent)} reached the next hop:\n" + "\n".join(slipped)


def test_what_the_gateway_repairs_does_no_harm_any_more(hop: NextHop, sent: list[Sent]) -> None:
    """CR CR LF behind a soft line break becomes an empty line, so that every reader finds lines between the letters."""
    repaired = {item.letter.recipient for item in sent if item.letter.name in REPAIRED}
    assert len(repaired) == len(REPAIRED)
    for message in hop.messages:
        if not repaired.isdisjoint([recipient.strip("<>") for recipient in message.recipients]):
            parts = email.message_from_bytes(message.content).walk()
            contents = [part.get_payload(decode=True) or b"" for part in parts if not part.is_multipart()]
            assert contents
            assert not any(EICAR[:20] in content for content in contents)


def test_each_is_refused_held_or_handed_on(gateway: Gateway, hop: NextHop, sent: list[Sent]) -> None:
    held, arrived = quarantined(gateway.state_dir), recipients(hop)
    wrong: list[str] = []
    for item in sent:
        refused = item.code == 550 or (item.code == 451 and item.letter.may_wait)
        kept = item.code == 250 and item.reference in held
        if (refused or kept) is (item.letter.recipient in arrived):  # one of the two, never both or neither
            wrong.append(f"{item.letter.name}: {item.code} {item.text}")
    assert not wrong, "\n".join(wrong)


def test_nothing_crashed(gateway: Gateway, sent: list[Sent]) -> None:
    assert sent
    assert "level" in gateway.running_service.output
    assert not re.findall(r'.*"level": "error".*', gateway.running_service.output)
