"""Collections of messages by others, where they are at hand (POSTERN_CORPORA): nothing in them upsets the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.loaded import Loaded, load_all
from gateway.model import CATEGORY_FAULT, Action, Direction
from gateway.scan import ScanResult, scan

pytestmark = pytest.mark.corpora

DEMO = Path(__file__).parents[2] / "config" / "demo.toml"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    result, problems = load_all(DEMO)
    assert result is not None, problems
    return result


def results(loaded: Loaded, corpora: Path, pattern: str) -> Iterator[ScanResult]:
    folders = sorted(corpora.glob(pattern))
    assert folders, f"no folder {pattern} in {corpora}"
    return scan(loaded, folders, Direction.INBOUND)


@pytest.mark.parametrize("pattern", ["mime-*", "evasion-*", "dkim-*", "ham-ietf*", "ham-notmuch", "att-tnef"])
def test_every_file_gets_a_verdict(loaded: Loaded, corpora: Path, pattern: str) -> None:
    count = 0
    for result in results(loaded, corpora, pattern):
        count += 1
        assert result.error is None, f"{result.file}: {result.error}"
        faults = [j.finding for j in result.verdict.judged if j.finding.category == CATEGORY_FAULT]
        assert not faults, f"{result.file}: {faults}"
    assert count > 20


def test_ordinary_mail_passes(loaded: Loaded, corpora: Path) -> None:
    """A school would switch off a filter that stops one message in a hundred."""
    total = stopped = 0
    for result in results(loaded, corpora, "ham-enron1"):
        total += 1
        stopped += result.verdict.action in (Action.REJECT, Action.QUARANTINE, Action.DEFER)
    assert total > 1000
    assert stopped < total / 100, f"{stopped} of {total}"
