"""A small SMTP client for measuring: how long a message takes from its final dot to the reply.

It sends prepared octets, so its own cost hardly shows; sending releases the interpreter's lock.
"""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import LOOPBACK
from tests.support.smtp_tools import RECIPIENT, SENDER


class Refused(Exception):
    """The server did not take a message that it should take."""


class Connection:
    """One session; EHLO is said on opening."""

    def __init__(self, port: int, timeout: float = 120.0) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""
        self._reply(b"220")
        self._command(b"EHLO client.elsewhere.example", b"250")

    def begin(self) -> None:
        """MAIL, RCPT, DATA."""
        self._command(f"MAIL FROM:<{SENDER}>".encode(), b"250")
        self._command(f"RCPT TO:<{RECIPIENT}>".encode(), b"250")
        self._command(b"DATA", b"354")

    def send(self, wire: bytes) -> float:
        """Send one message; seconds from the final dot to the reply."""
        self.begin()
        self._socket.sendall(wire)
        return self._end()

    def send_file(self, wire: Path) -> float:
        """The same from a file, without reading it into memory."""
        self.begin()
        with wire.open("rb") as file:
            self._socket.sendfile(file)
        return self._end()

    def _end(self) -> float:
        started = time.perf_counter()
        self._command(b".", b"250")
        return time.perf_counter() - started

    def close(self) -> None:
        """QUIT."""
        self._command(b"QUIT", b"221")
        self._socket.close()

    def _command(self, line: bytes, wanted: bytes) -> None:
        self._socket.sendall(line + b"\r\n")
        self._reply(wanted)

    def _reply(self, wanted: bytes) -> None:
        while True:
            while b"\r\n" not in self._held:
                block = self._socket.recv(4096)
                if not block:
                    raise Refused("the connection was closed")
                self._held += block
            line, _, self._held = self._held.partition(b"\r\n")
            if line[3:4] != b"-":
                break
        if not line.startswith(wanted):
            raise Refused(line.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from dot to reply, and of how many messages."""

    median: float
    p99: float
    count: int


def latency(port: int, wire: bytes, sessions: int, messages: int) -> Latency:
    """Send `messages` in all over `sessions` parallel sessions."""
    times: list[float] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            connection = Connection(port)
            connection.send(wire)  # the first one opens the onward session; it is not counted
            own = [connection.send(wire) for _ in range(max(1, messages // sessions))]
            connection.close()
            times.extend(own)
        except (OSError, Refused) as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    times.sort()
    return Latency(times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)], len(times))
