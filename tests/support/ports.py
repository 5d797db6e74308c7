"""Loopback ports and waiting: small things that every test with a real process needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def greeted(port: int, host: str = LOOPBACK, timeout: float = 2.0) -> bool:
    """True where an SMTP server answers with 220; says QUIT and leaves."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            banner = connection.recv(512)
            if not banner.startswith(b"220"):
                return False
            connection.sendall(b"QUIT\r\n")
            while connection.recv(512):
                pass
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 20.0, pause: float = 0.05) -> None:
    """Return as soon as `condition` holds; AssertionError naming `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(pause)
