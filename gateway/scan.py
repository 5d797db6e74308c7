"""`postern scan`: the verdict on files, and the reasons, without relaying anything.

The same inspection and the same decision as in the SMTP server, on messages in files.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.inspection import Inspection, PartSummary
from gateway.loaded import Loaded
from gateway.mime.walk import Noted
from gateway.model import Action, Direction, Privacy, Verdict
from gateway.policy.decide import decide
from gateway.stages.base import Context

_BLOCK = 1 << 18
STDIN = Path("-")
_NAMED_VIEWS = 3


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What the gateway would do with the message in `file`. `error` is set where it could not be read."""

    file: Path
    verdict: Verdict
    privacy: Privacy
    parts: tuple[PartSummary, ...]
    defects: tuple[Noted, ...]
    error: str | None = None

    @property
    def relayable(self) -> bool:
        """True where the message would be relayed, tagged or not."""
        return self.error is None and self.verdict.action in (Action.RELAY, Action.TAG)

    def as_json(self) -> dict[str, Any]:
        """The object of one line of `--json` (a contract: see the design document)."""
        if self.error is not None:
            return {
                "file": str(self.file), "action": "error", "error": self.error,
                "findings": [], "personal": False, "parts": [], "defects": [],
            }  # fmt: skip
        return {
            "file": str(self.file),
            "action": self.verdict.action.value,
            "findings": [
                {
                    "stage": judged.finding.stage,
                    "rule": judged.finding.rule,
                    "category": judged.finding.category,
                    "clause": judged.clause,
                    "action": judged.action.value,
                    "part": judged.finding.part,
                    "filename": judged.finding.filename,
                    "detail": judged.finding.detail,
                }
                for judged in self.verdict.judged
            ],
            "personal": self.privacy is Privacy.PERSONAL,
            "parts": [
                {
                    "path": part.path,
                    "view": part.view,
                    "content_type": part.content_type,
                    "detected_type": part.detected_type,
                    "filename": part.filename,
                    "filenames": list(part.filenames),
                    "size": part.size,
                    "defects": self._defects_of(part),
                }
                for part in self.parts
            ],
            "defects": [
                {"name": noted.defect.name, "severity": noted.defect.severity.name.lower(),
                 "part": noted.defect.path, "view": noted.view, "offset": noted.defect.offset}
                for noted in self.defects
            ],
        }  # fmt: skip

    def _defects_of(self, part: PartSummary) -> list[str]:
        """Names of the defects of `part`, each once."""
        found = [
            one.defect.name for one in self.defects if (one.defect.path, one.view) == (part.path, part.view)
        ]
        return list(dict.fromkeys(found))


class _Quiet:
    """An observer that counts nothing."""

    def stage_time(self, stage: str, seconds: float) -> None:
        """Not of interest here."""

    def stage_fault(self, stage: str, error: BaseException) -> None:
        """The finding says it."""

    def defect(self, name: str, severity: str) -> None:
        """The result lists it."""


def files_of(paths: Sequence[Path]) -> Iterator[Path]:
    """The files named, and every file in the folders named, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(item for item in path.rglob("*") if item.is_file())
        else:
            yield path


def scan(loaded: Loaded, paths: Sequence[Path], direction: Direction) -> Iterator[ScanResult]:
    """Scan each file in turn."""
    with ThreadPoolExecutor(1, "inspect") as executor, asyncio.Runner() as runner:
        for path in files_of(paths):
            yield runner.run(_scan_file(loaded, path, direction, executor))


async def _scan_file(
    loaded: Loaded, path: Path, direction: Direction, executor: ThreadPoolExecutor
) -> ScanResult:
    inspector = loaded.scanner(_Quiet(), executor)
    inspection = Inspection(inspector, Context(direction))
    try:
        with sys.stdin.buffer if path == STDIN else path.open("rb") as file:
            while block := file.read(_BLOCK):
                await inspection.feed(block)
        await inspection.finish()
        verdict = decide(inspection.findings, loaded.profile, direction)
        return ScanResult(
            path, verdict, inspection.privacy, tuple(inspection.parts), tuple(inspection.defects)
        )
    except OSError as error:
        return _unread(path, error.strerror or str(error))
    except Exception as error:
        return _unread(path, f"inspection failed ({type(error).__name__})")
    finally:
        inspection.close()


def _unread(path: Path, why: str) -> ScanResult:
    return ScanResult(path, Verdict(Action.DEFER), Privacy.ORDINARY, (), (), why)


def text_lines(result: ScanResult, profile: str) -> Iterator[str]:
    """The same for people: the verdict, then what it rests on."""
    file = "standard input" if result.file == STDIN else str(result.file)
    if result.error is not None:
        yield f"{file}: could not be read: {result.error}"
        return
    personal = " (marked personal)" if result.privacy is Privacy.PERSONAL else ""
    yield f"{file}: {result.verdict.action}{personal}"
    for judged in result.verdict.judged:
        finding = judged.finding
        detail = f": {finding.detail}" if finding.detail else ""
        clause = f" ({profile} {judged.clause})" if judged.clause else ""
        rule = f"{finding.stage}/{finding.rule}"
        yield f"  {judged.action}: {judged.label}{clause}: {rule} in {finding.place}{detail}"
    views = [view for view in dict.fromkeys([part.view for part in result.parts]) if view]
    if views:
        named = "; ".join(views[:_NAMED_VIEWS]) + ("; …" if len(views) > _NAMED_VIEWS else "")
        yield f"  read in {len(views) + 1} ways: as most mail programs do; {named} (--json has the parts of each)"
