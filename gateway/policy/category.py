"""Categories: the vocabulary in which rules say what they found and profiles say what follows from it.

They stand in `categories.toml` of the rulesets folder; rules and profiles may use no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from gateway.model import (
    CATEGORY_AMBIGUOUS,
    CATEGORY_AMBIGUOUS_TEXT,
    CATEGORY_FAULT,
    CATEGORY_NOT_INSPECTED,
)
from gateway.policy.file_model import FileModel, Identifier, Text, load
from gateway.problem import Problem

CATEGORY_ENCRYPTED = "encrypted"

# Parser and stages report these of their own accord, whatever the rules say.
REQUIRED = (
    CATEGORY_FAULT,
    CATEGORY_NOT_INSPECTED,
    CATEGORY_ENCRYPTED,
    CATEGORY_AMBIGUOUS,
    CATEGORY_AMBIGUOUS_TEXT,
)


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of content. `label` is how a rejection names it ("executable attachment").

    `show_match` is false where a finding must not repeat what was found (child protection).
    """

    id: str
    label: str
    description: str
    show_match: bool


class _CategoryModel(FileModel):
    label: Text = Field(examples=['label = "how a rejection names it"'])
    description: Text = Field(examples=['description = "what it is, in one line"'])
    show_match: bool = True


class _CategoriesFile(FileModel):
    category: dict[Identifier, _CategoryModel] = Field(
        examples=["[category.NAME] and its keys, once for each category"]
    )


def load_categories(path: Path) -> tuple[Mapping[str, Category], list[Problem]]:
    """The categories of a file, by id, and what is wrong with the file."""
    file = load(path, _CategoriesFile)
    if isinstance(file, list):
        return {}, file
    categories = {
        key: Category(key, model.label, model.description, model.show_match)
        for key, model in file.content.category.items()
    }
    problems = [
        file.problem(("category", name), f"is missing, but Postern itself uses it; add [category.{name}]")
        for name in REQUIRED
        if name not in categories
    ]
    return categories, problems
