"""What of a header people may read."""

from __future__ import annotations

import pytest

from gateway.text.header_text import is_read, without_addresses


@pytest.mark.parametrize(
    "name",
    [
        "from",
        "to",
        "comments",
        "keywords",
        "organization",
        "list-id",
        "content-description",
        "x-note",
        "thread-topic",
    ],
)
def test_fields_that_people_read(name: str) -> None:
    assert is_read(name)


@pytest.mark.parametrize(
    "name",
    ["received", "dkim-signature", "arc-seal", "message-id", "x-ms-exchange-x", "list-post", "x-spam-status"],
)
def test_fields_that_machines_write(name: str) -> None:
    assert not is_read(name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Wombat Flute <a@b.example>", b"Wombat Flute"),
        (b'"Wombat" <poker@b.example>, poker@b.example (flute)', b'"Wombat"  ,   (flute)'),
        (b'"poker@b.example" <poker@b.example>', b""),
        (b'"a poker@b" <x@y>', b'"a poker@b"'),
        (b"<wombat> <x@y>", b"<wombat>"),
        (b"=?utf-8?Q?wom@bat?= <x@y>", b"=?utf-8?Q?wom@bat?="),
        (b'"never closed <x@y>', b'"never closed'),
    ],
)
def test_addresses_are_left_out(value: bytes, expected: bytes) -> None:
    assert without_addresses("from", value).strip() == expected


def test_other_fields_stay_as_they_are() -> None:
    assert without_addresses("comments", b"<a@b>") == b"<a@b>"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", [b"a", b"<", b'"', b"@", b"a@", b"=?", b"<@", b'"@', b"<a@b>,"])
def test_long_fields(unit: bytes) -> None:
    assert len(without_addresses("to", unit * 200_000)) <= 200_000 * len(unit)
