"""postern.toml as frozen, validated settings.

Every key has a default that is safe, or is required; unknown keys are refused. `load` never raises for what a
technician wrote: it returns the settings or the list of all problems, each with file, line, key and a remedy.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from gateway.model import Direction
from gateway.problem import Problem
from gateway.toml_place import line_of

_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_TIMES = {"": 1, "s": 1, "ms": 0.001, "min": 60, "m": 60, "h": 3600, "d": 86400}


def _octets(value: object) -> object:
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None or match[2].lower() not in _UNITS:
            raise ValueError('a size is a number of octets, or text such as "256 KiB", "50 MiB"')
        return int(float(match[1]) * _UNITS[match[2].lower()])
    return value


def _seconds(value: object) -> object:
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None or match[2].lower() not in _TIMES:
            raise ValueError('a time is a number of seconds, or text such as "30 s", "5 min", "2 h", "30 d"')
        return float(match[1]) * _TIMES[match[2].lower()]
    return value


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Octets = Annotated[int, BeforeValidator(_octets), Field(gt=0)]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class HostPort(_Section):
    """An address to listen on or to connect to."""

    host: str
    port: int = Field(ge=0, le=65535)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _host_port(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, colon, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError('an address is written "host:port", such as "127.0.0.1:25" or "[::1]:25"')
    return {"host": host, "port": int(port)}


Address = Annotated[HostPort, BeforeValidator(_host_port)]


class SmtpHop(_Section):
    """A mail server that takes messages from us."""

    address: HostPort

    def __str__(self) -> str:
        return str(self.address)


class MaildirHop(_Section):
    """An embedded next hop: messages become files in a Maildir."""

    path: Path

    def __str__(self) -> str:
        return f"maildir:{self.path}"


def _hop(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.startswith("maildir:"):
        if not value.removeprefix("maildir:"):
            raise ValueError('"maildir:" needs a path behind it, such as "maildir:var/mail"')
        return MaildirHop(path=Path(value.removeprefix("maildir:")))
    try:
        return SmtpHop(address=HostPort.model_validate(_host_port(value)))
    except ValidationError as error:
        raise ValueError('a next hop is written "host:port" or "maildir:PATH"') from error
    except ValueError:
        raise ValueError('a next hop is written "host:port" or "maildir:PATH"') from None


Hop = Annotated[SmtpHop | MaildirHop, BeforeValidator(_hop)]


def _network(value: object) -> object:
    if isinstance(value, str):
        try:
            return ipaddress.ip_network(value)
        except ValueError as error:
            raise ValueError(
                f'a network is written "192.0.2.0/24", "2001:db8::/32" or as one address ({error})'
            ) from None
    return value


class Gateway(_Section):
    """Who we are and where we keep things."""

    hostname: str = Field(min_length=1, pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")
    local_domains: Texts = ()
    state_dir: Path = Path("/var/lib/postern")
    workers: int = Field(default=0, ge=0, le=256)
    stop_timeout: Seconds = 30

    @field_validator("local_domains")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for domain in value:
            if not re.fullmatch(r"[^\s@<>]+", domain):
                raise ValueError(f'"{domain}" is not a domain; write it without "@", such as "school.example"')
        return tuple(domain.lower().rstrip(".") for domain in value)


class Listener(_Section):
    """One address that takes mail."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_-]+$")
    bind: Annotated[tuple[Address, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
    direction: Literal["inbound", "outbound", "auto"] = "inbound"
    relay_to: Annotated[tuple[Hop, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
    trusted_networks: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...], BeforeValidator(_one_or_more)
    ] = ()
    max_message_size: Octets = 50 << 20
    max_connections: int = Field(default=500, ge=1)
    max_connections_per_address: int = Field(default=50, ge=1)
    max_recipients: int = Field(default=1000, ge=100)
    max_received: int = Field(default=50, ge=1)
    max_errors: int = Field(default=10, ge=1)
    command_timeout: Seconds = 300
    data_timeout: Seconds = 600
    line_endings: Literal["normalise", "reject"] = "normalise"

    @model_validator(mode="after")
    def _outbound_needs_networks(self) -> Listener:
        if self.direction == "outbound" and not self.trusted_networks:
            raise ValueError(
                'trusted_networks is empty: a listener with direction = "outbound" would accept no mail; '
                "list the networks of your mail servers and clients"
            )
        return self


class Relay(_Section):
    """Sessions with the next hop."""

    connect_timeout: Seconds = 10
    command_timeout: Seconds = 100
    data_timeout: Seconds = 300
    idle_connections: int = Field(default=50, ge=0)
    idle_timeout: Seconds = 20
    xforward: bool = True


class SpoolSettings(_Section):
    """Where a message waits while it is inspected."""

    memory: Octets = 256 << 10


class LimitSettings(_Section):
    """Bounds on the structure of a message."""

    depth: int = Field(default=50, ge=1, le=200)
    parts: int = Field(default=2_000, ge=1)
    header_octets: Octets = 1 << 20
    header_fields: int = Field(default=5_000, ge=1)
    text_octets: Octets = 8 << 20


class Inspection(_Section):
    """How stages are run."""

    timeout: Seconds = 60
    thread_above: Octets = 128 << 10
    yara_raw: Literal["outside-base64", "whole"] = "outside-base64"


class Policy(_Section):
    """Which rules apply."""

    profile: str = Field(min_length=1)
    rulesets: Path | None = None


class PrivacySettings(_Section):
    """How personal mail is recognised, and when working hours are (for aggregate figures only)."""

    markers: Texts = ("personal", "personol")
    sensitivity: Texts = ("personal", "private")
    working_days: Texts = ("Mon", "Tue", "Wed", "Thu", "Fri")
    working_hours: str = Field(default="08:00-17:00", pattern=r"^\d\d:\d\d-\d\d:\d\d$")

    @field_validator("working_days")
    @classmethod
    def _days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        for day in value:
            if day not in days:
                raise ValueError(f'"{day}" is not a day; allowed: {", ".join(days)}')
        return value


class Store(_Section):
    """Records and quarantine."""

    database: str | None = None
    keep_quarantined: Seconds = 30 * 86400
    keep_rejected: Annotated[float, BeforeValidator(_seconds), Field(ge=0)] = 14 * 86400
    keep_malware: Annotated[float, BeforeValidator(_seconds), Field(ge=0)] = 0
    keep_journal: Seconds = 183 * 86400


class Metrics(_Section):
    """Where Prometheus scrapes us."""

    bind: Address | None = None


class Console(_Section):
    """Where the web console will listen."""

    bind: Address | None = None


class Logging(_Section):
    """What is written to standard output."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Section):
    """The whole file. `source` is the file that it came from."""

    gateway: Gateway
    listener: Annotated[tuple[Listener, ...], Field(min_length=1)]
    policy: Policy
    relay: Relay = Relay()
    spool: SpoolSettings = SpoolSettings()
    limits: LimitSettings = LimitSettings()
    inspection: Inspection = Inspection()
    privacy: PrivacySettings = PrivacySettings()
    store: Store = Store()
    metrics: Metrics = Metrics()
    console: Console = Console()
    logging: Logging = Logging()
    source: Path = Path("postern.toml")
