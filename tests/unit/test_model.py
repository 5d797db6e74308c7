"""The vocabulary: order of actions, the finding that decides, references."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import model
from gateway.model import Action, Finding, Judged, Privacy, Verdict, new_reference


def judged(action: Action, category: str) -> Judged:
    return Judged(Finding("stage", f"rule-{category}", category), action, "1.1", category)


def test_the_order_of_actions() -> None:
    """A certain reason to reject outweighs a doubt; a doubt outweighs everything that lets a message in."""
    ranked = sorted(Action, key=lambda action: action.severity)
    assert ranked == [Action.RELAY, Action.TAG, Action.QUARANTINE, Action.DEFER, Action.REJECT]


def test_whatever_is_not_known_to_be_ordinary_is_private() -> None:
    assert [privacy for privacy in Privacy if not privacy.private] == [Privacy.ORDINARY]


def test_the_deciding_finding_bears_the_action() -> None:
    verdict = Verdict(
        Action.REJECT, (judged(Action.REJECT, "b"), judged(Action.REJECT, "c"), judged(Action.TAG, "a"))
    )
    assert verdict.deciding is verdict.judged[0]
    assert verdict.categories == ("b", "c", "a")


def test_a_verdict_without_findings_has_no_reason() -> None:
    assert Verdict(Action.DEFER).deciding is None
    assert Verdict(Action.DEFER, (judged(Action.TAG, "a"),)).deciding is None
    assert Verdict(Action.RELAY).categories == ()


def test_categories_are_named_once() -> None:
    verdict = Verdict(Action.TAG, (judged(Action.TAG, "a"), judged(Action.TAG, "b"), judged(Action.TAG, "a")))
    assert verdict.categories == ("a", "b")


def test_references_are_ulids_and_never_the_same() -> None:
    references = [new_reference() for _ in range(2000)]
    assert len(set(references)) == len(references)
    assert {len(reference) for reference in references} == {26}
    assert set("".join(references)) <= set(model._CROCKFORD)


@given(st.lists(st.integers(min_value=0, max_value=(1 << 48) - 1), min_size=2, max_size=10, unique=True))
def test_references_sort_by_time(milliseconds: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = itertools.cycle(sorted(milliseconds))
        patch.setattr(time, "time_ns", lambda: next(clock) * 1_000_000)
        references = [new_reference() for _ in milliseconds]
    assert references == sorted(references)
