"""What a collection expects of a message, what the walk through it shows, and where the two differ.

A leaf is what RFC 2045 calls a body that is no multipart and no message; those of the likeliest reading are compared.
Preambles and epilogues are left out: no collection expects anything of them in a form that could be compared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.mime.event import Kind
from gateway.mime.limits import Limits
from gateway.mime.reading import NESTED_TYPES
from gateway.mime.walk import Leaf, Walker
from gateway.spool import Spool
from gateway.text import charset

_BLOCK = 1 << 16
_MEMORY = 1 << 26
_LIMITS = Limits()


class Aspect(enum.StrEnum):
    """In what a message differs from what is expected."""

    COUNT = "number of leaves"
    TYPE = "type"
    NAME = "file name"
    SIZE = "decoded size"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Expected:
    """One leaf as the collection has it; None where it says nothing.

    `text` is content after charset decoding, `data` before it; with `any_line_ends` CRLF and LF in it are the same."""

    content_type: str | None = None
    filename: str | None = None
    size: int | None = None
    data: bytes | None = None
    text: str | None = None
    any_line_ends: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A message of a collection and what is expected of it. `file` is relative to the collection; `variant` tells
    apart several forms of the same message, such as with LF and with CRLF.

    `leaves` are all leaves, in order, `names` the file names of what is no leaf: messages and multiparts. Where
    `files` is set, files within leaves are expected and nothing is said of the leaves; where `words` is, octets that
    stand in them.
    """

    collection: str
    file: str
    message: bytes
    leaves: tuple[Expected, ...] = ()
    variant: str = ""
    names: tuple[str, ...] = ()
    files: tuple[Expected, ...] = ()
    words: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One leaf as the walk shows it."""

    path: str
    content_type: str
    filenames: tuple[str, ...]
    charsets: tuple[str, ...]
    encoding: str
    data: bytes

    def reads_as(self, text: str) -> bool:
        """Whether the content in one of its charsets is `text`."""
        return any(charset.decode(self.data, label) == text for label in (self.charsets or (None,)))


@dataclass(slots=True)
class Walked:
    """What the walk through a message shows: leaves and margins (preambles, epilogues) of the likeliest reading, files
    found within any leaf, and the names under which anything else is shown."""

    leaves: list[Shown] = field(default_factory=list)
    margins: list[Shown] = field(default_factory=list)
    files: list[Shown] = field(default_factory=list)
    other_names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the walk and the collection do not agree."""

    aspect: Aspect
    what: str


def steps(message: bytes) -> Iterator[Leaf[Spool]]:
    """Every leaf that the walk shows, in all readings. What it holds may be read until the next is asked for."""
    raw = Spool(None, _MEMORY)
    walker: Walker[Spool] = Walker(_LIMITS, lambda: Spool(None, _MEMORY))
    for start in range(0, len(message), _BLOCK):
        block = message[start : start + _BLOCK]
        raw.write(block)
        yield from (step for step in walker.feed(block) if isinstance(step, Leaf))
    yield from (step for step in walker.close(raw) if isinstance(step, Leaf))
    raw.close()


@lru_cache(1)
def walk(message: bytes) -> Walked:
    """The leaves of the likeliest reading, in order, and the files within them."""
    walked = Walked()
    for leaf in steps(message):
        start = leaf.start
        shown = Shown(
            start.path,
            start.content_type,
            start.filenames,
            start.charsets,
            start.encoding,
            leaf.body.read(),
        )
        if start.kind is Kind.ENCLOSED or ":" in start.path:
            walked.files.append(shown)
        elif leaf.view == "":
            (walked.leaves if start.kind is Kind.BODY else walked.margins).append(shown)
        else:
            walked.other_names.update(start.filenames)
    whole = [one for one in walked.leaves if _taken_apart(one, walked.leaves)]
    walked.leaves = [one for one in walked.leaves if one not in whole]
    walked.other_names.update(name for one in whole for name in one.filenames)
    return walked


def _taken_apart(leaf: Shown, leaves: Sequence[Shown]) -> bool:
    """Whether a leaf is a multipart or message of which the parts are shown too."""
    if not (leaf.content_type.startswith("multipart/") or leaf.content_type in NESTED_TYPES):
        return False
    return any(other is not leaf and other.path.startswith(leaf.path) for other in leaves)


def differences(case: Case) -> list[Difference]:
    """Everything in which the walk does not agree with what is expected."""
    walked = walk(case.message)
    if case.files:
        return list(_file_differences(case.files, walked.files))
    if case.words:
        content = b"\n".join(leaf.data for leaf in (*walked.leaves, *walked.margins))
        missing = [word for word in case.words if word not in content]
        return [Difference(Aspect.CONTENT, f"without {missing[:5]}")] if missing else []
    if len(case.leaves) != len(walked.leaves):
        return [Difference(Aspect.COUNT, f"{len(walked.leaves)}, expected {len(case.leaves)}")]
    found = [
        Difference(one.aspect, f"leaf {number}: {one.what}")
        for number, (expected, shown) in enumerate(zip(case.leaves, walked.leaves, strict=True), 1)
        for one in _leaf_differences(expected, shown, walked.other_names)
    ]
    found += [
        Difference(Aspect.NAME, f"no {name!r}") for name in case.names if name not in walked.other_names
    ]
    return found


def _leaf_differences(expected: Expected, shown: Shown, other_names: Set[str]) -> Iterator[Difference]:
    if expected.content_type not in (None, shown.content_type):
        yield Difference(Aspect.TYPE, f"{shown.content_type}, expected {expected.content_type}")
    if expected.filename is not None and expected.filename not in {*shown.filenames, *other_names}:
        yield Difference(Aspect.NAME, f"{list(shown.filenames)}, expected {expected.filename!r}")
    if expected.size not in (None, len(shown.data)):
        yield Difference(Aspect.SIZE, f"{len(shown.data)}, expected {expected.size}")
    if expected.data is not None and not _same(expected, shown.data):
        yield Difference(Aspect.CONTENT, _excerpts(shown.data, expected.data))
    if expected.text is not None and not shown.reads_as(expected.text):
        yield Difference(Aspect.CONTENT, _excerpts(shown.data, expected.text))


def _same(expected: Expected, data: bytes) -> bool:
    assert expected.data is not None
    if expected.any_line_ends:
        return data.replace(b"\r\n", b"\n") == expected.data.replace(b"\r\n", b"\n")
    return data == expected.data


def _file_differences(expected: Sequence[Expected], files: Sequence[Shown]) -> Iterator[Difference]:
    """The walk may find more than is expected; all that is expected must be found."""
    for one in expected:
        same = [
            file
            for file in files
            if (one.data is None or _same(one, file.data)) and one.size in (None, len(file.data))
        ]
        if not same:
            yield Difference(Aspect.CONTENT, f"no file with the content of {one.filename!r}")
        elif one.filename is not None and not any(one.filename in file.filenames for file in same):
            yield Difference(Aspect.NAME, f"{[file.filenames for file in same]}, expected {one.filename!r}")


def _excerpts(shown: bytes, expected: bytes | str) -> str:
    return f"{len(shown)} {shown[:60]!r}…{shown[-40:]!r}, expected {len(expected)} {expected[:60]!r}…{expected[-40:]!r}"
