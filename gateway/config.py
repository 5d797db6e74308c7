"""postern.toml as frozen, validated settings.

Every key has a default that is safe, or is required; unknown keys are refused. `load` never raises for what a
technician wrote: it returns the settings or the list of all problems, each with file, line, key and a remedy.

The notations are in `config_values` and `config_address`, the wording of problems in `config_errors`, the
checks that look at several keys together in `config_checks`.

Known limit: checks across keys are made by `load` only, not when sections are made in code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from gateway.config_address import Address, Hop, HostPort, MaildirHop, Network, SmtpHop, TrustedNetwork
from gateway.config_checks import across
from gateway.config_errors import explain, in_order
from gateway.config_values import (
    Count,
    Database,
    Day,
    Domain,
    Hostname,
    Hours,
    LocalPath,
    Marker,
    Name,
    Octets,
    Seconds,
    SecondsOrZero,
    Section,
    Switch,
    Texts,
    at_least_one,
    one_or_more,
)
from gateway.problem import Problem
from gateway.toml_file import read

__all__ = [
    "Address",
    "Console",
    "Gateway",
    "Hop",
    "HostPort",
    "Inspection",
    "LimitSettings",
    "Listener",
    "Logging",
    "MaildirHop",
    "Metrics",
    "Network",
    "Octets",
    "Policy",
    "PrivacySettings",
    "Relay",
    "Seconds",
    "Settings",
    "SmtpHop",
    "SpoolSettings",
    "Store",
    "Texts",
    "load",
    "shipped",
]

_LARGEST_FILE = 1 << 20  # octets; what is larger is some other file, named by mistake


class Gateway(Section):
    """Who we are and where we keep things."""

    hostname: Hostname = Field(examples=["mx.school.example"])
    local_domains: Annotated[tuple[Domain, ...], BeforeValidator(one_or_more)] = Field(
        default=(), examples=["school.example"]
    )
    state_dir: LocalPath = Path("/var/lib/postern")
    workers: Count = Field(default=0, ge=0, le=256)
    stop_timeout: Seconds = 30


class Listener(Section):
    """One address that takes mail."""

    name: Name = Field(examples=["inbound"])
    bind: Annotated[tuple[Address, ...], BeforeValidator(at_least_one)] = Field(examples=["0.0.0.0:25"])
    direction: Literal["inbound", "outbound", "auto"] = "inbound"
    relay_to: Annotated[tuple[Hop, ...], BeforeValidator(at_least_one)] = Field(
        examples=["mail.school.example:25"]
    )
    trusted_networks: Annotated[tuple[TrustedNetwork, ...], BeforeValidator(one_or_more)] = ()
    max_message_size: Octets = 50 << 20
    max_connections: Count = Field(default=500, ge=1)
    max_connections_per_address: Count = Field(default=50, ge=1)
    max_recipients: Count = Field(default=1000, ge=100)
    max_received: Count = Field(default=50, ge=1)
    max_errors: Count = Field(default=10, ge=1)
    command_timeout: Seconds = 300
    data_timeout: Seconds = 600
    line_endings: Literal["normalise", "reject"] = "normalise"


class Relay(Section):
    """Sessions with the next hop."""

    connect_timeout: Seconds = 10
    command_timeout: Seconds = 100
    data_timeout: Seconds = 300
    idle_connections: Count = Field(default=50, ge=0)
    idle_timeout: Seconds = 20
    xforward: Switch = True


class SpoolSettings(Section):
    """Where a message waits while it is inspected."""

    memory: Octets = 256 << 10


class LimitSettings(Section):
    """Bounds on the structure of a message."""

    depth: Count = Field(default=50, ge=1, le=200)
    parts: Count = Field(default=2_000, ge=1)
    header_octets: Octets = 1 << 20
    header_fields: Count = Field(default=5_000, ge=1)
    views: Count = Field(default=256, ge=1)
    decoded_octets: Octets = 256 << 20
    text_octets: Octets = 8 << 20


class Inspection(Section):
    """How stages are run."""

    timeout: Seconds = 60
    thread_above: Octets = 128 << 10
    yara_raw: Literal["outside-base64", "whole"] = "outside-base64"


class Policy(Section):
    """Which rules apply. `rulesets` is always set in what `load` returns."""

    profile: Name = Field(examples=["nexus-mat"])
    rulesets: LocalPath | None = None


class PrivacySettings(Section):
    """How personal mail is recognised, and when working hours are (for aggregate figures only)."""

    markers: Annotated[tuple[Marker, ...], BeforeValidator(one_or_more)] = ("personal", "personol")
    sensitivity: Texts = ("personal", "private")
    working_days: Annotated[tuple[Day, ...], BeforeValidator(one_or_more)] = (
        "Mon",
        "Tue",
        "Wed",
        "Thu",
        "Fri",
    )
    working_hours: Hours = "08:00-17:00"


class Store(Section):
    """Records and quarantine."""

    database: Database | None = None
    keep_quarantined: Seconds = 30 * 86400
    keep_rejected: SecondsOrZero = 14 * 86400
    keep_malware: SecondsOrZero = 0
    rejected_space: Octets = 2 << 30
    keep_journal: Seconds = 183 * 86400


class Metrics(Section):
    """Where Prometheus scrapes us."""

    bind: Address | None = None


class Console(Section):
    """Where the web console will listen."""

    bind: Address | None = None


class Logging(Section):
    """What is written to standard output."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Sections(Section):
    """The file as it is written."""

    gateway: Gateway
    listener: tuple[Listener, ...]
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


class Settings(Sections):
    """The whole file. `source` is the file that it came from."""

    source: Path = Path("postern.toml")


def load(path: Path) -> tuple[Settings | None, list[Problem]]:
    """The settings in the file at `path`, or None and all problems in the order of the file.

    Relative paths in the file are taken from the file's folder. Never raises for what the file holds, or for
    its not being there.
    """
    document = read(path, _LARGEST_FILE)
    if isinstance(document, Problem):
        return None, [document]
    folder = path.parent.resolve()
    problems = across(document, folder)
    try:
        sections = Sections.model_validate(document.data, context=folder)
    except ValidationError as error:
        return None, explain(Sections, error, document, problems)
    if problems:
        return None, in_order(problems)
    return _settings(sections, path), []


def _settings(sections: Sections, path: Path) -> Settings:
    policy = sections.policy
    if policy.rulesets is None:
        policy = policy.model_copy(update={"rulesets": shipped("rulesets")})
    values: dict[str, Any] = {name: getattr(sections, name) for name in Sections.model_fields}
    return Settings(**values | {"policy": policy, "source": path})


def shipped(name: str) -> Path:
    """The folder `name` ("rulesets", "config" or "systemd") that came with Postern: inside the package where
    it was installed from a wheel, beside the package in a source tree."""
    package = Path(__file__).resolve().parent
    installed = package / "share" / name
    return installed if installed.is_dir() else package.parent / name
