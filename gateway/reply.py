"""SMTP replies: the type, and every reply text that Postern itself sends.

Codes follow RFC 5321 section 4.2; enhanced status codes follow RFC 3463 and 5248. Texts are plain British
English, because a teacher may read them inside a bounce message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\x80-\U0010ffff]")
_MAX_LINE = 500  # octets of text in one reply line; RFC 5321 section 4.5.3.1.5 allows 512 with code and CRLF


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: three-digit `code` and `text` (lines separated by LF, enhanced status code included)."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """True for a 2xx reply."""
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        """True for a 5xx reply."""
        return 500 <= self.code < 600

    @property
    def first_line(self) -> str:
        """Code and first line of the text, for a log record."""
        return f"{self.code} {self.text.split(chr(10), 1)[0]}"

    def encode(self) -> bytes:
        """The reply as octets for the wire, CRLF included; control characters become spaces."""
        lines = [_UNPRINTABLE.sub(" ", line) for line in self.text.split("\n")] or [""]
        encoded = [_cut(line.encode("utf-8", "replace")) for line in lines]
        head, last = encoded[:-1], encoded[-1]
        return b"".join([b"%d-%s\r\n" % (self.code, line) for line in head]) + b"%d %s\r\n" % (
            self.code,
            last,
        )


def _cut(line: bytes) -> bytes:
    """At most as much as a line may have, and no half a character at its end."""
    return line if len(line) <= _MAX_LINE else line[:_MAX_LINE].decode("utf-8", "ignore").encode()


OK = Reply(250, "2.0.0 OK")
SENDER_OK = Reply(250, "2.1.0 Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5 Recipient OK")
START_INPUT = Reply(354, "End data with <CR><LF>.<CR><LF>")
GOODBYE = Reply(221, "2.0.0 Goodbye")
VRFY = Reply(252, "2.5.0 Cannot verify the user, but will accept messages and attempt delivery")
NOT_OFFERED = Reply(502, "5.5.1 Command not offered here")
UNKNOWN_COMMAND = Reply(500, "5.5.2 Command not recognised")
TOO_MANY_ERRORS = Reply(421, "4.7.0 Too many errors, closing the connection")
LINE_TOO_LONG = Reply(500, "5.5.6 Command line too long")
BARE_LINE_ENDING = Reply(500, "5.5.2 A command must end with <CR><LF>")
SYNTAX = Reply(501, "5.5.4 Syntax error in parameters")
HELO_FIRST = Reply(503, "5.5.1 Say EHLO or HELO first")
HELO_SYNTAX = Reply(501, "5.5.4 EHLO and HELO need a host name")
MAIL_SYNTAX = Reply(501, "5.5.4 Syntax: MAIL FROM:<address> [parameters]")
RCPT_SYNTAX = Reply(501, "5.5.4 Syntax: RCPT TO:<address> [parameters]")
BAD_SENDER = Reply(553, "5.1.7 The sender's address is not valid")
BAD_RECIPIENT = Reply(553, "5.1.3 The recipient's address is not valid")
BAD_PARAMETER = Reply(555, "5.5.4 A parameter is not recognised, or is not valid here")
UTF8_NOT_ASKED = Reply(553, "5.6.7 A non-ASCII address needs the SMTPUTF8 parameter")
UTF8_NOT_ONWARD = Reply(550, "5.6.7 The next mail server does not accept internationalised addresses")
EIGHT_BIT_NOT_ONWARD = Reply(554, "5.6.3 The next mail server does not accept 8-bit content")
NESTED_MAIL = Reply(503, "5.5.1 A transaction is open already")
MAIL_FIRST = Reply(503, "5.5.1 Say MAIL first")
RCPT_FIRST = Reply(503, "5.5.1 No recipient has been accepted")
NO_PARAMETERS = Reply(501, "5.5.4 This command takes no parameters")
TOO_LARGE = Reply(552, "5.3.4 The message is larger than this server accepts")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3 Too many recipients; send the rest in another transaction")
POLICY_DIFFERS = Reply(
    452, "4.5.3 Another policy applies to this recipient; send to it in another transaction"
)
RELAY_DENIED = Reply(550, "5.7.1 Relaying denied: this server does not accept mail for that address")
NOT_TRUSTED = Reply(550, "5.7.1 Relaying denied: this service is for the organisation's own network")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0 Too many connections from your address; try again later")
SERVER_BUSY = Reply(421, "4.7.0 All connections are in use; try again later")
SHUTTING_DOWN = Reply(421, "4.3.2 The service is restarting; try again shortly")
IDLE_TIMEOUT = Reply(421, "4.4.2 No command arrived in time, closing the connection")
DATA_TIMEOUT = Reply(421, "4.4.2 The message did not arrive in time, closing the connection")
BARE_CR_LF = Reply(550, "5.6.0 The message has bare <CR> or <LF> characters, which RFC 5321 forbids")
UNSENDABLE = Reply(554, "5.6.0 The message has lines that cannot be sent on safely")
LOOP = Reply(554, "5.4.6 Too many hops; the message is going round in a loop")
NEXT_HOP_DOWN = Reply(451, "4.4.1 The next mail server cannot be reached; try again later")
NEXT_HOP_LOST = Reply(451, "4.4.1 The next mail server went away; try again later")
NEXT_HOP_NONSENSE = Reply(
    451, "4.4.1 The next mail server gave an answer that makes no sense; try again later"
)
INTERNAL_CLOSING = Reply(421, "4.3.0 Something went wrong here, closing the connection; try again later")
INTERNAL = Reply(451, "4.3.0 Something went wrong here; try again later")
STORAGE = Reply(452, "4.3.1 There is no room to hold the message; try again later")


def greeting(hostname: str) -> Reply:
    """The opening banner."""
    return Reply(220, f"{hostname} ESMTP Postern")


def accepted(reference: str) -> Reply:
    """Accepted and held, or relayed to a next hop that gave no text of its own."""
    return Reply(250, f"2.0.0 Message accepted. Reference {reference}")


def blocked(label: str, profile: str, clause: str, reference: str) -> Reply:
    """Rejected by policy: says what was found, the clause of the policy, and the reference to quote."""
    where = f" ({profile} {clause})" if clause else f" ({profile})"
    return Reply(550, f"5.7.1 Message blocked: {label}{where}. Reference {reference}")


def deferred(reference: str) -> Reply:
    """Inspection could not be finished; the sender keeps the message."""
    return Reply(
        451, f"4.7.1 The message could not be inspected just now; try again later. Reference {reference}"
    )
