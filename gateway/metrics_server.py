"""/metrics and /healthz, served by a process of their own for all workers.

Counters and histograms come from the files that the workers write; what only the supervisor or the database knows is
read when Prometheus asks.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from gateway.shared import SharedState
from gateway.store.database import StoreError, open_engine
from gateway.store.quarantine import Quarantine

_ALIVE = 15.0  # seconds since a worker's last heartbeat


class StateCollector(Collector):
    """What the supervisor wrote into its status file, and counts from the database."""

    def __init__(self, status: Path, database: str) -> None:
        self._status = status
        self._quarantine = Quarantine(open_engine(database), status.parent.parent / "quarantine")

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        status = read_status(self._status)
        info = GaugeMetricFamily("postern_ruleset_info", "The rules in force", labels=["version", "profile"])
        info.add_metric([str(status.get("rules", "")), str(status.get("profile", ""))], 1)
        yield info
        yield GaugeMetricFamily(
            "postern_config_reload_success_timestamp_seconds",
            "When configuration and rules were last loaded without error",
            value=_number(status.get("last_success")),
        )
        yield GaugeMetricFamily(
            "postern_config_last_reload_successful",
            "Whether the last attempt to load configuration and rules succeeded",
            value=1.0 if status.get("ok") else 0.0,
        )
        items = GaugeMetricFamily("postern_quarantine_items", "Items in quarantine", labels=["state"])
        for state, count in self._counts():
            items.add_metric([state], count)
        yield items

    def _counts(self) -> Iterable[tuple[str, int]]:
        try:
            return self._quarantine.counts().items()
        except StoreError:
            return ()  # a database that is away leaves a gap, not a broken scrape


def read_status(path: Path) -> dict[str, object]:
    """The supervisor's status; empty while it starts."""
    try:
        status = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return status if isinstance(status, dict) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class _Server(ThreadingHTTPServer):
    """At most so many requests at a time: a thread each would be an easy way to use up the machine."""

    _most = threading.BoundedSemaphore(20)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._most.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._most.release()


def serve(server_socket: socket.socket, status: Path, shared: SharedState, database: str) -> None:
    """Serve until killed."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(StateCollector(status, database))

    class Handler(BaseHTTPRequestHandler):
        server_version = "Postern"
        sys_version = ""
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, content_type, encode(registry))
            elif path == "/healthz":
                self._healthz()
            else:
                self._answer(404, "text/plain; charset=utf-8", b"Only /metrics and /healthz are here.\n")

        def _healthz(self) -> None:
            wanted = int(_number(read_status(status).get("workers")))
            alive = sum(shared.age(row) < _ALIVE for row in range(shared.rows))
            healthy = wanted > 0 and alive >= wanted
            body = {"status": "ok" if healthy else "degraded", "workers": alive, "wanted": wanted}
            self._answer(200 if healthy else 503, "application/json", json.dumps(body).encode() + b"\n")

        def _answer(self, code: int, content_type: str, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not worth a line."""

    server_socket.setblocking(True)
    with _Server(server_socket.getsockname()[:2], Handler, bind_and_activate=False) as server:
        server.daemon_threads = True
        server.socket.close()
        server.socket = server_socket
        server.serve_forever()
