"""What links hold."""

from __future__ import annotations

import base64

import pytest

from gateway.text.target import Embedded, embedded, unquoted


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("data:,wombat", Embedded("text/plain", "wombat")),
        ("data:text/plain,wom%62at", Embedded("text/plain", "wombat")),
        ("DATA:Text/HTML;base64,d29tYmF0", Embedded("text/html", "wombat")),
        ("data:text/html;charset=utf-16le;base64,dwBvAG0A", Embedded("text/html", "wom")),
        ("data:text/html;base64,d29t%59mF0", Embedded("text/html", "wombat")),
        ("data:text/html;base64,d29tY mF\n0=x", Embedded("text/html", "wombat")),
        ("data:image/svg+xml,%3Csvg/%3E", Embedded("image/svg+xml", "<svg/>")),
        ("data:image/png;base64,AAAA", Embedded("image/png", "")),
        ("https://example.org/data:,x", None),
        ("data:text/plain", None),
    ],
)
def test_data_uris(uri: str, expected: Embedded | None) -> None:
    assert embedded(uri) == expected


@pytest.mark.parametrize("payload", ["", "A", "====", "AAA", "é", "%"])
def test_base64_of_any_kind(payload: str) -> None:
    assert embedded(f"data:text/plain;base64,{payload}") is not None


def test_percent() -> None:
    assert unquoted("caf%C3%A9 caf%E9 %zz %") == "cafÃ© café %zz %"
    assert unquoted("caf%C3%A9") == "café"


def test_base64_round_trip() -> None:
    encoded = base64.b64encode(b"<b>x</b>").decode()
    assert embedded(f"data:text/html;base64,{encoded}") == Embedded("text/html", "<b>x</b>")
