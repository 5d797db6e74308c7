"""Text that is itself encoded."""

from __future__ import annotations

import pytest

from gateway.text.encoded import decoded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wom=\r\nbat", "wombat"),
        ("wom=\nbat", "wombat"),
        ("wom=62at", "wombat"),
        ("=77=6F=6Dbat a=3Db", "wombat a=b"),
        ("caf=C3=A9", "café"),
        ("a =?utf-8?B?d29tYmF0?= b", "a wombat b"),
    ],
)
def test_encoded_text(text: str, expected: str) -> None:
    assert expected in decoded(text, markup=False)


@pytest.mark.parametrize(
    "text", ["", "plain", "a = b", "x=1&y=20", "=====\r\nTitle\r\n=====\r\n", "a =\r\n b", "what =? this"]
)
def test_ordinary_text(text: str) -> None:
    assert list(decoded(text, markup=False)) == []


def test_markup_has_equals_signs() -> None:
    assert list(decoded("<td width=60px>", markup=True)) == []
    assert "<a href='x'>" in decoded("<a href=3D'x'>", markup=True)
