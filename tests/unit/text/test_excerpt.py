"""Text around what was found."""

from __future__ import annotations

from gateway.text.excerpt import around
from gateway.text.normalise import fold


def excerpt(text: str, term: str) -> str:
    start = fold(text).index(term)
    return around(text, start, start + len(term))


def test_short_text() -> None:
    assert excerpt("A Wombat here", "wombat") == "A Wombat here"


def test_what_is_left_out_is_marked() -> None:
    text = "x" * 50 + " the wombat is " + "y" * 50
    assert excerpt(text, "wombat") == f"… {'x' * 25} the wombat is {'y' * 26} …"


def test_what_cannot_be_seen_is_shown() -> None:
    assert excerpt("a wom\u200bb\u00ada\x07t", "wombat") == "a wom<U+200B>b<U+00AD>a<U+0007>t"
    assert excerpt("a\r\n\r\n wombat\tb", "wombat") == "a wombat b"


def test_a_long_find_is_cut() -> None:
    assert len(excerpt("wom" + "\u200b" * 10_000 + "bat", "wombat")) < 1_500
