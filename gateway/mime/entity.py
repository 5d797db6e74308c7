"""An entity to be read, and how: what distinguishes one reading of some octets from another.

RFC 2045 section 2.4 calls entity what has a header and a body: a message, or a part. The parser reads an entity in the
likeliest way; where readers differ it names each `Alternative`, which a parser of its own can follow over the same
octets (`gateway.mime.walk`).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mime.boundary import Matching
from gateway.mime.fields import Junk
from gateway.mime.reading import Reading


@dataclass(frozen=True, slots=True)
class HeaderMode:
    """How the end of a header is found.

    `blank_ends`: a line of white space ends it. `junk`: what a line that is no field does. `goes_on`: where the body
    begins with MIME fields they belong to the header, whatever stands in between. `unfolded`: a MIME field may stand on
    a line that begins with white space.
    """

    blank_ends: bool = False
    junk: Junk = Junk.AUTO
    goes_on: bool = False
    unfolded: bool = False

    @property
    def view(self) -> str:
        """What distinguishes it, in words."""
        ways = (
            (self.unfolded, "fields on folded lines"),
            (self.blank_ends, "header ends at blank line"),
            (self.junk is Junk.ENDS, "header ends at junk"),
            (self.junk is Junk.ENDS_BEHIND, "header ends behind junk"),
            (self.junk is Junk.SKIPPED, "header has junk"),
            (self.goes_on, "header goes on"),
        )
        return ", ".join([name for applies, name in ways if applies])


LIKELIEST = HeaderMode()


@dataclass(frozen=True, slots=True)
class Entity:
    """What the octets to come are, and how they are read.

    `path`, `depth` (of nesting), `default_type` and `parent_type` are those of the event stream. `message` is true for
    a message, false for a part. Without a `reading` the octets begin with the header; with one they are the body, and
    it is `leaf`: one leaf, whatever its type.
    """

    path: str = ""
    message: bool = True
    depth: int = 0
    default_type: str = "text/plain"
    parent_type: str = ""
    mode: HeaderMode = LIKELIEST
    matching: Matching = Matching.LENIENT
    reading: Reading | None = None
    leaf: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading of the octets from `start` to `end`: `entity`. `view` says in what it differs."""

    view: str
    start: int
    end: int
    entity: Entity
