"""One worker: wiring, and the order of start and stop.

start: metrics, store, next hops, services, servers on the sockets of this slot
SIGUSR1 (a newer generation is there): accept nothing new, serve the sessions that are open for a while
SIGTERM: accept nothing new, end idle sessions with 421, finish transactions within gateway.stop_timeout
"""

from __future__ import annotations

import asyncio
import random
import signal
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop

from gateway import reply
from gateway.config import Listener, Settings
from gateway.loaded import Loaded
from gateway.relay.hop import Onward
from gateway.relay.next_hop import onward_factory
from gateway.relay.pool import Pool
from gateway.reply import Reply
from gateway.service import Service, Store, TimedOnward
from gateway.shared import SharedState
from gateway.smtp.server import Server
from gateway.store.database import StoreError, database_url, open_engine
from gateway.store.journal import Journal
from gateway.store.quarantine import Quarantine
from gateway.store.retention import tidy
from gateway.telemetry import Metrics

_HEARTBEAT = 1.0
_STUCK_AFTER = 60  # seconds without a heartbeat
_RETIRE_AFTER = 60.0  # seconds that sessions of an old generation may go on
_THREADS = 2  # for inspection of large parts, a worker


class Gate:
    """The connections of one listener in this worker: limits, and hanging up."""

    def __init__(self, listener: Listener, shared: SharedState, row: int, metrics: Metrics) -> None:
        self._listener = listener
        self._shared = shared
        self._row = row
        self._metrics = metrics
        self.stopping = False
        self.connections: set[Server] = set()

    def enter(self, server: Server, address: str) -> Reply | None:
        """Admit a connection, or say why not."""
        key = f"{self._listener.name}/{address}"
        from_address = self._shared.enter(self._row, key)
        total = self._shared.enter(self._row, self._listener.name)
        refusal = None
        if self.stopping:
            refusal = reply.SHUTTING_DOWN
        elif total > self._listener.max_connections:
            refusal = reply.SERVER_BUSY
        elif from_address > self._listener.max_connections_per_address:
            refusal = reply.TOO_MANY_CONNECTIONS
        if refusal is not None:
            self._shared.leave(self._row, key)
            self._shared.leave(self._row, self._listener.name)
            return refusal
        self.connections.add(server)
        self._metrics.session(self._listener.name, +1)
        return None

    def leave(self, server: Server, address: str) -> None:
        """A connection has ended."""
        self.connections.discard(server)
        self._shared.leave(self._row, f"{self._listener.name}/{address}")
        self._shared.leave(self._row, self._listener.name)
        self._metrics.session(self._listener.name, -1)


class Worker:
    """One worker process."""

    def __init__(
        self, loaded: Loaded, sockets: Mapping[str, socket.socket], shared: SharedState, row: int
    ) -> None:
        self._loaded = loaded
        self._sockets = sockets
        self._shared = shared
        self._row = row
        self._metrics = Metrics()
        self._gates: list[Gate] = []
        self._pools: list[Pool] = []
        self._servers: list[asyncio.Server] = []
        self._stop = asyncio.Event()

    async def main(self) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._loop_fault)
        settings = self._loaded.settings
        inspect_threads = ThreadPoolExecutor(_THREADS, "inspect")
        store_thread = ThreadPoolExecutor(1, "store")
        url = database_url(settings.gateway.state_dir, settings.store.database)
        journal = Journal(url, settings.gateway.state_dir / "journal-spill")
        store = Store(
            Quarantine(open_engine(url), settings.gateway.state_dir / "quarantine"), journal, store_thread
        )
        inspector = self._loaded.inspector(self._metrics, inspect_threads)
        for listener in settings.listener:
            service = Service(
                settings, listener, self._loaded.profile, inspector,
                self._onward_factory(settings, listener), store, self._metrics,
            )  # fmt: skip
            await self._serve(listener, service)
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR1, self._retire)
        tidying = asyncio.create_task(self._tidy_now_and_then(store, url))
        await self._beat_until_stopped()
        tidying.cancel()
        await self._finish(settings.gateway.stop_timeout)
        journal.close(5.0)
        store_thread.shutdown()

    async def _serve(self, listener: Listener, service: Service) -> None:
        gate = Gate(listener, self._shared, self._row, self._metrics)
        self._gates.append(gate)
        self._metrics.session(listener.name, 0)  # so that it is there, and 0, before anybody calls
        loop = asyncio.get_running_loop()
        for address in listener.bind:
            server = await loop.create_server(
                lambda: Server(service, gate), sock=self._sockets[str(address)], backlog=1024
            )
            self._servers.append(server)

    def _onward_factory(self, settings: Settings, listener: Listener) -> Callable[[], Onward]:
        """How a transaction of this listener gets its onward session."""
        make, pools = onward_factory(settings, listener, self._metrics)
        self._pools += pools
        return lambda: TimedOnward(make(), self._metrics)

    async def _tidy_now_and_then(self, store: Store, url: str) -> None:
        """Retention: every worker does it, at its own hour; the work is safe to do twice."""
        settings = self._loaded.settings.store
        loop = asyncio.get_running_loop()
        pause = 30.0 + 30.0 * random.random()
        while True:
            await asyncio.sleep(pause)
            pause = 3000.0 + 1200.0 * random.random()
            try:
                await loop.run_in_executor(store.executor, tidy, store.quarantine, url, settings.keep_journal)
            except (StoreError, OSError) as error:
                self._metrics.fault("retention", error)

    def _alive(self) -> None:
        """The heartbeat; and should the next one not come, the kernel ends this process, parent or no parent."""
        self._shared.beat(self._row)
        signal.alarm(_STUCK_AFTER)

    async def _beat_until_stopped(self) -> None:
        while not self._stop.is_set():
            self._alive()
            try:
                await asyncio.wait_for(self._stop.wait(), _HEARTBEAT)
            except TimeoutError:
                continue

    def _close_servers(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _retire(self) -> None:
        self._close_servers()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _RETIRE_AFTER

        def look() -> None:
            if loop.time() >= deadline or not any(gate.connections for gate in self._gates):
                self._stop.set()
            else:
                loop.call_later(0.2, look)

        # What was accepted an instant ago is not among the connections yet.
        loop.call_later(0.5, look)

    async def _finish(self, patience: float) -> None:
        self._close_servers()
        for gate in self._gates:
            gate.stopping = True
            for server in list(gate.connections):
                server.hang_up()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while any(gate.connections for gate in self._gates) and loop.time() < deadline:
            self._alive()
            await asyncio.sleep(0.05)
        for pool in self._pools:
            pool.close()

    def _loop_fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._metrics.fault("loop", error if isinstance(error, BaseException) else RuntimeError())


def run_worker(loaded: Loaded, sockets: Mapping[str, socket.socket], shared: SharedState, row: int) -> None:
    """The whole life of a worker process."""

    async def main() -> None:
        await Worker(loaded, sockets, shared, row).main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
