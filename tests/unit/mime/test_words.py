"""Encoded-words as mail readers decode them."""

from __future__ import annotations

from email.header import Header as StandardHeader

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?Q?caf=C3=A9?=", "café"),
        ("=?UTF-8?q?a_b?=", "a b"),
        ("=?utf-8?B?Y2Fmw6k=?=", "café"),
        ("=?utf-8?B?Y2Fmw6k?=", "café"),
        ("=?iso-8859-1*en?Q?caf=E9?=", "café"),
        ("a =?utf-8?Q?b?= c", "a b c"),
        ("=?utf-8?Q?womb?= =?utf-8?B?YXRmbHV0ZQ==?=", "wombatflute"),
        ("=?utf-8?Q?womb?=\t=?iso-8859-1?Q?at?=", "wombat"),
        ("=?utf-8?Q?womb?==?utf-8?Q?at?=", "wombat"),
        ("=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),
        ("x=?utf-8?Q?y?=z", "xyz"),
        ("=?utf-8?Q?a b?=", "a b"),
        ("=?nonsense?Q?caf=C3=A9?=", "café"),
        ("=?utf-8?Q?caf=E9?=", "caf\ufffd"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("=?utf-8?B?####?=", ""),
        ("=?utf-8?B?A?=", ""),
        ("=?utf-8?Q?=ZZ?=", "=ZZ"),
    ],
)
def test_decode(text: str, expected: str) -> None:
    assert words.decode(text) == expected


def test_raw_octets_are_utf8_or_windows_1252() -> None:
    assert words.decode_octets("café".encode()) == "café"
    assert words.decode_octets(b"caf\xe9 \x80") == "café €"


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1))
def test_what_the_standard_library_encodes_is_decoded(text: str) -> None:
    encoded = StandardHeader(text, charset="utf-8", maxlinelen=40).encode(linesep="")
    assert words.decode(encoded) == text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="=?utf-8QBqb_*AZ =\xe9"))
def test_anything_is_decoded_to_something(text: str) -> None:
    assert isinstance(words.decode(text), str)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("plain", []),
        ("=?utf-8?B?aW52b2ljZS5l?= =?utf-8?B?eGU=?=", []),
        ("=?utf-8?B?aW52b2l?= =?utf-8?B?jZS5leGU=?=", ["invoice.exe"]),
        ("=?utf-8?B?aW52b2ljZS5leGU=", ["invoice.exe"]),
        ("=?utf-8?Q?invoice.exe?", ["invoice.exe"]),
        ("=?utf-8?Q?invoice=2Eexe? x", ["invoice.exe x"]),
        ("=?utf-8?Q?in?= =?utf-8?B?dm9pY2UuZXhl?=", []),
    ],
)
def test_other_readings(text: str, others: list[str]) -> None:
    first, *rest = words.readings(text)
    assert first == words.decode(text)
    assert rest == others
