"""The interface of a stage.

A `Stage` is made once from the settings and the compiled rules, before the workers are forked. `start` gives a
`StageRun` for one message. The pipeline calls the run's methods in the order of the message, one at a time, on
the loop's thread for small parts and on another thread for large ones; `close` is called always, once.

A stage observes and emits findings. It never decides, never changes the message and does no I/O beyond reading
what it is given. An exception or an overrun becomes a finding of category `inspection-fault`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from gateway.mime.event import Flow, Kind
from gateway.mime.header import Header
from gateway.model import Direction, Finding
from gateway.policy.filename import FileName, analyse
from gateway.spool import Spool


@dataclass(slots=True)
class Part:
    """One leaf with its decoded content. `detected_type` is set by the attachment stage (libmagic's word).

    `charsets` are the labels that a reader may go by. `view` names the reading of the message that shows this leaf, ""
    for the likeliest one.
    """

    path: str
    kind: Kind
    content_type: str
    charsets: tuple[str, ...]
    disposition: str
    filenames: tuple[str, ...]
    parent_type: str
    body: Spool
    detected_type: str = ""
    flow: Flow = Flow.FIXED
    view: str = ""
    _names: tuple[FileName, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def names(self) -> tuple[FileName, ...]:
        """What each candidate file name amounts to; worked out once for all stages."""
        if self._names is None:
            self._names = tuple([analyse(name) for name in self.filenames])
        return self._names

    @property
    def filename(self) -> str | None:
        """The most trusted candidate file name."""
        return self.filenames[0] if self.filenames else None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when inspection of a message begins."""

    direction: Direction


@dataclass(slots=True)
class Message:
    """The whole message, when it has arrived.

    `opaque` are the spans (start, end) of well-formed base64 bodies, which have been inspected in decoded form;
    what lies outside them is the message as it stands on the wire.
    """

    raw: Spool
    opaque: list[tuple[int, int]] = field(default_factory=list)

    def outside_opaque(self) -> Iterator[tuple[int, int]]:
        """The spans of `raw` that lie outside `opaque`, in order."""
        position = 0
        for start, end in self.opaque:
            if start > position:
                yield position, start
            position = max(position, end)
        if position < self.raw.size:
            yield position, self.raw.size


class StageRun:
    """One message's pass through a stage. The methods' defaults find nothing."""

    def header(self, path: str, header: Header) -> Iterable[Finding]:
        """A message header (the outer one has path "", nested ones the path of their part)."""
        return ()

    def part(self, part: Part) -> Iterable[Finding]:
        """A leaf, complete and decoded."""
        return ()

    def finish(self, message: Message) -> Iterable[Finding]:
        """The end of the message."""
        return ()

    def close(self) -> None:
        """Give everything back."""


class Stage(Protocol):
    """A configured stage. `name` labels its findings and metrics."""

    name: ClassVar[str]

    def start(self, context: Context) -> StageRun:
        """A run for one message."""
        ...
