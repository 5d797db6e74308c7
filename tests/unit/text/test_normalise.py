"""Folding: what reads alike becomes alike."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text import normalise
from gateway.text.normalise import fold, locate


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Wombat Flute", "wombat flute"),
        ("  a\t\r\n b  ", "a b"),
        ("a\x00b\x07c\x7fd", "abcd"),
        ("a\x1cb", "a b"),
        ("wom\u200bba\u200ct\u200d\u2060\ufeff", "wombat"),
        ("wom\u00adbat", "wombat"),
        ("w\u0301o\u0323m", "wom"),
        ("café", "cafe"),
        ("\u202etab\u202c \u2066x\u2069", "tab x"),
        ("ｗｏｍｂａｔ", "wombat"),
        ("ﬂute", "flute"),
        ("Straße", "strasse"),
        ("İ", "i"),
        ("a\u00a0\u2003\u3000b", "a b"),
        ("a\u2028b", "a b"),
        ("①②", "12"),
        ("invoice．exe", "invoice.exe"),
        ("a\ufe0fb\U000e0041c", "abc"),
        ("a\u3164b\u115fc", "abc"),
        ("ПРИВЕТ", "привет"),
        ("\u1112\u1161\u11ab", "한"),
        ("", ""),
        (" ", ""),
        ("\u200b", ""),
        ("\u1fb3", "α"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_is_folded_as_the_rest_is(text: str) -> None:
    """The fast path and the other agree: a character that vanishes forces the other."""
    assert fold(text + "\u200b") == fold(text)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_what_comes_out(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip(" ")
    assert "  " not in folded
    assert not [one for one in folded if unicodedata.category(one) in ("Mn", "Me", "Cf", "Cc")]


@pytest.mark.parametrize(
    "codes",
    [
        range(0x3400),
        range(0xF900, 0x10000),
        range(0x1D400, 0x1D800),
        range(0x1F100, 0x1F300),
        range(0x2F7F0, 0x2FA30),
        range(0xDFFF0, 0xE0200),
    ],
)
def test_characters_fold_to_something_stable(codes: range) -> None:
    for code in codes:
        once = fold(chr(code))
        assert fold(once) == once


def test_ideographs_beyond_plane_1() -> None:
    assert fold("\U0002f800\U00020000") == "\u4e3d\U00020000"


def test_long_runs() -> None:
    assert fold("a" + " " * 1_000_000 + "b") == "a b"
    assert fold("a" + "\u0301" * 100_000) == "a"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "run", ["\u0300\u0316", "\U0001d165\u302e", "\u302e\u302f\U0001d16d", "\u1b44\u0316"]
)
def test_marks_are_never_put_in_order(run: str) -> None:
    """Unicode sorts a run of combining marks, which takes the square of its length; so none may be left."""
    assert fold("a" + run * 200_000 + "b") == "ab"


def test_nothing_that_normalisation_would_sort_comes_out() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code)))
    assert fold("".join(every)) == ""


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("The  Wombat Flute.", "wombat flute", "Wombat Flute"),
        ("  a w\u200bo\u00adm b", "wom", "w\u200bo\u00adm"),
        ("Stra\u00dfe", "strasse", "Stra\u00dfe"),
        ("x\u1112\u1161\u11aby", "\ud55c", "\u1112\u1161\u11ab"),
        ("x" * 10_000 + " wom\r\n bat " + "y" * 10_000, "wom bat", "wom\r\n bat"),
        ("\u65e5" * 10_000 + "wom", "wom", "wom"),
    ],
)
def test_where_it_came_from(text: str, term: str, found: str) -> None:
    start = fold(text).index(term)
    first, behind = locate(text, start, start + len(term))
    assert text[first:behind] == found


MIXED = "ab \n\t\u200b\u0301\u00ad\u00df\u2460\u0130\u1112\u1161\u11ab\u09c7\u09be\ud55c\uff37\u00a0\x00"


@pytest.mark.parametrize(("piece", "margin"), [(4096, 256), (5, 3)])
@settings(max_examples=200, deadline=None)
@given(text=st.text() | st.text(alphabet=MIXED), data=st.data())
def test_places_agree_with_folding(piece: int, margin: int, text: str, data: st.DataObject) -> None:
    folded = fold(text)
    if not folded:
        return
    start = data.draw(st.integers(0, len(folded) - 1))
    end = data.draw(st.integers(start + 1, len(folded)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalise, "_PIECE", piece)
        patch.setattr(normalise, "_MARGIN", margin)
        first, behind = locate(text, start, end)
    assert 0 <= first <= behind <= len(text)
    assert folded[start:end].strip() in fold(text[first:behind])
    assert fold(text[first:behind]) in folded
