"""Wording of pydantic's errors. The whole of it is tested by tests/bad-configs; here are the corners."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.config_errors import explain, in_order
from gateway.problem import Problem
from gateway.toml_file import Document

FILE = Path("x.toml")


class _Base(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _One(_Base):
    colour: Literal["red", "blue"] = "red"
    depth: int = Field(default=1, strict=True)
    needed: str = Field(examples=["this"])
    when: float = 1.0


class _File(_Base):
    one: _One
    many: tuple[_One, ...] = ()


def _explained(text: str, others: list[Problem] | None = None) -> list[str]:
    data = tomllib.loads(text)
    with pytest.raises(ValidationError) as caught:
        _File.model_validate(data)
    return [str(item) for item in explain(_File, caught.value, Document(FILE, text, data), others or ())]


def test_each_kind() -> None:
    text = (
        '[one]\ncolour = "bleu"\ndepth = "2"\nwhen = "soon"\nwhat = 1\n[[many]]\nneeded = "x"\ncolour = 3\n'
    )
    assert _explained(text) == [
        'x.toml:1: one.needed: the key is missing; write for example needed = "this"',
        'x.toml:2: one.colour: write "red" or "blue"; found "bleu". Did you mean "blue"?',
        'x.toml:3: one.depth: write a whole number without quotation marks; found "2"',
        'x.toml:4: one.when: write another kind of value; found "soon"',
        "x.toml:5: one.what: [one] has no such key. Allowed: colour, depth, needed, when",
        'x.toml:8: many[0].colour: write "red" or "blue"; found 3',
    ]


def test_what_a_misspelt_name_explains_is_not_reported_again() -> None:
    others = [Problem(FILE, 9, "one.needed", "also"), Problem(FILE, 9, "one.depth", "stays")]
    assert _explained('[one]\nneded = "x"\n', others) == [
        'x.toml:2: one.neded: [one] has no such key. Did you mean "needed"? Allowed: colour, depth, needed, when',
        "x.toml:9: one.depth: stays",
    ]


def test_what_lies_under_a_misspelt_section_is_not_reported_either() -> None:
    others = [Problem(FILE, 9, "many[0].x", "gone"), Problem(FILE, 9, "manyfold", "stays")]
    assert _explained('[one]\nneeded = "x"\n[[mani]]\n', others) == [
        "x.toml:3: mani: there is no such section. Did you mean [[many]]? Allowed: [one], [[many]]",
        "x.toml:9: manyfold: stays",
    ]


def test_what_is_wrong_beside_a_misspelt_name_is_reported() -> None:
    others = [Problem(FILE, 9, "one.needed", "stays")]
    found = _explained('[one]\nneeded = 1\nneded = "x"\n', others)
    assert [line.partition(": ")[2].partition(":")[0] for line in found] == [
        "one.needed",
        "one.neded",
        "one.needed",
    ]


def test_names_from_the_file_are_made_printable() -> None:
    (line,) = _explained('[one]\nneeded = "x"\n"a\\u001bb" = 1\n')
    assert line.startswith("x.toml:3: one.a\ufffdb: ")


def test_order_is_by_line_and_stable() -> None:
    problems = [Problem(FILE, line, key, "") for line, key in ((3, "a"), (None, "b"), (3, "c"), (1, "d"))]
    assert [item.key for item in in_order(problems)] == ["b", "d", "a", "c"]
