"""Talking to a running gateway, which is a few lines of Python here that hold the lock and answer SIGHUP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.control import reload, running_pid
from tests.support.ports import wait_until

SUPERVISOR = """
import fcntl, json, os, signal, sys
run, ok, message = sys.argv[1], sys.argv[2] == "ok", sys.argv[3]
lock = os.open(run + "/lock", os.O_CREAT | os.O_RDWR)
fcntl.flock(lock, fcntl.LOCK_EX)
def write(serial, ok, message):
    with open(run + "/status.new", "w") as file:
        json.dump({"pid": os.getpid(), "serial": serial, "ok": ok, "message": message}, file)
    os.rename(run + "/status.new", run + "/status.json")
write(1, True, "started")
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
serial = 1
while True:
    signal.sigwait({signal.SIGHUP})
    serial += 1
    if message != "silent":
        write(serial, ok, message)
"""


@contextmanager
def supervisor(state: Path, answer: str, message: str) -> Iterator[int]:
    (state / "run").mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(state / "run"), answer, message])
    try:
        wait_until(lambda: running_pid(state) == process.pid, "the stand-in", 10, 0.02)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_reload_that_succeeds(tmp_path: Path) -> None:
    with supervisor(tmp_path, "ok", "reloaded"):
        for _ in range(3):
            result = reload(tmp_path, 10)
            assert (result.ok, result.message) == (True, "reloaded")


def test_a_reload_that_is_refused_says_why(tmp_path: Path) -> None:
    with supervisor(tmp_path, "no", "postern.toml:3: policy.profile: there is no such profile"):
        result = reload(tmp_path, 10)
    assert (result.ok, result.message) == (False, "postern.toml:3: policy.profile: there is no such profile")


def test_a_gateway_that_does_not_answer(tmp_path: Path) -> None:
    with supervisor(tmp_path, "ok", "silent"):
        result = reload(tmp_path, 0.1)
    assert not result.ok
    assert "no answer" in result.message


@pytest.mark.parametrize("left", ["nothing", "run", "lock", "status"])
def test_no_gateway_is_running(tmp_path: Path, left: str) -> None:
    """Also where a killed one left its files behind: its process id may be anybody's by now."""
    run = tmp_path / "run"
    if left != "nothing":
        run.mkdir()
    if left in ("lock", "status"):
        (run / "lock").touch()
    if left == "status":
        (run / "status.json").write_text(json.dumps({"pid": os.getpid(), "serial": 1, "ok": True}))
    before = signal.signal(signal.SIGHUP, lambda *_: pytest.fail("a stranger was signalled"))
    try:
        assert running_pid(tmp_path) is None
        result = reload(tmp_path, 0.1)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert not result.ok
    assert str(tmp_path) in result.message


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"pid": "12"}', "\x00\x01"])
def test_a_status_that_makes_no_sense(tmp_path: Path, text: str) -> None:
    with supervisor(tmp_path, "ok", "silent"):
        (tmp_path / "run" / "status.json").write_text(text)
        assert running_pid(tmp_path) is None
        assert not reload(tmp_path, 0.1).ok


def test_looking_does_not_keep_a_gateway_from_starting(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lock").touch()
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        assert running_pid(tmp_path) is None
    assert len(os.listdir("/proc/self/fd")) == descriptors
    with supervisor(tmp_path, "ok", "reloaded") as pid:
        assert running_pid(tmp_path) == pid
