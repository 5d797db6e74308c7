"""The parent process: single-threaded, it forks workers and keeps them running.

    load everything -> bind -> fork the metrics process and a generation of workers -> wait for signals

The listening sockets belong to the supervisor (one a worker slot, SO_REUSEPORT), so that connections waiting to be
accepted outlive any worker. SIGHUP loads and checks everything first; only then a new generation is forked, and when
it is ready the old one stops accepting and finishes what it has. A bad file leaves the old generation running.
A worker that dies or whose heart stops is replaced. SIGTERM and SIGINT finish transactions within
`gateway.stop_timeout`.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sdnotify
from prometheus_client.multiprocess import mark_process_dead

from gateway import metrics_server, telemetry
from gateway.app import run_worker
from gateway.config import HostPort, Settings
from gateway.loaded import Loaded, load_all
from gateway.problem import Problem
from gateway.shared import SharedState
from gateway.store.database import StoreError, database_url
from gateway.store.migrations import upgrade

_SIGNALS = {signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
_READY_WITHIN = 60.0  # seconds for a new worker's first heartbeat
_DEAD_AFTER = 60.0  # seconds without a heartbeat
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class _Worker:
    pid: int
    slot: int
    row: int
    generation: int
    started: float
    leaving: bool = False


@dataclass(slots=True)
class _Slots:
    """The sockets of one address, one a worker slot."""

    address: HostPort
    sockets: list[socket.socket] = field(default_factory=list)


class StartError(Exception):
    """The gateway can't start; the text is for the technician."""


