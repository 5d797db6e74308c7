"""Log records and metrics: what the gateway tells the outside about itself.

One JSON line a transaction goes to standard output (journald). Metrics are Prometheus', kept in memory-mapped files
that all workers write and the metrics process reads (prometheus_client's multiprocess mode), so that one scrape
shows the whole gateway. Labels come from fixed sets: never an address, subject or file name.

A fault is logged with the type of the exception and the place in the code, not with its text: the text may quote
the message.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

from gateway.model import Direction

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_OCTETS = (1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26)
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(level: str) -> None:
    """JSON lines on standard output, from `level` up; other libraries' warnings stay off it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _first_things_first,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    own = logging.getLogger("gateway")
    own.handlers = [_ToLog()]
    own.propagate = False
    # Libraries may quote addresses or content in their own records.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL + 1)


def _first_things_first(_logger: Any, _method: str, fields: Any) -> Any:
    """Time, level and event at the start of the line, where eyes look."""
    return {"time": fields.pop("time"), "level": fields.pop("level"), "event": fields.pop("event"), **fields}


class _ToLog(logging.Handler):
    """Brings records of our own modules that know the standard library's logging only into the JSON lines."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(log(), level)(record.getMessage(), module=record.module)


def log() -> Any:
    """The logger: `log().info("event", field=value)`."""
    return structlog.get_logger()


def fault(where: str, error: BaseException) -> None:
    """Log a fault of our own: its type and its place, never its text. Never raises: the log may be the fault."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    with contextlib.suppress(OSError, ValueError):
        log().error(
            "fault",
            where=where,
            error=type(error).__name__,
            at=[f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
        )


def metrics_folder(run_dir: Path) -> Path:
    """Where the files of metrics go: into memory where there is such a place ($RUNTIME_DIRECTORY under systemd, else
    /dev/shm), because a process that writes to a mapped file on a full disk is killed (SIGBUS)."""
    under_systemd = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if under_systemd:
        return Path(under_systemd) / "metrics"
    name = hashlib.sha256(str(run_dir.resolve()).encode()).hexdigest()[:16]
    folder = Path("/dev/shm") / f"postern-{os.getuid()}-{name}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return run_dir / "metrics"
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if ours else run_dir / "metrics"


def prepare_metrics(folder: Path) -> None:
    """Keep metrics in files under `folder`, shared by all processes. Call before `Metrics` is made and before
    any fork; old files are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: _writer_name)  # type: ignore[no-untyped-call]


_writer_name = "supervisor"


def set_writer(name: str) -> None:
    """The name of this process in the files of metrics: a row of workers keeps its files when it is replaced."""
    global _writer_name
    _writer_name = name


class Metrics:
    """Every metric that workers write. Names are a contract (design document)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        counter: Mapping[str, Any] = {"registry": registry}
        self._messages = Counter(
            "postern_messages_total", "Messages by outcome", ["listener", "direction", "action"], **counter
        )
        self._findings = Counter(
            "postern_findings_total", "Findings by stage, category and action",
            ["stage", "category", "action"], **counter,
        )  # fmt: skip
        self._stage_seconds = Histogram(
            "postern_stage_seconds", "Time in a stage for a message", ["stage"], buckets=_SECONDS, **counter
        )
        self._message_seconds = Histogram(
            "postern_message_seconds", "Time from MAIL to the final reply", buckets=_SECONDS, **counter
        )
        self._message_bytes = Histogram(
            "postern_message_bytes", "Size of messages", buckets=_OCTETS, **counter
        )
        self._sessions = Gauge(
            "postern_sessions", "Open SMTP sessions", ["listener"], multiprocess_mode="livesum", **counter
        )
        self._relay_seconds = Histogram(
            "postern_relay_seconds", "Time to hand a message to the next hop", buckets=_SECONDS, **counter
        )
        self._relay_failures = Counter(
            "postern_relay_failures_total", "Failed sessions with a next hop", ["reason"], **counter
        )
        self._personal = Counter(
            "postern_personal_messages_total", "Messages marked personal", ["direction", "period"], **counter
        )
        self._defects = Counter(
            "postern_defects_total",
            "Messages with a defect in their structure",
            ["defect", "severity"],
            **counter,
        )
        self._faults = Counter("postern_faults_total", "Faults of our own, by place", ["where"], **counter)
        self._children: dict[tuple[object, ...], Any] = {}

    def _child(self, metric: Any, *labels: str) -> Any:
        key = (metric, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def message(self, listener: str, direction: Direction, action: str, seconds: float, size: int) -> None:
        """A transaction has ended."""
        self._child(self._messages, listener, direction, action).inc()
        self._message_seconds.observe(seconds)
        self._message_bytes.observe(size)

    def finding(self, stage: str, category: str, action: str) -> None:
        """A finding and what it led to."""
        self._child(self._findings, stage, category, action).inc()

    def personal(self, direction: Direction, period: str) -> None:
        """A message marked personal; `period` is working or other."""
        self._child(self._personal, direction, period).inc()

    def session(self, listener: str, change: int) -> None:
        """Sessions opened (+1) or ended (-1)."""
        self._child(self._sessions, listener).inc(change)

    def relayed(self, seconds: float) -> None:
        """A message was handed to the next hop, or refused by it."""
        self._relay_seconds.observe(seconds)

    def relay_failure(self, reason: str) -> None:
        """A session with the next hop failed."""
        self._child(self._relay_failures, reason).inc()

    def stage_time(self, stage: str, seconds: float) -> None:
        """A stage's time for one message."""
        self._child(self._stage_seconds, stage).observe(seconds)

    def stage_fault(self, stage: str, error: BaseException) -> None:
        """A stage raised."""
        self.fault(f"stage-{stage}", error)

    def defect(self, name: str, severity: str) -> None:
        """A message has a defect, once or more often."""
        self._child(self._defects, name, severity).inc()

    def fault(self, where: str, error: BaseException) -> None:
        """A fault of our own."""
        self._child(self._faults, where).inc()
        fault(where, error)
