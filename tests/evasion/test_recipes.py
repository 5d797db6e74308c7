"""Every evasion recipe, inspected in this process as the gateway inspects mail.

Each variant must be stopped, except where a recipe says that a miss is acceptable, and where `LATER` says what is still
missing. Where POSTERN_EVASION_TABLE names a file, it gets a table of what was found, what was merely held, and what
went through (with those that did by name).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.model import Action, Verdict
from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
    CANARY,
    EICAR,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    PROGRAM,
    attached,
    b64,
    message,
)
from tests.support.evasion.catalogue import recipes
from tests.support.evasion.later import LATER
from tests.support.evasion.outcome import Judge, Outcome, load_rules, outcome
from tests.support.evasion.recipe import CLASSES, RECIPES, Recipe, Target

Row = dict[str, Outcome]
Table = dict[str, Row]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """The rules, loaded once."""
    found = Judge(load_rules(tmp_path_factory.mktemp("evasion")))
    yield found
    found.close()


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """What became of each variant; written where the environment asks for it."""
    rows: Table = {}
    yield rows
    file = os.environ.get("POSTERN_EVASION_TABLE")
    if file:
        Path(file).write_text(_written(rows), "utf-8")


def _written(rows: Table) -> str:
    """Tab-separated: a line a class, a line a recipe, a line a variant that went through."""
    counts = {identifier: Counter(row.values()) for identifier, row in rows.items()}
    text = ["id\tvariants\tfound\theld\trelayed\ttitle"]
    for letter, title in CLASSES.items():
        together = sum((count for identifier, count in counts.items() if identifier[0] == letter), Counter())
        text.append(_line(letter, together, title))
    text += [
        _line(identifier, counts[identifier], RECIPES[identifier].title) for identifier in sorted(counts)
    ]
    for identifier in sorted(rows):
        may = {True: "must be stopped", False: "may be missed"}
        for name, result in rows[identifier].items():
            if result is Outcome.RELAYED:
                why = LATER.get((identifier, name)) or may[RECIPES[identifier].asserted(name)]
                text.append(f"relayed\t{identifier}\t{name}\t{why}")
    return "\n".join([*text, ""])


def _line(name: str, count: Counter[Outcome], title: str) -> str:
    numbers = (count.total(), count[Outcome.FOUND], count[Outcome.HELD], count[Outcome.RELAYED])
    return "\t".join([name, *map(str, numbers), title])


def _said(verdict: Verdict) -> str:
    return ", ".join([f"{item.finding.rule} ({item.action})" for item in verdict.judged]) or "nothing found"


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.id)
def test_every_variant_is_stopped(recipe: Recipe, judge: Judge, table: Table) -> None:
    judge.observer.faults.clear()
    slipped: list[str] = []
    row = table[recipe.id] = {}
    for name, octets in recipe.make():
        verdict = judge.verdict(octets)
        assert isinstance(verdict.action, Action)
        row[name] = outcome(recipe.target, verdict)
        must = recipe.asserted(name) and (recipe.id, name) not in LATER
        if must and row[name] is Outcome.RELAYED:
            slipped.append(f"{name}: {_said(verdict)}")
    assert row
    assert not judge.observer.faults
    assert not slipped, (
        f"{recipe.id} ({recipe.title}): {len(slipped)} of {len(row)} went through:\n" + "\n".join(slipped)
    )


@pytest.mark.parametrize(
    ("identifier", "name"), LATER, ids=[f"{identifier}-{name}" for identifier, name in LATER]
)
def test_what_is_left_for_later_is_really_missing(identifier: str, name: str, judge: Judge) -> None:
    recipe = RECIPES[identifier]
    assert recipe.asserted(name), "a miss is acceptable here anyway"
    result = outcome(recipe.target, judge.verdict(dict(recipe.make())[name]))
    assert result is Outcome.RELAYED, "this works now: remove it from LATER"


def test_only_content_of_archives_and_documents_is_left_for_later() -> None:
    assert {identifier for identifier, _ in LATER if identifier[0] != "J"} <= {"I183"}


PLAIN_MAIL = {
    Target.EICAR: attached([OCTETS, ATTACHED, BASE64], b64(EICAR)),
    Target.EXT: attached(
        [OCTETS, b"Content-Disposition: attachment; filename=invoice.exe", BASE64], b64(HARMLESS)
    ),
    Target.MAGIC: attached([OCTETS, ATTACHED, BASE64], b64(PROGRAM)),
    Target.KEYWORD: message([MIME, PLAIN], CANARY.encode() + b"\r\n"),
}


@pytest.mark.parametrize("target", PLAIN_MAIL)
def test_without_a_trick_the_payload_is_found(target: Target, judge: Judge) -> None:
    assert outcome(target, judge.verdict(PLAIN_MAIL[target])) is Outcome.FOUND


def test_what_surrounds_the_payload_is_harmless(judge: Judge) -> None:
    harmless = attached([OCTETS, ATTACHED, BASE64], b64(HARMLESS))
    assert judge.verdict(harmless).action is Action.RELAY


def test_recipes_are_made_alike_each_time_and_differ() -> None:
    for recipe in recipes():
        made = list(recipe.make())
        assert made == list(recipe.make()), recipe.id
        assert len(dict(made)) == len(made), f"{recipe.id}: a name stands twice"
        assert len({octets for _, octets in made}) == len(made), f"{recipe.id}: two variants are the same"


def test_names_that_may_be_missed_exist() -> None:
    for recipe in recipes():
        if isinstance(recipe.may_miss, frozenset):
            assert recipe.may_miss <= {name for name, _ in recipe.make()}, recipe.id


def test_every_class_has_recipes() -> None:
    assert {recipe.letter for recipe in recipes()} == set(CLASSES)
