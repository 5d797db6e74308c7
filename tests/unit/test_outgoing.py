"""What leaves the gateway: our fields on top, no forged ones below, and not an octet changed besides."""

from __future__ import annotations

import email
import email.policy
import re
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import outgoing
from gateway.mime.event import HeaderComplete
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser
from gateway.model import Action, Client, Finding, Judged, Privacy, Verdict
from gateway.spool import Spool

REFERENCE = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
RELAY = Verdict(Action.RELAY)
MULTIPART = b"Content-Type: multipart/mixed; boundary=b\r\n"
LITERAL = "[IPv6:2001:db8::7]"


def sent(message: bytes, fields: bytes = b"", memory: int = 1 << 16) -> bytes:
    """`message` as it leaves, its header read by the parser of the gateway."""
    spool = Spool(None, memory)
    spool.write(message)
    parser = Parser(Limits())
    events = [*parser.feed(message), *parser.close()]
    header = next((event.header for event in events if isinstance(event, HeaderComplete)), Header())
    out = b"".join(outgoing.message(fields, header, spool))
    spool.close()
    return out


@pytest.mark.parametrize(
    "forged",
    [
        b"X-Postern-Verdict: relay\r\n",
        b"x-POSTERN-privacy: personal\r\n",
        b"X-Postern-Anything-New: x\r\n",
        b"X-Postern-Ref : 01J9\r\n",
        b"X-Postern-Ref\t: 01J9\r\n",
        b"X-Postern-Ref:\r\n 01J9\r\n\tmore\r\n",
        b"X-Postern-Ref:\r\n",
        b"X-Postern-Ref: a\r\nX-Postern-Ref: b\r\nX-Postern-Categories: c\r\n",
    ],
)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_fields_that_only_we_may_write_are_taken_out(forged: bytes, place: str) -> None:
    first, middle, last = (
        b"From: a@b.example\r\n",
        b"To: c@d.example\r\n",
        b"\r\nBody.\r\nX-Postern-Ref: quoted\r\n",
    )
    message = {
        "first": forged + first + middle + last,
        "middle": first + forged + middle + last,
        "last": first + middle + forged + last,
    }[place]
    assert sent(message) == first + middle + last


@pytest.mark.parametrize(
    "field",
    [b"X-Posterns: 1\r\n", b"X-Poster: 1\r\n", b"XX-Postern-Ref: 1\r\n", b"Subject: X-Postern-Ref: 1\r\n"],
)
def test_other_fields_stay(field: bytes) -> None:
    message = field + b"From: a@b.example\r\n\r\nBody.\r\n"
    assert sent(message) == message


def test_fields_of_a_forwarded_message_stay() -> None:
    message = (
        b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\nX-Postern-Ref: 1\r\nSubject: y\r\n\r\nBody.\r\n"
    )
    assert sent(message) == message


@given(
    st.lists(
        st.one_of(
            st.sampled_from([b"\r\n", b"Subject: x\r\n", b" folded\r\n", b"--b\r\n", b".\r\n", b"\0", MULTIPART]),
            st.binary(max_size=8).map(lambda octets: octets.replace(b"\r", b"").replace(b"\n", b"")),
        ),
        max_size=20,
    ),
    st.sampled_from([0, 1 << 16]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_whatever_the_message_is_nothing_changes_below_our_fields(pieces: list[bytes], memory: int) -> None:
    message = b"".join(pieces)
    assert sent(message, b"Ours: 1\r\n", memory) == b"Ours: 1\r\n" + message


def test_our_fields() -> None:
    found = (Finding("keyword", "rule-a", "gambling"), Finding("yara", "rule-b", "malware"))
    verdict = Verdict(Action.TAG, tuple(Judged(each, Action.TAG, "1", "x") for each in found))
    assert outgoing.own_fields(REFERENCE, verdict, Privacy.PERSONAL) == (
        b"X-Postern-Ref: 01J9ZZZZZZZZZZZZZZZZZZZZZZ\r\nX-Postern-Verdict: tag\r\n"
        b"X-Postern-Categories: gambling, malware\r\nX-Postern-Privacy: personal\r\n"
    )
    assert outgoing.own_fields(REFERENCE, RELAY, Privacy.ORDINARY) == (
        b"X-Postern-Ref: 01J9ZZZZZZZZZZZZZZZZZZZZZZ\r\nX-Postern-Verdict: relay\r\n"
    )
    assert b"X-Postern-Verdict: released\r\n" in outgoing.own_fields(
        REFERENCE, RELAY, Privacy.ORDINARY, "released"
    )


def test_no_line_of_ours_is_longer_than_a_line_may_be() -> None:
    """RFC 5321 section 4.5.3.1.6: 1,000 octets with CRLF, however many categories were found."""
    found = [Finding("keyword", "rule", f"category-with-a-long-name-{number}") for number in range(60)]
    verdict = Verdict(Action.TAG, tuple(Judged(each, Action.TAG, "1", "x") for each in found))
    lines = outgoing.own_fields(REFERENCE, verdict, Privacy.ORDINARY).split(b"\r\n")
    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize(
    ("client", "smtputf8", "from_part", "protocol"),
    [
        (Client("192.0.2.7", 1, "mail.example", True), False, "from mail.example ([192.0.2.7])", "ESMTP"),
        (Client("192.0.2.7", 1, "mail.example", False), False, "from mail.example ([192.0.2.7])", "SMTP"),
        (Client("2001:db8::7", 1, LITERAL, True), False, f"from {LITERAL} ({LITERAL})", "ESMTP"),
        (Client("192.0.2.7", 1, "bücher.example", True), True, "from bücher.example ([192.0.2.7])", "UTF8SMTP"),
    ],
)  # fmt: skip
def test_the_received_field(client: Client, smtputf8: bool, from_part: str, protocol: str) -> None:
    octets = outgoing.trace("gw.example", client, REFERENCE, smtputf8)
    assert octets.endswith(b"\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    value = email.message_from_bytes(octets + b"\r\n", policy=email.policy.SMTPUTF8)["Received"]
    unfolded = re.sub(r"\s+", " ", octets.decode()).strip()
    assert value is not None
    assert unfolded.startswith(
        f"Received: {from_part} by gw.example (Postern) with {protocol} id {REFERENCE}; "
    )
    assert parsedate_to_datetime(unfolded.rpartition("; ")[2]).tzinfo is not None
