"""Ordinary mail: which messages would be held or tagged for being ambiguous, or held as not inspected.

All messages are first inspected without stages, which is quick; those that carry a defect that matters then with all of
them, because whether a message is nothing but text is known only when its parts have been looked at.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from gateway.inspection import Inspection, Inspector
from gateway.loaded import load_all
from gateway.mime.event import Severity
from gateway.model import CATEGORY_AMBIGUOUS, CATEGORY_AMBIGUOUS_TEXT, CATEGORY_NOT_INSPECTED, Direction
from gateway.stages.base import Context

_DEMO = Path(__file__).parents[3] / "config" / "demo.toml"
_MAILBOX_LINE = re.compile(rb"(?:\A|\n\r?\n)(?=From [^\n]*\d\d:\d\d[^\n]*\n)")
_ENRON = "ham-enron1"


@dataclass(frozen=True, slots=True)
class Ham:
    """One message of ordinary mail. `file` is relative to the collection."""

    collection: str
    file: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Alarm:
    """A message for which the parser raises `category`, by the defects in `names`."""

    collection: str
    file: str
    category: str
    names: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the message would be held."""
        return self.category != CATEGORY_AMBIGUOUS_TEXT


@dataclass(slots=True)
class Alarms:
    """What was found in one collection of ordinary mail."""

    messages: int = 0
    alarms: list[Alarm] = field(default_factory=list)

    @property
    def held(self) -> list[Alarm]:
        """The alarms for which a message would be held."""
        return [alarm for alarm in self.alarms if alarm.holds]


class _Quiet:
    """An observer that counts nothing."""

    def stage_time(self, stage: str, seconds: float) -> None:
        """Not of interest here."""

    def defect(self, name: str, severity: str) -> None:
        """Of no interest here."""

    def stage_fault(self, stage: str, error: BaseException) -> None:
        """The finding says it."""


def ham(corpora: Path) -> Iterator[Ham]:
    """Every message of the collections of ordinary mail; mailboxes are divided."""
    for folder in sorted(corpora.glob("ham-*")):
        for path in sorted(item for item in folder.rglob("*") if item.is_file()):
            name = str(path.relative_to(folder))
            if not _is_mail(folder.name, path, name):
                continue
            messages = _divided(path.read_bytes())
            for number, message in enumerate(messages, 1):
                file = f"{name} message {number}" if len(messages) > 1 else name
                yield Ham(folder.name, file, message)


def _is_mail(collection: str, path: Path, name: str) -> bool:
    """Whether a file of a collection holds messages, and not what is said about them or unwanted mail."""
    if "/" not in name or path.name.startswith((".", "README")):
        return False
    return collection != _ENRON or path.parent.name == "ham"


def _divided(data: bytes) -> list[bytes]:
    """The messages of a mailbox; a message by itself is one."""
    starts = [match.end() for match in _MAILBOX_LINE.finditer(data)]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


@cache
def alarms(corpora: Path) -> dict[str, Alarms]:
    """What is found in each collection of ordinary mail."""
    loaded, problems = load_all(_DEMO)
    assert loaded is not None, problems
    inspector = loaded.scanner(_Quiet(), None)
    bare = replace(inspector, stages=())
    found: dict[str, Alarms] = {}
    with asyncio.Runner() as runner:
        for one in ham(corpora):
            group = found.setdefault(one.collection, Alarms())
            group.messages += 1
            if runner.run(_alarm(bare, one)) is not None:
                alarm = runner.run(_alarm(inspector, one))
                assert alarm is not None, one.file
                group.alarms.append(alarm)
    return found


async def _alarm(inspector: Inspector, one: Ham) -> Alarm | None:
    inspection = Inspection(inspector, Context(Direction.INBOUND))
    try:
        await inspection.feed(one.message)
        await inspection.finish()
        names = {found.defect.name for found in inspection.defects if found.defect.severity > Severity.NOTE}
        categories = {finding.category for finding in inspection.findings if finding.stage == "mime"}
    finally:
        inspection.close()
    for category in (CATEGORY_NOT_INSPECTED, CATEGORY_AMBIGUOUS, CATEGORY_AMBIGUOUS_TEXT):
        if category in categories:
            return Alarm(one.collection, one.file, category, tuple(sorted(names)))
    return None
