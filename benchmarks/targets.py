"""What is measured: smtp-sink itself, Postfix passing through to it, and the gateway passing through to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rules import lay_out
from tests.support.gateway import ROOT, Gateway
from tests.support.postfix import Postfix
from tests.support.smtp_tools import SmtpSink

MAX_SIZE = 64 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send, and the process whose tree is charged for it (None: not measured)."""

    name: str
    title: str
    port: int
    pid: int | None


@contextmanager
def sink(folder: Path) -> Iterator[Target]:
    """smtp-sink alone: the limit that no proxy passes."""
    instance = SmtpSink(folder)
    try:
        yield Target("sink", "smtp-sink alone", instance.port, None)
    finally:
        instance.stop()


@contextmanager
def postfix(folder: Path) -> Iterator[Target]:
    """Postfix as a before-queue proxy: smtpd hands every session to smtp-sink, without any filter."""
    behind = SmtpSink(folder)
    try:
        instance = Postfix(
            smtpd_options={"smtpd_proxy_filter": behind.address, "smtpd_proxy_timeout": "100s"},
            parameters={"smtpd_client_message_rate_limit": "0", "max_use": "10000"},
        )
        try:
            yield Target("postfix", "Postfix, pass-through", instance.port, instance.master_pid)
        finally:
            instance.stop()
    finally:
        behind.stop()


def start_gateway(folder: Path, relay_to: str, workers: int = 0) -> Gateway:
    """The gateway with the rules of a large site; `workers` as in its configuration (0: one a core)."""
    rules = lay_out(
        ROOT / "rulesets", folder / "rulesets", keyword_category="gambling", yara_category="malware"
    )
    return Gateway(
        folder,
        relay_to,
        listener={"max_message_size": MAX_SIZE, "max_connections_per_address": 200},
        sections={"policy": {"profile": "nexus-mat", "rulesets": str(rules)}},
        workers=workers,
    )


@contextmanager
def gateway(folder: Path) -> Iterator[Target]:
    """The gateway in front of smtp-sink."""
    behind = SmtpSink(folder)
    try:
        instance = start_gateway(folder / "gateway", behind.address)
        try:
            yield Target("gateway", "Postern", instance.port, instance.running_service.pid)
        finally:
            instance.stop()
    finally:
        behind.stop()
