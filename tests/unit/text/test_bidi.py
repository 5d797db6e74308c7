"""Text in the order of display."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.bidi import displayed

RLO, LRO, RLE, LRI, PDF, PDI = "\u202e", "\u202d", "\u202b", "\u2066", "\u202c", "\u2069"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a {RLO}etulf{PDF} b", "a flute b"),
        (f"{RLO}etulf", "flute"),
        (f"{RLO}et{RLO}ul{PDF}f{PDF}", "flute"),
        (f"{RLO}et{LRO}lu{PDF}f", "flute"),
        (f"{RLO}et{LRI}lu{PDI}f", "flute"),
        (f"{RLO}et{RLE}lu{PDF}f", "flute"),
        (f"{LRI}{RLO}etulf{PDI} x", "flute x"),
        (f"{RLO}ba\n{RLO}dc", "ab\ncd"),
        (f"{PDF}{PDI}{RLO}ba{PDF}{PDF}c", "abc"),
        (f"{LRI}{RLO}ba{PDF}{PDF}c{PDI}d", "abcd"),
    ],
)
def test_overrides(text: str, expected: str) -> None:
    assert displayed(text) == expected


@pytest.mark.parametrize("text", ["", "abc", f"{LRO}abc{PDF}", f"{RLE}abc{PDF}", "שלום"])
def test_text_without_overrides(text: str) -> None:
    assert displayed(text) is None


CONTROLS = [RLO, LRO, RLE, LRI, PDF, PDI, "\u2067", "\u2068", "\u202a"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*CONTROLS, "a", "bc", "\n"])).map("".join))
def test_no_letter_is_lost(text: str) -> None:
    shown = displayed(RLO + text)
    assert shown is not None
    assert sorted(shown) == sorted("".join([one for one in text if one not in CONTROLS]))


def test_deep_nesting_copies_no_letter_more_than_its_depth() -> None:
    shown = displayed((RLO + "a" + LRO) * 100_000)
    assert shown == "a" * 100_000
