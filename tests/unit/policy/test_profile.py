from pathlib import Path

import pytest

from gateway.model import Action, Direction
from gateway.policy.category import Category
from gateway.policy.profile import Profile, load_profile
from gateway.problem import Problem

CATEGORIES = {
    name: Category(name, f"label of {name}", "", True)
    for name in ("malware", "gambling", "inspection-fault", "not-inspected")
}


def load(folder: Path, text: str) -> tuple[Profile | None, list[Problem]]:
    path = folder / "school.toml"
    path.write_text(text, encoding="utf-8")
    return load_profile(path, CATEGORIES)


def profile(folder: Path, text: str) -> Profile:
    loaded, problems = load(folder, text)
    assert problems == []
    assert loaded is not None
    return loaded


BY_DIRECTION = """
title = "A school"

[category.malware]
clause = "6.3"
action = "reject"

[category.gambling]
clause = "5.11.3"
action = { inbound = "quarantine", outbound = "tag", internal = "tag" }
"""


def test_what_follows_from_a_category(tmp_path: Path) -> None:
    school = profile(tmp_path, BY_DIRECTION)
    assert (school.id, school.title) == ("school", "A school")
    entry = school.entry("malware", Direction.INBOUND)
    assert entry is not None
    assert (entry.action, entry.clause, entry.label) == (Action.REJECT, "6.3", "label of malware")


def test_an_action_for_each_direction(tmp_path: Path) -> None:
    school = profile(tmp_path, BY_DIRECTION)
    entries = [school.entry("gambling", direction) for direction in Direction]
    assert [entry.action for entry in entries if entry] == [Action.QUARANTINE, Action.TAG, Action.TAG]


def test_directions_can_be_compared(tmp_path: Path) -> None:
    school = profile(tmp_path, BY_DIRECTION)
    assert school.policy(Direction.OUTBOUND) == school.policy(Direction.INTERNAL)
    assert school.policy(Direction.OUTBOUND) != school.policy(Direction.INBOUND)
    assert len({school.policy(direction) for direction in Direction}) == 2


def test_what_could_not_be_inspected_is_never_clean_by_default(tmp_path: Path) -> None:
    school = profile(tmp_path, BY_DIRECTION)
    fault = school.entry("inspection-fault", Direction.INBOUND)
    unseen = school.entry("not-inspected", Direction.INBOUND)
    assert fault is not None
    assert unseen is not None
    assert (fault.action, unseen.action) == (Action.DEFER, Action.QUARANTINE)


def test_a_profile_may_say_otherwise(tmp_path: Path) -> None:
    text = 'title = "A"\n[category.not-inspected]\naction = "tag"\n'
    entry = profile(tmp_path, text).entry("not-inspected", Direction.INBOUND)
    assert entry is not None
    assert entry.action is Action.TAG


@pytest.mark.parametrize(
    ("text", "line", "key", "part"),
    [
        ('title = "A"\n[category.malwear]\naction = "tag"', 2, "category.malwear", 'Did you mean "malware"?'),
        (
            'title = "A"\n[category.malware]\naction = "regect"',
            3,
            "category.malware.action",
            'mean "reject"?',
        ),
        (
            'title = "A"\n[category.malware]\naction = 5',
            3,
            "category.malware.action",
            "relay, tag, quarantine",
        ),
        (
            'title = "A"\n[category.malware]\nclause = "1"',
            2,
            "category.malware.action",
            'is missing; add action = "reject"',
        ),
        (
            'title = "A"\n[category.malware]\naction = "tag"\nclouse = "1"',
            4,
            "category.malware.clouse",
            '"clause"',
        ),
        (
            'title = "A"\n[category.malware]\naction = { inbound = "tag", outbond = "tag", internal = "tag" }',
            3,
            "category.malware.action",
            'Did you mean "outbound"?',
        ),
        (
            'title = "A"\n[category.malware]\naction = { inbound = "tag" }',
            3,
            "category.malware.action",
            "outbound and internal",
        ),
        ('titel = "A"\n[category.malware]\naction = "tag"', 1, "titel", 'Did you mean "title"?'),
    ],
)
def test_problems(tmp_path: Path, text: str, line: int, key: str, part: str) -> None:
    loaded, problems = load(tmp_path, text)
    assert loaded is None
    problem = next(problem for problem in problems if problem.key == key)
    assert problem.line == line
    assert part in problem.message


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = 'title = ""\n[category.malware]\naction = "x"\n[category.gambling]\nactoin = "tag"\n'
    _, problems = load(tmp_path, text)
    assert [problem.key for problem in problems] == [
        "title",
        "category.malware.action",
        "category.gambling.actoin",
    ]
