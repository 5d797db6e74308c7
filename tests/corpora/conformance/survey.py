"""What comes of reading a collection: files read, messages compared, and where they differ from what is expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.corpora.conformance import readers
from tests.corpora.conformance.argued import ARGUED, Argued
from tests.corpora.conformance.leaf import Aspect, differences, steps


@dataclass(slots=True)
class Result:
    """One file that has expected results. `lines` are the differences in words."""

    messages: int = 0
    aspects: set[Aspect] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Survey:
    """One collection. `failed` are files at which the walk raised; `compared` has a result for each file that comes
    with expected results."""

    collection: str
    files: int
    failed: dict[str, str]
    compared: dict[str, Result]

    @property
    def differing(self) -> dict[str, Result]:
        """The files that are not as expected."""
        return {file: result for file, result in self.compared.items() if result.aspects}


def collections(corpora: Path) -> list[str]:
    """The collections of MIME messages, in order."""
    return sorted(folder.name for folder in corpora.glob("mime-*") if folder.is_dir())


@cache
def survey(corpora: Path, collection: str) -> Survey:
    """Read all files of a collection, and compare those that come with expected results."""
    failed: dict[str, str] = {}
    files = sorted(path for path in (corpora / collection).rglob("*") if path.is_file())
    for path in files:
        try:
            for _ in steps(path.read_bytes()):
                pass
        except Exception as error:
            failed[str(path.relative_to(corpora / collection))] = repr(error)
    return Survey(collection, len(files), failed, _compared(corpora, collection))


def _compared(corpora: Path, collection: str) -> dict[str, Result]:
    compared: dict[str, Result] = {}
    for case in readers.cases(corpora, collection):
        result = compared.setdefault(case.file, Result())
        result.messages += 1
        for found in differences(case):
            result.aspects.add(found.aspect)
            result.lines.append(f"{case.variant or 'message'}: {found.aspect}: {found.what}")
    return compared


def argued(collection: str) -> dict[str, Argued]:
    """The argued differences of a collection, by file."""
    return {file: entry for entry in ARGUED if entry.collection == collection for file in entry.files}
