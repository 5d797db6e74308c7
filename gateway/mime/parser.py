"""The MIME parser: octets in, events out (RFC 5322, 2045–2047, 2049, 2183, 2231, 6532).

Sans-I/O and push: feed it blocks of any size, take the events, close it. How the input is cut makes no
difference to the events, except where the octets of a leaf are divided among its `LeafData`. It never raises for
what it reads: what is wrong with a message is a `Defect` (docs/defects.md). Time is linear in the input, memory
is bounded by `Limits` and the size of a block.

Lines end with CRLF or LF; a bare CR ends a line too, as it does once the SMTP layer has made CRLF of it.

One reading is followed, the likeliest or the one that is asked for; where readers differ, `alternatives` has the
others. `gateway.mime.walk` follows them all, and opens what stands within leaves.
"""

from __future__ import annotations

from gateway.mime.entity import Alternative, Entity
from gateway.mime.event import Event, MessageEnd
from gateway.mime.limits import Limits
from gateway.mime.machine import Machine, Tally

MESSAGE = Entity()


class Parser:
    """Parses one entity, by default a message."""

    def __init__(
        self, limits: Limits, entity: Entity = MESSAGE, *, base: int = 0, tally: Tally | None = None
    ) -> None:
        """`limits` bound structure and memory, and `tally` is what counts towards them already. The first octet
        stands at `base` octets from the start of the message."""
        self._events: list[Event] = []
        self._machine = Machine(limits, tally or Tally(), self._events.append, entity, base)
        self._size = 0
        self._closed = False

    @property
    def alternatives(self) -> list[Alternative]:
        """The other readings found so far, in the order in which their octets ended; whoever takes them empties it."""
        return self._machine.alternatives

    def feed(self, data: bytes) -> list[Event]:
        """Take the next octets and give the events that they complete. Raises ValueError once closed."""
        if self._closed:
            raise ValueError("feed to a closed parser")
        self._size += len(data)
        self._machine.feed(data)
        return self._taken()

    def close(self) -> list[Event]:
        """The entity has ended: the remaining events, `MessageEnd` last. Gives nothing when repeated."""
        if self._closed:
            return []
        self._closed = True
        self._machine.finish()
        self._events.append(MessageEnd(self._size))
        return self._taken()

    def _taken(self) -> list[Event]:
        events = self._events.copy()
        self._events.clear()
        return events
