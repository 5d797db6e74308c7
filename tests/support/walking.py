"""Walks through a message as an inspection does, and writes down what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.mime.event import Defect, Kind, LeafStart, Severity
from gateway.mime.limits import Limits
from gateway.mime.walk import Leaf, Noted, Pause, Seen, Walker


class Memory:
    """A body in memory, which refuses everything once it is closed. `block` octets are read back at a time."""

    def __init__(self, content: bytes = b"", block: int = 1 << 16) -> None:
        self._content, self._block = bytearray(content), block
        self.size = len(content)
        self.closed = 0

    def _open(self) -> bytearray:
        if self.closed:
            raise ValueError("this body is closed")
        return self._content

    def write(self, data: bytes) -> None:
        """Append."""
        self._open().extend(data)
        self.size += len(data)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """A piece."""
        return bytes(self._open()[start:end])

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """A piece, block by block."""
        stop = self.size if end is None else end
        for index in range(start, stop, self._block):
            yield self.read(index, min(index + self._block, stop))

    @contextmanager
    def view(self) -> Iterator[bytes]:
        """All of it."""
        yield bytes(self._open())

    def close(self) -> None:
        """Count how often."""
        self.closed += 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A leaf, and what it held."""

    view: str
    start: LeafStart
    content: bytes
    opaque: tuple[int, int] | None

    @property
    def path(self) -> str:
        """Where it stands."""
        return self.start.path


@dataclass(slots=True)
class Walked:
    """What a walk has shown, in order."""

    leaves: list[Shown] = field(default_factory=list)
    headers: list[Seen] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    pauses: int = 0
    bodies: list[Memory] = field(default_factory=list)

    def of(self, view: str) -> list[Shown]:
        """The leaves of a reading."""
        return [leaf for leaf in self.leaves if leaf.view == view]

    def contents(self, view: str = "") -> list[tuple[str, bytes]]:
        """Path and content of each leaf of a reading."""
        return [(leaf.path, leaf.content) for leaf in self.of(view)]

    def views(self) -> list[str]:
        """The readings of which something was shown, in order."""
        return list(dict.fromkeys([leaf.view for leaf in self.leaves]))

    def holds(self, content: bytes) -> bool:
        """Whether a leaf of any reading has exactly that content, but for line endings at its end."""
        return any(leaf.content.rstrip(b"\r\n") == content for leaf in self.leaves)

    def defects(self, severity: Severity = Severity.SUSPECT) -> list[str]:
        """The names of the defects that are at least so severe, in order."""
        return [one.defect.name for one in self.noted if one.defect.severity >= severity]

    def defect(self, name: str) -> Defect:
        """The only defect of that name."""
        (found,) = [one.defect for one in self.noted if one.defect.name == name]
        return found

    def margins(self) -> list[str]:
        """The paths of preambles and epilogues."""
        return [leaf.path for leaf in self.leaves if leaf.start.kind in (Kind.PREAMBLE, Kind.EPILOGUE)]

    def take(self, steps: Iterator[Leaf[Memory] | Seen | Noted | Pause]) -> None:
        """Go on."""
        for step in steps:
            match step:
                case Leaf():
                    self.leaves.append(Shown(step.view, step.start, step.body.read(), step.opaque))
                case Seen():
                    self.headers.append(step)
                case Noted():
                    self.noted.append(step)
                case Pause():
                    self.pauses += 1


def walk(message: bytes, limits: Limits | None = None, *, step: int = 0, block: int = 1 << 16) -> Walked:
    """Walk through `message`, which comes `step` octets at a time and is read back `block` octets at a time."""
    walked = Walked()

    def new_body() -> Memory:
        walked.bodies.append(Memory(block=block))
        return walked.bodies[-1]

    walker: Walker[Memory] = Walker(limits or Limits(), new_body)
    size = step or max(len(message), 1)
    for index in range(0, len(message), size):
        walked.take(walker.feed(message[index : index + size]))
    walked.take(walker.close(Memory(message, block)))
    return walked


def multipart(*parts: bytes, boundary: bytes = b"foo", fields: bytes = b"") -> bytes:
    """A message of parts, each of which is a header, an empty line and a body."""
    head = b"Subject: s\r\n" + fields + b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n"
    return head + entity(*parts, boundary=boundary)


def entity(*parts: bytes, boundary: bytes = b"foo") -> bytes:
    """The body of a multipart."""
    return (
        b"".join([b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts])
        + b"--"
        + boundary
        + b"--\r\n"
    )
