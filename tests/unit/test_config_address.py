"""Addresses, next hops and networks."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.config_address import (
    Address,
    Hop,
    HostPort,
    MaildirHop,
    SmtpHop,
    TrustedNetwork,
    parse_host_port,
)


def _value(kind: Any, written: object, folder: Path | None = None) -> Any:
    return TypeAdapter(kind).validate_python(written, context=folder)


def _refused(kind: Any, written: object) -> str:
    with pytest.raises(ValidationError) as caught:
        _value(kind, written)
    return str(caught.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:25", "127.0.0.1", 25),
        (" 0.0.0.0:0 ", "0.0.0.0", 0),
        ("[::1]:2525", "::1", 2525),
        ("[2001:db8::1]:25", "2001:db8::1", 25),
        ("localhost:25", "localhost", 25),
        ("mail.school.example.:25", "mail.school.example.", 25),
        ("my_host:65535", "my_host", 65535),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert parse_host_port(text) == HostPort(host=host, port=port)
    assert _value(Address, text) == HostPort(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":25",
        "25",
        "host",
        "host:",
        "host:x",
        "host:65536",
        "host:²",
        "::1:25",
        "[::1]",
        "[::1:25",
        "[x]:25",
        "256.0.0.1:25",
        "1.2.3:25",
        "*:25",
        "http://host:25",
        "a b:25",
        "-a:25",
    ],
)
def test_no_addresses(text: str) -> None:
    assert parse_host_port(text) is None
    assert _refused(Address, text).startswith("an address is host and port")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("127.0.0.1", ". A port is missing."),
        ("*:25", '. Did you mean "0.0.0.0:25"?'),
        ("::1:25", '. Did you mean "[::1]:25"?'),
        ("http://127.0.0.1:25/", '. Did you mean "127.0.0.1:25"?'),
        ("9108", '. Did you mean "127.0.0.1:9108"?'),
        ("host:99999", 'found "host:99999"'),
    ],
)
def test_hints(text: str, hint: str) -> None:
    assert _refused(Address, text).endswith(hint)


def test_written_form() -> None:
    assert str(HostPort(host="127.0.0.1", port=25)) == "127.0.0.1:25"
    assert str(HostPort(host="::1", port=25)) == "[::1]:25"


def test_next_hops() -> None:
    assert _value(Hop, "mail.school.example:25") == SmtpHop(
        address=HostPort(host="mail.school.example", port=25)
    )
    assert _value(Hop, "maildir:/var/mail") == MaildirHop(path=Path("/var/mail"))
    assert _value(Hop, "maildir: ../mail", Path("/etc/postern")) == MaildirHop(path=Path("/etc/mail"))
    assert str(_value(Hop, "[::1]:25")) == "[::1]:25"
    assert str(_value(Hop, "maildir:/var/mail")) == "maildir:/var/mail"


def test_no_next_hops() -> None:
    assert _refused(Hop, "mail.school.example").endswith('Did you mean "mail.school.example:25"?')
    assert _refused(Hop, "smtp://mail:25").endswith('Did you mean "mail:25"?')
    assert _refused(Hop, 25).endswith("found 25")
    assert "port 0" in _refused(Hop, "mail:0")
    assert "needs a folder" in _refused(Hop, "maildir: ")


@pytest.mark.parametrize("text", ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/1"])
def test_networks(text: str) -> None:
    assert _value(TrustedNetwork, text) == ipaddress.ip_network(text)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.1/0"])
def test_the_whole_internet_is_never_trusted(text: str) -> None:
    assert "whole Internet" in _refused(TrustedNetwork, text)


def test_no_networks() -> None:
    assert _refused(TrustedNetwork, "192.168.1.5/24").endswith('write "192.168.1.0/24"')
    for wrong in ("school.example", "10.0.0.0/33", "10.0.0", "", 10):
        assert _refused(TrustedNetwork, wrong)
