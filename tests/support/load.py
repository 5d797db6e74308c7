"""A sender that keeps its mail until it is told 2xx: numbered messages, retried as a mail server would.

It writes down every 2xx and every attempt, so that a test can tell loss from duplication: a message that was
answered 2xx must have arrived, and one that arrived more than once must have been tried more than once.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.ports import LOOPBACK


@dataclass(slots=True)
class Ledger:
    """`accepted`: number of a message -> its 2xx reply. `attempts`: how often its end of data was sent."""

    accepted: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    attempts: Counter[int] = field(default_factory=Counter)


class _Retry(Exception):
    """The attempt failed in a way that a sender tries again after."""


class Sender:
    """Sends messages 0 to `count` - 1 over `sessions` threads. `content` makes the message of a number."""

    def __init__(self, port: int, count: int, sessions: int, content: Callable[[int], bytes]) -> None:
        self.ledger = Ledger()
        self._port, self._content = port, content
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._left = count
        self._lock = threading.Lock()
        for number in range(count):
            self._waiting.put(number)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(sessions)]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    @property
    def settled(self) -> int:
        """How many messages have had their final answer."""
        return len(self.ledger.accepted) + len(self.ledger.refused)

    def wait(self, timeout: float) -> None:
        """Wait until every message has its final answer; AssertionError where that takes longer."""
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        assert self._left <= 0, f"{self._left} messages still have no final answer after {timeout:g} s"

    def _work(self) -> None:
        while self._left > 0:
            try:
                self._session()
            except (OSError, _Retry):
                time.sleep(0.05)

    def _session(self) -> None:
        with socket.create_connection((LOOPBACK, self._port), timeout=20) as connection:
            client = _Client(connection)
            client.expect("2")
            client.command(b"EHLO sender.example", "2")
            while self._left > 0:
                try:
                    number = self._waiting.get(timeout=0.05)
                except queue.Empty:
                    continue
                self._attempt(client, number)
            connection.sendall(b"QUIT\r\n")

    def _attempt(self, client: _Client, number: int) -> None:
        """Send one message; back into the queue with it unless its answer is final."""
        final = False
        try:
            client.command(b"MAIL FROM:<sender@elsewhere.example>", "2")
            client.command(b"RCPT TO:<bob@school.example>", "2")
            client.command(b"DATA", "3")
            with self._lock:
                self.ledger.attempts[number] += 1
            answer = client.command(self._content(number) + b".", "245")
            final = answer[0] in "25"
            if final:
                with self._lock:
                    kept = self.ledger.accepted if answer[0] == "2" else self.ledger.refused
                    kept[number] = answer
                    self._left -= 1
        finally:
            if not final:
                self._waiting.put(number)
        if not final:
            raise _Retry(answer)


class _Client:
    """Just enough of an SMTP client."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._held = b""

    def command(self, octets: bytes, wanted: str) -> str:
        """Send a line; the last line of the reply, whose first digit must be one of `wanted`."""
        self._connection.sendall(octets + b"\r\n")
        return self.expect(wanted)

    def expect(self, wanted: str) -> str:
        while True:
            line = self._line()
            if line[3:4] != "-":
                break
        if line[:1] not in wanted:
            raise _Retry(line)
        return line

    def _line(self) -> str:
        while b"\r\n" not in self._held:
            block = self._connection.recv(4096)
            if not block:
                raise _Retry("the connection was closed")
            self._held += block
        line, _, self._held = self._held.partition(b"\r\n")
        return line.decode("utf-8", "replace")
