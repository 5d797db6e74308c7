"""Fixtures that start real things: the gateway itself, next hops, Postfix. All are ended with the test.

Where a test fails, the end of the gateway's output is shown with it.
"""

from __future__ import annotations

import os
import signal
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


def pytest_configure() -> None:
    """A run that is terminated ends its fixtures too, so that no Postfix or gateway outlives it."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


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


# Tests with other people's messages run only where these are at hand; elsewhere they are said not to have run.

CORPORA = os.environ.get("POSTERN_CORPORA", "")
_without_corpora: list[str] = []


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of message collections by others."""
    folder = Path(CORPORA)
    assert folder.is_dir(), f"POSTERN_CORPORA is no folder: {CORPORA}"
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked `corpora` where POSTERN_CORPORA is not set."""
    if CORPORA:
        return
    left_out = [item for item in items if item.get_closest_marker("corpora") is not None]
    _without_corpora.extend(item.nodeid for item in left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if _without_corpora:
        terminalreporter.write_line(
            f"{len(_without_corpora)} tests not run: POSTERN_CORPORA (a folder of message collections) is not set"
        )
