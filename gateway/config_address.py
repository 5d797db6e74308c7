"""The notations of postern.toml for addresses, next hops and networks.

As in `config_values`: what tomllib gives becomes the value that the gateway works with, or a plain sentence.
Host names are not looked up, so that a file can be checked where there is no network.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo

from gateway.config_values import Section, local_path, plain_text, written
from gateway.problem import shown

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


class HostPort(Section):
    """An address to listen on or to connect to."""

    host: str
    port: int = Field(ge=0, le=65535)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _host_port(value: object) -> HostPort:
    if isinstance(value, HostPort):
        return value
    parsed = parse_host_port(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(
            f'an address is host and port, such as "127.0.0.1:25" or "[::1]:25"; found {written(value)}'
            + _hint(value, "127.0.0.1")
        )
    return parsed


def parse_host_port(text: str) -> HostPort | None:
    """'host:port' or '[IPv6 address]:port', or None where it is neither."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        return None
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    numeric = bracketed or host.replace(".", "").isdigit()
    if numeric and _ip_address(host) is None:
        return None
    return HostPort(host=host, port=int(port)) if numeric or _HOST.fullmatch(host) else None


def _hint(value: object, host: str, port: int | None = None) -> str:
    """What was probably meant by a text that is no address: ' Did you mean "..."?' or ''.

    `host` stands where only a port was written, `port` where only a host was.
    """
    if not isinstance(value, str):
        return ""
    text = value.strip().rpartition("//")[2].rstrip("/")
    before, _, after = text.rpartition(":")
    guesses = [text, f"[{before}]:{after}"]
    if before in ("", "*"):
        guesses.append(f"0.0.0.0:{after}" if ":" in text else f"{host}:{text}")
    if port is not None:
        guesses.append(f"{text}:{port}")
    guess = next((guess for guess in guesses if parse_host_port(guess) is not None), None)
    return (
        f'. Did you mean "{shown(guess)}"?'
        if guess
        else ". A port is missing."
        if _HOST.fullmatch(text)
        else ""
    )


def _ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


Address = Annotated[HostPort, BeforeValidator(_host_port)]


class SmtpHop(Section):
    """A mail server that takes messages from us."""

    address: HostPort

    def __str__(self) -> str:
        return str(self.address)


class MaildirHop(Section):
    """An embedded next hop: messages become files in a Maildir."""

    path: Path

    def __str__(self) -> str:
        return f"maildir:{self.path}"


def _hop(value: object, info: ValidationInfo) -> SmtpHop | MaildirHop:
    if isinstance(value, SmtpHop | MaildirHop):
        return value
    if isinstance(value, str) and value.startswith("maildir:"):
        folder = value.removeprefix("maildir:").strip()
        if not folder:
            raise ValueError('"maildir:" needs a folder behind it, such as "maildir:/var/mail/demo"')
        return MaildirHop(path=local_path(folder, info))
    parsed = parse_host_port(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(
            f'a next hop is "host:port", such as "mail.school.example:25", or "maildir:FOLDER"; '
            f"found {written(value)}" + _hint(value, "mail.school.example", port=25)
        )
    if parsed.port == 0:
        raise ValueError(f"a mail server cannot be reached on port 0; found {written(value)}")
    return SmtpHop(address=parsed)


Hop = Annotated[SmtpHop | MaildirHop, BeforeValidator(_hop)]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: object) -> Network:
    if isinstance(value, Network):
        return value
    text = plain_text(value)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f'a network is written "192.0.2.0/24" or "2001:db8::/32", or as a single address; '
            f"found {written(value)}"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(
            f"{written(value)} is the whole Internet, so that anyone could send mail through this gateway; "
            f"list only the networks of the organisation"
        )
    if "/" in text and network.network_address != ipaddress.ip_address(text.partition("/")[0]):
        raise ValueError(f'{written(value)} is an address inside a network; write "{network}"')
    return network


TrustedNetwork = Annotated[Network, BeforeValidator(_network)]
