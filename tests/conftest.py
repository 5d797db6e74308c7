"""Fixtures that start real things: the gateway itself, next hops, Postfix. All are ended with the test.

Where a test fails, the end of the gateway's output is shown with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)  # `tests.support` is importable wherever pytest is started from

from tests.support.gateway import Gateway, Section  # noqa: E402
from tests.support.next_hop import NextHop  # noqa: E402
from tests.support.postfix import Postfix  # noqa: E402


class StartGateway(Protocol):
    """Starts a gateway in a folder of its own; see `tests.support.gateway.Gateway`."""

    def __call__(
        self,
        relay_to: str | Sequence[str],
        *,
        listener: Section | None = None,
        sections: Mapping[str, Section] | None = None,
        workers: int = 1,
        start: bool = True,
    ) -> Gateway: ...


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[StartGateway]:
    """A function that starts gateways: `gateway(next_hop.address, listener={"max_message_size": 1000})`."""
    started: list[Gateway] = []

    def start_gateway(
        relay_to: str | Sequence[str],
        *,
        listener: Section | None = None,
        sections: Mapping[str, Section] | None = None,
        workers: int = 1,
        start: bool = True,
    ) -> Gateway:
        folder = tmp_path / f"gateway-{len(started)}"
        instance = Gateway(
            folder, relay_to, listener=listener, sections=sections, workers=workers, start=False
        )
        started.append(instance)
        if start:
            instance.start()
        return instance

    yield start_gateway
    for instance in started:
        if instance.service is not None:
            if instance.service.running:
                instance.service.kill()
            print(instance.service.report())


@pytest.fixture
def next_hop() -> Iterator[NextHop]:
    """A next hop that answers well until its `script` says otherwise."""
    with NextHop() as hop:
        yield hop


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    """A private Postfix that delivers mail for school.example into a Maildir; shared by all tests."""
    instance = Postfix()
    yield instance
    instance.stop()
