"""What the MIME parser says: one flat stream of events, in the order of the octets.

    message   = HeaderComplete body MessageEnd
    body      = leaf | multipart | nested
    leaf      = LeafStart LeafData* LeafEnd
    multipart = [leaf (preamble)] { HeaderComplete body } [leaf (epilogue)]
    nested    = HeaderComplete body                     (message/rfc822 and relatives)

`Defect` may stand anywhere. Paths are those of IMAP (RFC 3501 section 6.4.5): a message that is not multipart
has its only leaf at "1"; the parts of a multipart are "1", "2", ...; theirs "2.1", ...; the message header has
path "". A preamble or epilogue has the path of its multipart with ".pre" or ".post" behind it.

What a leaf holds that is a message or a file in its turn is not taken apart here, and of several readings only the
likeliest is told: `gateway.mime.walk` does both.

Every octet of a body belongs to a leaf, a delimiter line, or a defect.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gateway.mime.header import Header


class Kind(enum.Enum):
    """Where a leaf stands."""

    BODY = "body"
    PREAMBLE = "preamble"
    EPILOGUE = "epilogue"
    ENCLOSED = "enclosed"  # within another leaf, such as a file that is uuencoded in a text


class Flow(enum.Enum):
    """How lines of text are joined (RFC 3676): as they stand, at soft breaks, or at soft breaks without the space."""

    FIXED = "fixed"
    FLOWED = "flowed"
    DELETE_SPACE = "delete-space"


class Severity(enum.IntEnum):
    """How much a defect matters: NOTE is common and harmless, SUSPECT is how filters are bypassed, and with
    LIMIT something was left unread, so that the message can't be called clean."""

    NOTE = 0
    SUSPECT = 1
    LIMIT = 2


@dataclass(frozen=True, slots=True)
class Defect:
    """A deviation from the standards. `name` is stable and documented; `offset` counts octets from the start."""

    name: str
    severity: Severity
    path: str
    offset: int


@dataclass(frozen=True, slots=True)
class HeaderComplete:
    """A header has ended. `message` is true for the header of a message (outer or nested), false for a part."""

    path: str
    header: Header
    message: bool


@dataclass(frozen=True, slots=True)
class LeafStart:
    """A leaf begins. Types are lower case; `filenames` are all candidates, decoded, most trusted first.

    `charsets` are all labels that a reader may go by, the likeliest first.
    `encoding` is the content transfer encoding that is applied ("base64", "quoted-printable", "identity").
    `parent_type` is the type of the enclosing multipart ("" for none), `depth` how many multiparts and messages enclose
    the leaf. `boundaries` are set for a leaf that is a transfer-encoded multipart.
    """

    path: str
    kind: Kind
    content_type: str
    charsets: tuple[str, ...]
    disposition: str
    filenames: tuple[str, ...]
    encoding: str
    parent_type: str
    flow: Flow = Flow.FIXED
    depth: int = 0
    boundaries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class LeafData:
    """The next octets of the current leaf, transfer encoding removed."""

    data: bytes


@dataclass(frozen=True, slots=True)
class LeafEnd:
    """The leaf has ended. Its encoded form stands at `start` to `end` (octets from the start of the message).

    `faithful` is true where the encoded form is well-formed base64: its decoded form then says all there is.
    """

    path: str
    start: int
    end: int
    faithful: bool


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """The message has ended after `size` octets."""

    size: int


Event = Defect | HeaderComplete | LeafStart | LeafData | LeafEnd | MessageEnd
