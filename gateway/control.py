"""Talking to a running gateway: is it there, and "reload, please"."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.metrics_server import read_status


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What came of a reload; `message` is for the technician."""

    ok: bool
    message: str


def running_pid(state_dir: Path) -> int | None:
    """The process id of the gateway that uses `state_dir`, or None."""
    try:
        fd = os.open(state_dir / "run" / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        pid = read_status(state_dir / "run" / "status.json").get("pid")
        return pid if isinstance(pid, int) else None
    finally:
        os.close(fd)
    return None


def describe(state_dir: Path) -> str | None:
    """What runs, in a line for people; None where nothing does."""
    pid = running_pid(state_dir)
    if pid is None:
        return None
    status = read_status(state_dir / "run" / "status.json")
    since = f"last change {status.get('at')}: {status.get('message')}"
    return (
        f"Running, process {pid}, {status.get('workers')} workers, profile {status.get('profile')}, "
        f"rules {status.get('rules')}; {since}"
    )


def reload(state_dir: Path, timeout: float) -> ReloadResult:
    """Ask the running gateway to reload, and wait for its answer at most `timeout` seconds."""
    pid = running_pid(state_dir)
    if pid is None:
        return ReloadResult(False, f"no gateway is running with state_dir {state_dir}")
    status = state_dir / "run" / "status.json"
    before = read_status(status).get("serial")
    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        return ReloadResult(False, "the gateway runs as another user; use sudo, or systemctl reload postern")
    except ProcessLookupError:
        return ReloadResult(False, "the gateway has just stopped")
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        after = read_status(status)
        if after and after.get("serial") != before:
            return ReloadResult(bool(after.get("ok")), str(after.get("message", "")))
        time.sleep(0.05)
    return ReloadResult(False, f"no answer within {timeout:.0f} s; the gateway's log says more")
