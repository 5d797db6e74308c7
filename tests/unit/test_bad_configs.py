"""Configurations with mistakes, and the wording of every problem in them.

Each folder of tests/bad-configs holds a `postern.toml` and, in `expected.txt`, all that `load` has to say about
it, with FILE for the path of the file and FOLDER for that of its folder.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.config import load

CASES = sorted((Path(__file__).parents[1] / "bad-configs").iterdir())
FOREIGN = re.compile(r"Input should|Value error|pydantic|validation|type=|\bNone\b|Traceback", re.IGNORECASE)


def _found(folder: Path) -> list[str]:
    file = folder / "postern.toml"
    settings, problems = load(file)
    assert settings is None
    return [str(item).replace(str(file), "FILE").replace(str(folder), "FOLDER") for item in problems]


@pytest.mark.parametrize("folder", CASES, ids=[case.name for case in CASES])
def test_wording(folder: Path) -> None:
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert expected
    assert _found(folder) == expected


@pytest.mark.parametrize("folder", CASES, ids=[case.name for case in CASES])
def test_problems_are_plain_english_in_the_order_of_the_file(folder: Path) -> None:
    _, problems = load(folder / "postern.toml")
    assert not [item for item in problems if FOREIGN.search(item.message)]
    lines = [item.line or 0 for item in problems]
    assert lines == sorted(lines)
    assert len({(item.key, item.message) for item in problems}) == len(problems)


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 40
