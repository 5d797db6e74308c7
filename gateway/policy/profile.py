"""Profiles: one organisation's policy, read from `rulesets/profiles/NAME.toml`.

A profile says for each category of content which clause of the policy it offends and what is done, in general or
for each direction. Categories that it does not name are not acted on, apart from those that stand for inspection
that failed: they are never called clean unless the profile says so in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.model import (
    CATEGORY_AMBIGUOUS,
    CATEGORY_AMBIGUOUS_TEXT,
    CATEGORY_FAULT,
    CATEGORY_NOT_INSPECTED,
    Action,
    Direction,
)
from gateway.policy.category import Category
from gateway.policy.file_model import FileModel, RuleFile, Text, load, not_allowed
from gateway.problem import Problem, listed, nearest

_DEFAULTS = {
    CATEGORY_FAULT: Action.DEFER,
    CATEGORY_NOT_INSPECTED: Action.QUARANTINE,
    CATEGORY_AMBIGUOUS: Action.QUARANTINE,
    CATEGORY_AMBIGUOUS_TEXT: Action.TAG,
}


def _actions(value: object) -> dict[Direction, Action]:
    """One action for all directions, or a table of one each."""
    if isinstance(value, str):
        return dict.fromkeys(Direction, _action(value))
    if not isinstance(value, dict):
        raise ValueError(f"must be one of {listed(Action)}, or a table with one for each direction")
    for direction in value:
        if direction not in list(Direction):
            raise ValueError(not_allowed(direction, Direction))
    missing = [direction for direction in Direction if direction not in value]
    if missing:
        raise ValueError(
            f"says nothing about {listed(missing, 'and')} mail; give an action for each direction"
        )
    return {direction: _action(value[direction]) for direction in Direction}


def _action(value: object) -> Action:
    try:
        return Action(str(value))
    except ValueError:
        raise ValueError(not_allowed(value, Action)) from None


class _EntryModel(FileModel):
    clause: str = ""
    action: Annotated[dict[Direction, Action], BeforeValidator(_actions)] = Field(
        examples=[f'action = "{Action.REJECT}", or another one of {", ".join(Action)}']
    )


class ProfileFile(FileModel):
    """A profile as it is written."""

    title: Text = Field(examples=['title = "Name of the policy" above the first section'])
    category: dict[str, _EntryModel] = Field(
        examples=["[category.NAME] and its keys, once for each category of categories.toml that matters"]
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What follows from a category in one direction."""

    action: Action
    clause: str
    label: str


@dataclass(frozen=True, slots=True)
class DirectionPolicy:
    """All that a profile says about one direction. Equal objects mean equal treatment."""

    entries: tuple[tuple[str, Entry], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A checked profile."""

    id: str
    title: str
    policies: Mapping[Direction, Mapping[str, Entry]]
    _comparable: dict[Direction, DirectionPolicy] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for direction, entries in self.policies.items():
            self._comparable[direction] = DirectionPolicy(tuple(sorted(entries.items())))

    def entry(self, category: str, direction: Direction) -> Entry | None:
        """What follows from `category`, or None where the profile does not act on it."""
        return self.policies[direction].get(category)

    def policy(self, direction: Direction) -> DirectionPolicy:
        """Something to compare and to hash: two directions with equal policies are treated alike."""
        return self._comparable[direction]


def load_profile(path: Path, categories: Mapping[str, Category]) -> tuple[Profile | None, list[Problem]]:
    """The profile of a file, named as the file is, or what is wrong with it."""
    file = load(path, ProfileFile)
    if isinstance(file, list):
        return None, file
    problems = [
        file.problem(("category", name), f"is not a category.{nearest(name, categories)}{_WHERE}")
        for name in file.content.category
        if name not in categories
    ]
    if problems:
        return None, problems
    return _profile(path.stem, file, categories), []


_WHERE = " Categories are listed in categories.toml."


def _profile(name: str, file: RuleFile[ProfileFile], categories: Mapping[str, Category]) -> Profile:
    policies = {}
    for direction in Direction:
        entries = {
            key: Entry(action, "", categories[key].label)
            for key, action in _DEFAULTS.items()
            if key in categories
        }
        for key, model in file.content.category.items():
            entries[key] = Entry(model.action[direction], model.clause, categories[key].label)
        policies[direction] = entries
    return Profile(name, file.content.title, policies)
