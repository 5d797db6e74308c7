"""The words that the whole gateway speaks: envelope, finding, verdict and their enumerations.

Plain immutable data; no I/O, no behaviour beyond what the data itself says. Terms follow RFC 5321
(envelope, reverse-path, recipients) and the vocabulary of the design document.
"""

from __future__ import annotations

import enum
import os
import time
from dataclasses import dataclass, field


class Direction(enum.StrEnum):
    """Which way a message travels, seen from the organisation."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Action(enum.StrEnum):
    """What is done with a message. `severity` orders them: the strongest wins."""

    RELAY = "relay"
    TAG = "tag"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    DEFER = "defer"

    @property
    def severity(self) -> int:
        """Rank, higher is stronger. A reason to reject stands whatever else could not be found out; short of
        that, a verdict made without all the facts is none, so DEFER comes before what lets a message in."""
        return _SEVERITY[self]


_SEVERITY = {Action.RELAY: 0, Action.TAG: 1, Action.QUARANTINE: 2, Action.DEFER: 3, Action.REJECT: 4}


class Privacy(enum.StrEnum):
    """Class of privacy that a message enjoys."""

    ORDINARY = "ordinary"
    PERSONAL = "personal"
    UNKNOWN = "unknown"  # the header has not been read, so it is treated as private

    @property
    def private(self) -> bool:
        """True where no subject, file name, excerpt or address may be written in the clear."""
        return self is not Privacy.ORDINARY


# Categories that the machine itself emits; every profile decides what they lead to.
CATEGORY_FAULT = "inspection-fault"
CATEGORY_NOT_INSPECTED = "not-inspected"
CATEGORY_AMBIGUOUS = "ambiguous"
CATEGORY_AMBIGUOUS_TEXT = "ambiguous-text"


_LONGEST_PATH = 40  # characters of a part's path that are shown


def shortened(path: str) -> str:
    """The path of a part, fit for a line of text."""
    if len(path) <= _LONGEST_PATH:
        return path
    half = _LONGEST_PATH // 2
    return f"{path[:half].rstrip('.')}…{path[-half:].lstrip('.')} ({path.count('.') + 1} levels)"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a stage observed: a rule that held at a place.

    `part` is the path of the entity ("" for the message header, "1", "2.1", ...). `filename` is the file
    name concerned, if any. `detail` is for the technician (what matched); it never reaches a client, and is
    never written anywhere for private mail.
    """

    stage: str
    rule: str
    category: str
    part: str = ""
    filename: str | None = None
    detail: str = ""

    @property
    def place(self) -> str:
        """Where it was found, in words. What concerns the structure is found in the message, all else in its header."""
        if not self.part:
            return "the message" if self.stage == "mime" else "the header"
        return f"part {shortened(self.part)}" + (f' "{self.filename}"' if self.filename else "")


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding together with what the profile makes of it."""

    finding: Finding
    action: Action
    clause: str
    label: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The action taken and the findings that decided it (`deciding`, strongest first)."""

    action: Action
    judged: tuple[Judged, ...] = ()
    profile: str = ""

    @property
    def deciding(self) -> Judged | None:
        """The judged finding that gives the reason, or None where nothing was found."""
        for item in self.judged:
            if item.action is self.action:
                return item
        return None

    @property
    def categories(self) -> tuple[str, ...]:
        """The distinct categories found, in order of weight."""
        return tuple(dict.fromkeys(item.finding.category for item in self.judged))


@dataclass(frozen=True, slots=True)
class Client:
    """The SMTP client as we know it. `address` is an IP address without brackets."""

    address: str
    port: int = 0
    helo: str = ""
    esmtp: bool = False


@dataclass(slots=True)
class Envelope:
    """Sender and recipients as the client gave them (RFC 5321 section 2.3.1).

    `sender` is "" for the null reverse-path. Addresses are kept as received, without angle brackets.
    `body` is the BODY parameter ("7BIT" or "8BITMIME"); `smtputf8` is true where the client asked for it.
    """

    sender: str
    recipients: list[str] = field(default_factory=list)
    size: int | None = None
    body: str | None = None
    smtputf8: bool = False


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A new message reference: a ULID, 26 characters, sortable by time, unique without coordination."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return "".join([_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5)])
