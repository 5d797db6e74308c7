"""Published evasions, where they are at hand (POSTERN_CORPORA): the file that each carries is found, by content or by
name, or the message is held.

evasion-noxxi hides a ZIP archive with the EICAR test file, or the name of it; its controls carry a picture's name and
must pass. evasion-generated names what each message hides; what is in archives and documents is not looked into yet.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.loaded import Loaded
from gateway.model import Action, Direction
from gateway.scan import ScanResult, scan
from tests.support.evasion.outcome import load_rules

pytestmark = pytest.mark.corpora

PASSED_ON = (Action.RELAY, Action.TAG)
# Targets of the generated collection: a question mark says that a miss is acceptable; the other two are about time.
NOT_ASSERTED = ("?", "no-hang", "limit")
WITHIN_DOCUMENTS = frozenset({"I183"})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load_rules(tmp_path_factory.mktemp("evasions"))


def scanned(loaded: Loaded, folder: Path) -> Iterator[ScanResult]:
    assert folder.is_dir()
    return scan(loaded, [folder], Direction.INBOUND)


def test_of_the_ambiguous_messages_none_gets_through(loaded: Loaded, corpora: Path) -> None:
    contents = names = controls = 0
    slipped: list[str] = []
    for result in scanned(loaded, corpora / "evasion-noxxi"):
        path = result.file.as_posix()
        known = {name.lower() for part in result.parts for name in part.filenames}
        through = result.verdict.action in PASSED_ON
        if "hide-content" in path:
            contents += 1
            hidden = through
        elif "hide-filename" in path and known == {"file.png"}:
            controls += 1
            assert through, f"{path}: an ordinary message is stopped"
            continue
        elif "hide-filename" in path:
            names += 1
            hidden = through and not any(name.endswith(".zip") for name in known)
        else:
            continue
        if hidden:
            slipped.append(path)
    assert (contents > 200, names > 100, controls > 0) == (True, True, True)
    assert not slipped, f"{len(slipped)} of {contents + names} went through:\n" + "\n".join(slipped)


def test_of_the_generated_messages_none_gets_through(loaded: Loaded, corpora: Path) -> None:
    folder = corpora / "evasion-generated"
    with (folder / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = {row[0]: row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    slipped: list[str] = []
    count = 0
    for result in scanned(loaded, folder):
        row = rows.get(result.file.stem)
        if row is None or row[0] in WITHIN_DOCUMENTS or any(mark in row[3] for mark in NOT_ASSERTED):
            continue
        count += 1
        if result.verdict.action in PASSED_ON:
            slipped.append(f"{row[0]} {row[2]} ({row[3]})")
    assert count > 140
    assert not slipped, f"{len(slipped)} of {count} went through:\n" + "\n".join(slipped)
