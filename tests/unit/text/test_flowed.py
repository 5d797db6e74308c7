"""Lines that are joined before they are shown."""

from __future__ import annotations

import pytest

from gateway.mime.event import Flow
from gateway.text.flowed import joined, unfolded


@pytest.mark.parametrize(
    ("text", "flow", "expected"),
    [
        ("a \r\nb", Flow.FIXED, "a \r\nb"),
        ("a \r\nb\r\nc", Flow.FLOWED, "a b\r\nc"),
        ("womb \r\nat", Flow.DELETE_SPACE, "wombat"),
        ("a \nb \rc", Flow.FLOWED, "a b c"),
        ("> a \r\n> b", Flow.FLOWED, "> a b"),
        (">> wom \r\n>> bat", Flow.DELETE_SPACE, ">> wombat"),
        ("a \r\n >b", Flow.FLOWED, "a >b"),
        ("a\r\nb", Flow.FLOWED, "a\r\nb"),
    ],
)
def test_soft_breaks(text: str, flow: Flow, expected: str) -> None:
    assert joined(text, flow) == expected


def test_folds() -> None:
    assert unfolded("SUMMARY:wom\r\n bat\r\nX:a\n\tb") == "SUMMARY:wombat\r\nX:ab"
