"""What leaves the gateway: our header fields on top, then the message as received.

Below our fields nothing differs from what came in, except that fields which only we may write (X-Postern-*) are
taken out: a sender must not be able to forge them. Our last field is Received, because a message that begins with
white space goes on from the field above it, which then must not be one that is trusted.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from gateway.mime.header import Header
from gateway.model import Client, Privacy, Verdict
from gateway.spool import Spool

_OWN = "x-postern-"


def trace(
    hostname: str, client: Client, reference: str, smtputf8: bool, when: datetime | None = None
) -> bytes:
    """The Received field (RFC 5321 section 4.4; protocol names of RFC 3848 and RFC 6531). `when` is aware,
    now where it is not given."""
    literal = f"IPv6:{client.address}" if ":" in client.address else client.address
    protocol = "UTF8SMTP" if smtputf8 else "ESMTP" if client.esmtp else "SMTP"
    return (
        f"Received: from {client.helo} ([{literal}])\r\n"
        f"\tby {hostname} (Postern) with {protocol} id {reference};\r\n"
        f"\t{format_datetime((when or datetime.now()).astimezone())}\r\n"
    ).encode("utf-8", "surrogateescape")


def own_fields(reference: str, verdict: Verdict, privacy: Privacy, word: str | None = None) -> bytes:
    """The X-Postern fields. `word` stands for the verdict where it is not the action ("released")."""
    lines = [f"X-Postern-Ref: {reference}", f"X-Postern-Verdict: {word or verdict.action}"]
    if verdict.categories:
        names = "X-Postern-Categories: " + ", ".join(verdict.categories)
        lines += textwrap.wrap(
            names, 78, subsequent_indent="\t", break_long_words=False, break_on_hyphens=False
        )
    if privacy.private and privacy is not Privacy.UNKNOWN:
        lines.append(f"X-Postern-Privacy: {privacy}")
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def message(fields: bytes, header: Header, raw: Spool) -> Iterator[bytes]:
    """`fields`, then `raw` without the X-Postern fields of its `header`, in blocks."""
    yield fields
    position = 0
    for field in header.fields:
        if field.name.startswith(_OWN):
            yield from raw.blocks(position, field.start)
            position = field.end
    yield from raw.blocks(position)
