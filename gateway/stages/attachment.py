"""The attachment stage: what attached files are called, what they are said to be, and what they are.

Every candidate name of every leaf is judged, and so are the names inside ZIP archives, which Office documents are
too. Bodies without a file name are judged by their content: a program sent as the text of a message is a program.
Sets `Part.detected_type` for the stages behind it.

Known limit: names are read from ZIP archives only. What the members of an archive contain is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from gateway.model import CATEGORY_NOT_INSPECTED, Finding
from gateway.policy.attachment_rules import AttachmentHit, AttachmentMatcher, FileSeen
from gateway.policy.category import CATEGORY_ENCRYPTED
from gateway.policy.filename import FileName, analyse
from gateway.stages.base import Context, Part, StageRun
from gateway.stages.filetype import Budget, FileTypes
from gateway.stages.zipnames import Listing, list_names

ZIP_ENCRYPTED = "zip-encrypted"
ZIP_TROUBLE = "zip-unreadable"
TOO_MANY_FILES = "too-many-files"


class AttachmentStage:
    """Rules about files, with libmagic loaded."""

    name: ClassVar[str] = "attachment"

    def __init__(self, matcher: AttachmentMatcher) -> None:
        self._matcher = matcher
        self._types = FileTypes()

    def start(self, context: Context) -> StageRun:
        """A run for one message."""
        return _Run(self._matcher, self._types)


class _Run(StageRun):
    def __init__(self, matcher: AttachmentMatcher, types: FileTypes) -> None:
        self._matcher = matcher
        self._types = types
        self._budget = Budget()

    def part(self, part: Part) -> Iterable[Finding]:
        """Judge one leaf by names, types and, for an archive, the names inside."""
        spent = self._budget.spent
        part.detected_type = self._types.detect(
            part.body, part.content_type, named=bool(part.filenames), budget=self._budget
        )
        names = part.names
        hits = self._matcher.judge(FileSeen(names, part.content_type, part.detected_type, part.body.size))
        findings = [_finding(hit, part, names) for hit in hits]
        if self._budget.spent and not spent:
            detail = "there are too many small files to examine the content of each"
            findings.append(
                Finding(self._stage, TOO_MANY_FILES, CATEGORY_NOT_INSPECTED, part.path, None, detail)
            )
        if part.body.size:
            with part.body.view() as data:
                listing = list_names(data)
            if listing is not None:
                findings += self._archive(listing, part, names)
        return findings

    def _archive(self, listing: Listing, part: Part, names: tuple[FileName, ...]) -> Iterator[Finding]:
        shown = names[0].shown if names else None
        found: set[str] = set()
        for entry in listing.names:
            if entry.endswith("/"):
                continue
            for hit in self._matcher.judge_entry(analyse(entry)):
                if hit.rule.id not in found:
                    found.add(hit.rule.id)
                    yield _finding(hit, part, names, inside=True)
        if listing.encrypted:
            yield Finding(
                self._stage, ZIP_ENCRYPTED, CATEGORY_ENCRYPTED, part.path, shown, "ZIP with a password"
            )
        if listing.trouble is not None:
            detail = listing.trouble.value
            yield Finding(self._stage, ZIP_TROUBLE, CATEGORY_NOT_INSPECTED, part.path, shown, detail)

    _stage = AttachmentStage.name


def _finding(hit: AttachmentHit, part: Part, names: tuple[FileName, ...], *, inside: bool = False) -> Finding:
    """A finding about the part; for a member of an archive it names the archive, and the member in its detail."""
    concerned = hit.name if hit.name is not None and not inside else next(iter(names), None)
    detail = (
        f'inside the archive: "{hit.name.shown}", {hit.why}' if inside and hit.name is not None else hit.why
    )
    return Finding(
        AttachmentStage.name,
        hit.rule.id,
        hit.rule.category,
        part.path,
        concerned.shown if concerned is not None else None,
        detail,
    )
