"""Each target, fuzzed for a short and bounded time; at length see `tests/fuzz/__main__.py`.

The same inputs are made each time, as long as the code stays as it is, unless POSTERN_FUZZ_SEED names another number.
Two targets run at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fuzz.registry import BROKEN, TARGETS
from tests.fuzz.seeds import write_seeds
from tests.fuzz.session import Outcome, available, fuzz

_SECONDS = 2
_SEEDS = 80  # of a target: time is not looked at before they have all been tried

Outcomes = dict[str, Future[Outcome]]


@pytest.fixture(scope="module", autouse=True)
def _atheris() -> None:
    if not available():
        pytest.skip("atheris is not installed: there is none ready-made for this system and Python")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """What is to come of each target."""
    folder = tmp_path_factory.mktemp("fuzz")
    write_seeds(TARGETS.values(), folder, each=1, others=False, most=_SEEDS)
    seed = int(os.environ.get("POSTERN_FUZZ_SEED", "1"))
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(fuzz, name, folder, seconds=_SECONDS, runs=one.runs, seed=seed, each=0)
            for name, one in TARGETS.items()
        }


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found_in_a_short_run(name: str, outcomes: Outcomes) -> None:
    outcome = outcomes[name].result()
    assert outcome.held, f"{name} does not hold for {outcome.report()}"


def test_an_input_that_does_not_hold_is_told(tmp_path: Path) -> None:
    outcome = fuzz(BROKEN.name, tmp_path, seconds=20, seed=1)
    assert not outcome.held
    assert [b"!?" in one for one in outcome.crashers] == [True]
    assert repr(outcome.crashers[0]) in outcome.report()
    assert "this never holds" in outcome.report()
