"""Letters that look like Latin ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.lookalike import latinised


@pytest.mark.parametrize(
    "text",
    [
        *(
            "wоmbаtflutе",
            "ωombαtflutε",
            "wօmbatflute",
            "ꮃombatflute",
            "wοmbatflute",
        ),
        *(
            "ᴡᴏᴍʙᴀᴛꜰʟᴜᴛᴇ",
            "wømbatflute",
            "ԝombatflute",
            "wo\u200bmbаtflute",
            "\U0001f166ombatflute",
        ),
    ],
)
def test_a_word_in_disguise(text: str) -> None:
    latin = latinised(text)
    assert latin is not None
    assert latin.replace("\u200b", "").lower() == "wombatflute"


def test_words_of_their_own_script_are_left_alone() -> None:
    assert latinised("Это большой рот") is None
    assert latinised("Это большой pот") == "Это большой pot"


def test_a_word_of_lookalikes_among_latin_ones() -> None:
    assert latinised("the сор is") == "the cop is"


@pytest.mark.parametrize("text", ["", "plain", "café – “quoted”", "日本語", "שלום"])
def test_other_text(text: str) -> None:
    assert latinised(text) is None


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="аоеwombд щ\u200bωø\n"))
def test_each_character_becomes_one(text: str) -> None:
    latin = latinised(text)
    assert latin is None or len(latin) == len(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["о", "oо", "дo ", "дo\u0301", "\u0301", "д о"])
def test_long_texts(unit: str) -> None:
    latinised(unit * 200_000)