class Supervisor:
    """`announce` is called once when the gateway is ready (the demonstration prints its hints then)."""

    def __init__(self, config: Path, loaded: Loaded, announce: Callable[[], None] | None = None) -> None:
        self._config = config
        self._loaded = loaded
        self._announce = announce
        self._workers: dict[int, _Worker] = {}
        self._slots: dict[str, _Slots] = {}
        self._generation = 0
        self._stopping = False
        self._metrics_pid = 0
        self._metrics_socket: socket.socket | None = None
        self._reloads = 0
        self._respawn_at: dict[int, float] = {}
        self._notifier = sdnotify.SystemdNotifier()
        self._run_dir = loaded.settings.gateway.state_dir / "run"
        self._shared = SharedState(4 * self._count() + 4)
        self._lock = -1
        self._status: dict[str, object] = {}

    # --- start ---

    def run(self) -> int:
        """Run until told to stop; the exit code. Raises StartError."""
        self._prepare()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self._bind(self._loaded.settings)
        self._start_metrics()
        self._start_generation()
        if not self._wait_ready(self._generation):
            self._stop()
            raise StartError("the workers did not start; the lines above say why")
        self._write_status(ok=True, message="started")
        self._notify("READY=1", f"STATUS={len(self._workers)} workers")
        if self._announce is not None:
            self._announce()
        while not self._stopping:
            self._turn()
        self._stop()
        return 0

    def _prepare(self) -> None:
        state = self._loaded.settings.gateway.state_dir
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("run", "spool", "quarantine"):
                (state / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise StartError(f"state_dir {state} can't be used: {error.strerror}") from error
        self._lock = os.open(self._run_dir / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(f"another gateway is running with state_dir {state}") from error
        telemetry.configure_logging(self._loaded.settings.logging.level)
        telemetry.prepare_metrics(self._run_dir / "metrics")
        try:
            upgrade(_database(self._loaded.settings))
        except (StoreError, OSError) as error:
            raise StartError(f"the database can't be used: {error}") from error

    def _count(self) -> int:
        return self._loaded.settings.gateway.workers or len(os.sched_getaffinity(0))

    def _bind(self, settings: Settings) -> None:
        """Add the sockets that `settings` asks for; what is bound already stays."""
        count = settings.gateway.workers or len(os.sched_getaffinity(0))
        added: list[tuple[_Slots, socket.socket]] = []
        for address in _addresses(settings).values():
            slots = self._slots.setdefault(str(address), _Slots(address))
            try:
                while len(slots.sockets) < count:
                    slots.sockets.append(_listen(slots))
                    added.append((slots, slots.sockets[-1]))
            except OSError as error:
                for owner, sock in added:
                    owner.sockets.remove(sock)
                    sock.close()
                self._slots = {key: slots for key, slots in self._slots.items() if slots.sockets}
                raise StartError(f"can't listen on {address}: {error.strerror}") from error

    def _unbind(self, settings: Settings) -> None:
        """Close the sockets that `settings` has no use for: a socket that nobody accepts from swallows clients."""
        wanted = _addresses(settings)
        for key, slots in list(self._slots.items()):
            keep = self._count() if key in wanted else 0
            for sock in slots.sockets[keep:]:
                sock.close()
            del slots.sockets[keep:]
            if not keep:
                del self._slots[key]

    def _start_generation(self) -> None:
        self._generation += 1
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # what is compiled now is shared by the workers and stays out of their collections
        for slot in range(self._count()):
            self._fork_worker(slot)

    def _fork_worker(self, slot: int) -> None:
        row = self._free_row()
        if row is None:
            return  # generations linger; the next turn tries again
        self._shared.clear(row)
        pid = os.fork()
        if pid == 0:
            self._child(lambda: self._be_worker(slot, row))
        self._workers[pid] = _Worker(pid, slot, row, self._generation, time.monotonic())

    def _be_worker(self, slot: int, row: int) -> None:
        telemetry.set_writer(f"w{row}")
        sockets = {key: slots.sockets[slot] for key, slots in self._slots.items()}
        run_worker(self._loaded, sockets, self._shared, row)

    def _child(self, work: Callable[[], None]) -> None:
        """What every child does first and last. Never returns."""
        code = 70
        try:
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.close(self._lock)
            work()
            code = 0
        except BaseException as error:
            telemetry.fault("worker", error)
        finally:
            os._exit(code)

    def _free_row(self) -> int | None:
        used = {worker.row for worker in self._workers.values()}
        return next((row for row in range(self._shared.rows) if row not in used), None)

    def _start_metrics(self) -> None:
        bind = self._loaded.settings.metrics.bind
        if bind is None:
            return
        if self._metrics_socket is None:
            try:
                self._metrics_socket = _listen(_Slots(bind))
            except OSError as error:
                raise StartError(f"can't serve metrics on {bind}: {error.strerror}") from error
        self._fork_metrics()

    def _fork_metrics(self) -> None:
        server = self._metrics_socket
        if server is None:
            return
        pid = os.fork()
        if pid == 0:
            self._child(
                lambda: metrics_server.serve(
                    server, self._run_dir / "status.json", self._shared, _database(self._loaded.settings)
                )
            )
        self._metrics_pid = pid

    # --- running ---

    def _turn(self) -> None:
        """Wait for a signal for at most a second, then look after everything."""
        received = signal.sigtimedwait(_SIGNALS, 1.0)
        if received is not None:
            if received.si_signo in (signal.SIGTERM, signal.SIGINT):
                self._stopping = True
                return
            if received.si_signo == signal.SIGHUP:
                self._reload()
        self._reap()
        self._replace()
        self._check_hearts()
        self._notify("WATCHDOG=1")

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._metrics_pid:
                self._metrics_pid = 0
                continue
            worker = self._workers.pop(pid, None)
            if worker is None:
                continue
            self._shared.clear(worker.row)
            mark_process_dead(f"w{worker.row}")  # type: ignore[no-untyped-call]
            if not worker.leaving and not self._stopping:
                telemetry.log().error("worker died", pid=pid, status=_describe(status))
                young = time.monotonic() - worker.started < 2.0
                self._respawn_at[worker.slot] = time.monotonic() + (1.0 if young else 0.0)

    def _replace(self) -> None:
        """Fill empty slots of the current generation, and the metrics process."""
        now = time.monotonic()
        filled = {worker.slot for worker in self._workers.values() if worker.generation == self._generation}
        for slot in range(self._count()):
            if slot not in filled and self._respawn_at.get(slot, 0.0) <= now:
                self._fork_worker(slot)
        if self._metrics_pid == 0 and self._metrics_socket is not None:
            self._fork_metrics()

    def _check_hearts(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if now - worker.started > _DEAD_AFTER and self._shared.age(worker.row) > _DEAD_AFTER:
                telemetry.log().error("worker hangs, it is replaced", pid=worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

    def _wait_ready(self, generation: int) -> bool:
        """True when every worker of the generation has shown its first heartbeat."""
        deadline = time.monotonic() + _READY_WITHIN
        wanted = {pid for pid, worker in self._workers.items() if worker.generation == generation}
        while time.monotonic() < deadline:
            self._reap()
            if not wanted <= self._workers.keys():
                return False
            if all(self._shared.age(self._workers[pid].row) < _READY_WITHIN for pid in wanted):
                return bool(wanted)
            self._notify("WATCHDOG=1")
            signal.sigtimedwait({signal.SIGCHLD}, 0.02)
        return False

    # --- reload ---

    def _reload(self) -> None:
        self._notify("RELOADING=1")
        loaded, problems = load_all(self._config)
        if loaded is not None:
            problems = self._swap(loaded)
        if problems:
            for problem in problems:
                telemetry.log().error("reload refused", problem=str(problem))
            self._write_status(ok=False, message="\n".join(map(str, problems)))
        else:
            telemetry.log().info("reloaded", generation=self._generation, rules=self._loaded.version)
            self._write_status(ok=True, message="reloaded")
        self._notify("READY=1", f"STATUS={'reload refused' if problems else 'running'}")

    def _swap(self, loaded: Loaded) -> list[Problem]:
        """Start a generation with `loaded`; on any trouble the old one stays."""
        before = self._loaded
        if loaded.settings.gateway.state_dir != before.settings.gateway.state_dir:
            return [
                Problem(
                    self._config, None, "gateway.state_dir", "can't change while the gateway runs; restart it"
                )
            ]
        old = [worker for worker in self._workers.values() if not worker.leaving]
        self._loaded = loaded
        try:
            self._bind(loaded.settings)
        except StartError as error:
            self._loaded = before
            return [Problem(self._config, None, "listener.bind", str(error))]
        self._start_generation()
        if not self._wait_ready(self._generation):
            for worker in self._workers.values():
                if worker.generation == self._generation:
                    worker.leaving = True
                    os.kill(worker.pid, signal.SIGKILL)
            self._loaded = before
            self._generation -= 1
            return [Problem(self._config, None, "", "the new workers did not start; the old ones go on")]
        for worker in old:
            worker.leaving = True
            _signal(worker.pid, signal.SIGUSR1)
        self._unbind(loaded.settings)
        self._swap_metrics(before.settings, loaded.settings)
        return []

    def _swap_metrics(self, before: Settings, after: Settings) -> None:
        if before.metrics.bind == after.metrics.bind:
            return
        if self._metrics_socket is not None:
            self._metrics_socket.close()
            self._metrics_socket = None
        if self._metrics_pid:
            _signal(self._metrics_pid, signal.SIGKILL)
            self._metrics_pid = -1  # reaped as a stranger
        try:
            self._start_metrics()
        except StartError as error:
            telemetry.log().error("metrics", problem=str(error))

    def _write_status(self, *, ok: bool, message: str) -> None:
        """`run/status.json`: for `postern reload`, the metrics process and a curious technician."""
        self._reloads += 1
        now = datetime.now(UTC)
        if ok:
            self._status["last_success"] = now.timestamp()
        self._status |= {
            "pid": os.getpid(),
            "serial": self._reloads,
            "generation": self._generation,
            "workers": self._count(),
            "ok": ok,
            "message": message,
            "at": now.isoformat(),
            "profile": self._loaded.profile.id,
            "rules": self._loaded.version,
        }
        path = self._run_dir / "status.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(self._status))
        temporary.replace(path)

    # --- stop ---

    def _stop(self) -> None:
        self._stopping = True
        self._notify("STOPPING=1")
        for pid in self._workers:
            _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + self._loaded.settings.gateway.stop_timeout + 5.0
        while self._workers and time.monotonic() < deadline:
            self._reap()
            signal.sigtimedwait({signal.SIGCHLD}, 0.05)
        for pid in self._workers:
            _signal(pid, signal.SIGKILL)
        if self._metrics_pid > 0:
            _signal(self._metrics_pid, signal.SIGKILL)
        (self._run_dir / "status.json").unlink(missing_ok=True)

    def _notify(self, *states: str) -> None:
        self._notifier.notify("\n".join(states))


def _database(settings: Settings) -> str:
    return database_url(settings.gateway.state_dir, settings.store.database)


def _addresses(settings: Settings) -> dict[str, HostPort]:
    return {str(address): address for listener in settings.listener for address in listener.bind}


def _listen(slots: _Slots) -> socket.socket:
    """One more listening socket for the address; a port of 0 becomes the port of the first socket."""
    host, port = slots.address.host, slots.address.port
    if slots.sockets:
        port = slots.sockets[0].getsockname()[1]
    family, kind, protocol, _, where = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(where)
        sock.listen(1024)
    except BaseException:
        sock.close()
        raise
    return sock


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _describe(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit {code}"
