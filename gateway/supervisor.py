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
import resource
import shutil
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sdnotify
from prometheus_client.multiprocess import mark_process_dead

import gateway
from gateway import metrics_server, telemetry
from gateway.app import run_worker
from gateway.config import HostPort, MaildirHop, Settings
from gateway.loaded import Loaded, load_all
from gateway.problem import Problem
from gateway.relay.maildir import MaildirDelivery
from gateway.shared import SharedState
from gateway.sockets import ListenError, ListeningSockets, listen
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


class StartError(Exception):
    """The gateway can't start; the text is for the technician."""


class Supervisor:
    """`announce` is called once when the gateway is ready (the demonstration prints its hints then)."""

    def __init__(self, config: Path, loaded: Loaded, announce: Callable[[], None] | None = None) -> None:
        self._config = config
        self._loaded = loaded
        self._announce = announce
        self._workers: dict[int, _Worker] = {}
        self._sockets = ListeningSockets()
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
        self._pid = os.getpid()
        self._metrics_folder = self._run_dir / "metrics"
        self._status: dict[str, object] = {}

    # --- start ---

    def run(self) -> int:
        """Run until told to stop; the exit code. Raises StartError."""
        self._prepare()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._sockets.bind(_addresses(self._loaded.settings), self._count())
        except ListenError as error:
            raise StartError(str(error)) from error
        self._start_metrics()
        self._start_generation()
        if not self._wait_ready(self._generation):
            self._stop()
            raise StartError("the workers did not start; the lines above say why")
        self._write_status(ok=True, message="started")
        self._log_started()
        self._notify("READY=1", f"STATUS={len(self._workers)} workers")
        if self._announce is not None:
            self._announce()
        while not self._stopping:
            self._turn()
        self._stop()
        return 0

    def _prepare(self) -> None:
        state = self._loaded.settings.gateway.state_dir
        os.umask(0o077)
        _allow_many_files()
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
        self._metrics_folder = telemetry.metrics_folder(self._run_dir)
        telemetry.prepare_metrics(self._metrics_folder)
        self._prepare_maildirs()
        try:
            upgrade(_database(self._loaded.settings))
        except (StoreError, OSError) as error:
            raise StartError(f"the database can't be used: {error}") from error

    def _prepare_maildirs(self) -> None:
        for listener in self._loaded.settings.listener:
            for hop in listener.relay_to:
                if isinstance(hop, MaildirHop):
                    try:
                        MaildirDelivery(hop.path).prepare()
                    except OSError as error:
                        raise StartError(
                            f"the delivery folder {hop.path} can't be written: {error.strerror}"
                        ) from error

    def _log_started(self) -> None:
        settings = self._loaded.settings
        telemetry.log().info(
            "started",
            version=gateway.__version__,
            listening=[
                f"{address} ({listener.name})" for listener in settings.listener for address in listener.bind
            ],
            delivers=[
                f"{listener.name}: {hop}" for listener in settings.listener for hop in listener.relay_to
            ],
            metrics=None if settings.metrics.bind is None else str(settings.metrics.bind),
            profile=self._loaded.profile.id,
            rules=self._loaded.version,
            workers=self._count(),
        )

    def _count(self) -> int:
        return _workers(self._loaded.settings)

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
        pid = self._fork()
        if pid is None:
            self._respawn_at[slot] = time.monotonic() + 1.0
            return
        if pid == 0:
            self._child(lambda: self._be_worker(slot, row))
        self._workers[pid] = _Worker(pid, slot, row, self._generation, time.monotonic())
        telemetry.log().info("worker started", pid=pid, generation=self._generation)

    def _be_worker(self, slot: int, row: int) -> None:
        telemetry.set_writer(f"w{row}")
        self._sockets.close_but(slot)
        if self._metrics_socket is not None:
            self._metrics_socket.close()
        sockets = self._sockets.of_slot(slot)
        wanted = _addresses(self._loaded.settings)
        for key in sockets.keys() - wanted.keys():
            sockets.pop(key).close()
        run_worker(self._loaded, sockets, self._shared, row)

    def _fork(self) -> int | None:
        """As os.fork, but None where the system has no room for another process now."""
        try:
            return os.fork()
        except OSError as error:
            telemetry.fault("fork", error)
            return None

    def _child(self, work: Callable[[], None]) -> None:
        """What every child does first and last. Never returns."""
        code = 70
        try:
            # A child without its parent finishes what it has and goes (one that is stuck: see app._alive).
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != self._pid:
                os._exit(code)
            for number in (*_SIGNALS, signal.SIGALRM):
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
                self._metrics_socket = listen(bind)
            except OSError as error:
                raise StartError(f"can't serve metrics on {bind}: {error.strerror}") from error
        self._fork_metrics()

    def _fork_metrics(self) -> None:
        server = self._metrics_socket
        if server is None:
            return
        pid = self._fork()
        if pid == 0:
            self._child(lambda: self._be_metrics(server))
        self._metrics_pid = pid or 0

    def _be_metrics(self, server: socket.socket) -> None:
        self._sockets.close_but(None)
        database = _database(self._loaded.settings)
        metrics_server.serve(server, self._run_dir / "status.json", self._shared, database)

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
                if not self._stopping:
                    telemetry.log().error("metrics process died", pid=pid, status=_describe(status))
                continue
            worker = self._workers.pop(pid, None)
            if worker is None:
                continue
            self._shared.clear(worker.row)
            mark_process_dead(f"w{worker.row}")  # type: ignore[no-untyped-call]
            if not worker.leaving and not self._stopping:
                telemetry.log().error("worker died, it is replaced", pid=pid, status=_describe(status))
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
        try:
            loaded, problems = load_all(self._config)
            if loaded is not None:
                problems = self._swap(loaded)
        except Exception as error:  # the running generation must outlive whatever is wrong with the files
            telemetry.fault("reload", error)
            problems = [
                Problem(self._config, None, "", f"it can't be loaded ({type(error).__name__}); try again")
            ]
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
        if _database(loaded.settings) != _database(before.settings):
            return [
                Problem(
                    self._config, None, "store.database", "can't change while the gateway runs; restart it"
                )
            ]
        wanted = _workers(loaded.settings)
        if 2 * wanted + self._count() > self._shared.rows:
            return [
                Problem(
                    self._config,
                    None,
                    "gateway.workers",
                    f"can't grow to {wanted} while the gateway runs; restart it",
                )
            ]
        old = [worker for worker in self._workers.values() if not worker.leaving]
        self._loaded = loaded
        try:
            self._sockets.bind(_addresses(loaded.settings), self._count())
        except ListenError as error:
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
            self._sockets.unbind(_addresses(before.settings), self._count())
            return [Problem(self._config, None, "", "the new workers did not start; the old ones go on")]
        for worker in old:
            worker.leaving = True
            _signal(worker.pid, signal.SIGUSR1)
        self._sockets.unbind(_addresses(loaded.settings), self._count())
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
        try:
            temporary.write_text(json.dumps(self._status))
            temporary.replace(path)
        except OSError as error:  # a full disk is no reason to stop
            telemetry.fault("status", error)

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
        shutil.rmtree(self._metrics_folder, ignore_errors=True)
        telemetry.log().info("stopped")

    def _notify(self, *states: str) -> None:
        self._notifier.notify("\n".join(states))


def _allow_many_files() -> None:
    """Two sockets a session: the soft limit of 1,024 files that a shell gives is soon too few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _workers(settings: Settings) -> int:
    """How many workers: what is set, or one a core that we may use."""
    return settings.gateway.workers or len(os.sched_getaffinity(0))


def _database(settings: Settings) -> str:
    return database_url(settings.gateway.state_dir, settings.store.database)


def _addresses(settings: Settings) -> dict[str, HostPort]:
    return {str(address): address for listener in settings.listener for address in listener.bind}


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _describe(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit {code}"
