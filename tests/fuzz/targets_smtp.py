"""Targets at the edges of a message: its content on the wire, the arguments of commands, the verdict."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator

from gateway.model import Action, Direction, Finding
from gateway.policy.decide import decide
from gateway.policy.profile import Entry, Profile
from gateway.reply import Reply
from gateway.smtp.command import MailCommand, domain_of, parse_mail, parse_rcpt
from gateway.smtp.content import ContentReader, DotStuffer
from tests.fuzz import fragments
from tests.fuzz.invariants import cuts_of, pieces
from tests.fuzz.target import target

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_END = b"\r\n.\r\n"
_CATEGORIES = ("executable", "ambiguous", "not-inspected", "inspection-fault", "chain-mail", "unheard-of")


def _wire(message: bytes) -> Iterator[bytes]:
    yield b"\r\n.".join(message.split(b"\r\n.")) + _END + b"QUIT\r\n"


@target("smtp-content", _wire, [*fragments.WIRE, *fragments.ENDINGS])
def content(data: bytes) -> None:
    """The content on the wire: as any receiver reads it, however it is cut, and the same again when sent on."""
    for largest in (1 << 30, 100):
        whole = _read(data, [], largest)
        for cuts in cuts_of(data):
            assert _read(data, cuts, largest) == whole, f"something else when cut at {cuts}"
        finished, octets, rest, size, oversize, _, eight_bit = whole
        assert finished is (_END in b"\r\n" + data)
        assert not finished or data.endswith(rest)
        assert _BARE.search(octets) is None
        assert oversize is (size > largest)
        if not oversize:
            assert len(octets) == size
            assert eight_bit is not octets.isascii()
            _sent_on(octets)


def _read(data: bytes, cuts: list[int], largest: int) -> tuple[bool, bytes, bytes, int, bool, bool, bool]:
    reader = ContentReader(largest)
    octets: list[bytes] = []
    rest = b""
    for piece in pieces(data, cuts):
        if reader.finished:
            rest += piece
        else:
            octets.append(reader.feed(piece))
            rest = reader.rest
    if reader.oversize:  # nothing more is given or looked at, so what was before depends on the blocks
        return reader.finished, b"", rest, reader.size, True, reader.bare, False
    return reader.finished, b"".join(octets), rest, reader.size, False, reader.bare, reader.eight_bit


def _sent_on(octets: bytes) -> None:
    for cuts in ([], *cuts_of(octets)):
        stuffer = DotStuffer()
        sent = b"".join([stuffer.feed(piece) for piece in pieces(octets, cuts)]) + stuffer.finish()
        assert sent.count(_END) + sent.startswith(_END[2:]) == 1, "the end of data stands within"
        finished, again, rest, *_ = _read(sent, [], 1 << 30)
        ended = octets if octets.endswith(b"\r\n") or not octets else octets + b"\r\n"
        assert (finished, again, rest) == (True, ended, b"")


@target("smtp-command", lambda _: (), fragments.COMMANDS, longest=600)
def command(data: bytes) -> None:
    """MAIL and RCPT: understood or refused, and an address that is taken ends nothing early when it is sent on."""
    for argument in (data.decode("utf-8", "surrogateescape"), data.decode("latin-1")):
        for text in (argument, "FROM:" + argument, "FROM:<" + argument):
            mail = parse_mail(text)
            assert isinstance(mail, MailCommand | Reply)
            if isinstance(mail, MailCommand):
                _check_address(mail.sender, mail.smtputf8)
                assert mail.size is None or mail.size >= 0
        for text in (argument, "TO:" + argument, "TO:<" + argument):
            for smtputf8 in (False, True):
                recipient = parse_rcpt(text, smtputf8=smtputf8)
                if isinstance(recipient, str):
                    assert recipient
                    _check_address(recipient, smtputf8)


def _check_address(address: str, smtputf8: bool) -> None:
    assert smtputf8 or address.isascii()
    address.encode("utf-8")
    assert not any(ord(char) < 0x20 or ord(char) == 0x7F for char in address), address
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", address)
    assert not set(unquoted) & set('<> "'), address
    domain = domain_of(address)
    assert domain == domain.lower()
    assert ">" not in domain


@target("decide", lambda _: (), [b"\0", b"\1\2\3", b"\xff" * 5, b"abcabc"], longest=300)
def verdict(data: bytes) -> None:
    """The verdict: the strongest action of all findings, each of them judged once, in whatever order they come."""
    findings = [
        Finding(
            "s",
            f"r{octet % 3}",
            _CATEGORIES[octet // 3 % 6],
            str(octet // 18 % 3),
            "n" if octet > 127 else None,
        )
        for octet in data[1:]
    ]
    chance = random.Random(data[:1])
    profile = _profile(chance)
    for direction in Direction:
        found = decide(findings, profile, direction)
        assert {(one.finding.category, one.finding.rule) for one in found.judged} == {
            (one.category, one.rule) for one in findings
        }
        assert len({one.finding for one in found.judged}) == len(found.judged)
        ranks = [one.action.severity for one in found.judged]
        assert ranks == sorted(ranks, reverse=True)
        assert found.action.severity == max(ranks, default=Action.RELAY.severity)
        shuffled = random.Random(zlib.crc32(data)).sample(findings, len(findings))
        again = decide([*shuffled, *findings], profile, direction)
        assert again.action is found.action
        assert {one.finding for one in again.judged} == {one.finding for one in found.judged}


def _profile(chance: random.Random) -> Profile:
    actions = list(Action)
    return Profile(
        "p",
        "Policy",
        {
            direction: {
                category: Entry(chance.choice(actions), "1.1", category.title())
                for category in _CATEGORIES[:5]
                if chance.randrange(4)
            }
            for direction in Direction
        },
    )
