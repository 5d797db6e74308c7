"""The arguments of MAIL and RCPT (RFC 5321 sections 4.1.1.2, 4.1.1.3, 4.1.2; RFC 1870, 6152, 6531).

Pure functions over one command line. Lenient where every server is (spaces behind the colon, a missing pair of
angle brackets), strict where leniency would let two readings through: control characters, unbalanced quotes and
anything that could end the path early when it is sent onward.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway import reply
from gateway.reply import Reply

_PATH = re.compile(
    r"""[ ]*
    (?: < (?: @[^\s<>:"]+ : )?                       # a source route is accepted and ignored
          (?P<path> (?: "(?:[^"\\]|\\.)*" | [^\s<>"] )* )
        >
      | (?P<bare> [^\s<>"]+ )
    )
    (?: [ ]+ (?P<rest> .* ) )? \Z""",
    re.VERBOSE,
)
_LOCAL = r"""(?: "(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*" | [^\s"\x00-\x20\x7f@<>()\[\]\\,;:]+ )"""
_DOMAIN = r"""(?: (?!-)[^\s"\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f][^\s"\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*
              | \[[\x21-\x5a\x5e-\x7e]+\] )"""
_ADDRESS = re.compile(rf"{_LOCAL}@{_DOMAIN}\Z", re.VERBOSE)
_MAX_PATH = 320  # local part of 64 octets, "@", domain of 255 (RFC 5321 section 4.5.3.1)


@dataclass(frozen=True, slots=True)
class MailCommand:
    """MAIL, understood. `sender` is "" for the null reverse-path; `size` is in octets, None where not said."""

    sender: str
    size: int | None
    body: str | None
    smtputf8: bool


def parse_mail(argument: str) -> MailCommand | Reply:
    """Understand what follows "MAIL ", or say what is wrong."""
    split = _split(argument, "FROM:")
    if split is None:
        return reply.MAIL_SYNTAX
    sender, rest = split
    size: int | None = None
    body: str | None = None
    smtputf8 = False
    for word in rest.split():
        name, equals, value = word.partition("=")
        match name.upper():
            case "SIZE" if equals and value.isascii() and value.isdigit() and len(value) <= 20:
                size = int(value)
            case "BODY" if value.upper() in ("7BIT", "8BITMIME"):
                body = value.upper()
            case "SMTPUTF8" if not equals:
                smtputf8 = True
            case _:
                return reply.BAD_PARAMETER
    if sender and not _valid(sender):
        return reply.BAD_SENDER
    if not sender.isascii() and not smtputf8:
        return reply.UTF8_NOT_ASKED
    return MailCommand(sender, size, body, smtputf8)


def parse_rcpt(argument: str, *, smtputf8: bool) -> str | Reply:
    """The recipient's address in what follows "RCPT ", or what is wrong."""
    split = _split(argument, "TO:")
    if split is None:
        return reply.RCPT_SYNTAX
    address, rest = split
    if rest.split():
        return reply.BAD_PARAMETER
    if not (_valid(address) or address.lower() == "postmaster"):
        return reply.BAD_RECIPIENT
    if not address.isascii() and not smtputf8:
        return reply.UTF8_NOT_ASKED
    return address


def domain_of(address: str) -> str:
    """The domain, lower case, without a final dot; "" where there is none."""
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def _split(argument: str, keyword: str) -> tuple[str, str] | None:
    """The path and the parameters behind it, or None where the form is wrong."""
    if argument[: len(keyword)].upper() != keyword:
        return None
    match = _PATH.match(argument, len(keyword))
    if match is None:
        return None
    return (match["bare"] if match["path"] is None else match["path"]), match["rest"] or ""


def _valid(address: str) -> bool:
    if (
        len(address) > _MAX_PATH
        or ".." in address.rpartition("@")[2]
        or any("\ud800" <= c <= "\udfff" for c in address)
    ):
        return False
    return _ADDRESS.match(address) is not None
