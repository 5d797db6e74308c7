"""How much each worker grows while twenty messages of 50 MB arrive at once.

    python benchmarks/memory.py [--sessions 20] [--megabytes 50] [--workers 0]

Each process of the gateway is listed with its private memory (RssAnon) idle, at its peak and afterwards, for two
rounds: what stays after the second but not after the first would be a leak. Exit status 1 where a process grew
by 64 MiB or more, or where a message was not accepted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks.client import Connection, Refused  # noqa: E402
from benchmarks.measure import MIB, MemoryWatch, private_memory, proportional_memory  # noqa: E402
from benchmarks.messages import HEADER, attachment, kinds, pdf  # noqa: E402
from benchmarks.targets import start_gateway  # noqa: E402
from tests.support.gateway import Gateway  # noqa: E402
from tests.support.process import descendants  # noqa: E402
from tests.support.smtp_tools import SmtpSink  # noqa: E402

LIMIT = 64 * MIB
ROUNDS = 2


def large_message(folder: Path, megabytes: int) -> Path:
    """A file with a message of so many million octets as sent behind DATA."""

    content = pdf(random.Random(50), int(megabytes * 1_000_000 / 1.3684) - 4_000)
    message = (
        HEADER.encode()
        + b'Content-Type: multipart/mixed; boundary="=_outer"\r\n\r\n--=_outer\r\n'
        + attachment("application/pdf", "prospectus.pdf", content)
        + b"\r\n--=_outer--\r\n"
    )
    file = folder / "large.wire"
    file.write_bytes(message)  # no line of it begins with a dot
    return file


def send_all(port: int, wire: Path, sessions: int) -> list[str]:
    """Send the message over so many sessions at once; what was said to those that were not accepted."""
    refused: list[str] = []
    together = threading.Barrier(sessions)

    def work() -> None:
        try:
            connection = Connection(port, timeout=300)
            together.wait()
            connection.send_file(wire)
            connection.close()
        except (OSError, Refused) as error:
            refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


class Rounds:
    """Sends everything at once, round after round, and keeps the table of what each process had."""

    def __init__(self, gateway: Gateway, console: Console) -> None:
        self._port, self._pid, self._console = gateway.port, gateway.running_service.pid, console
        self._idle = {pid: private_memory(pid) for pid in (self._pid, *descendants(self._pid))}
        self.failed = False
        self.table = Table(title="MiB")
        for heading in ("process", "round", "idle", "peak", "growth", "afterwards", "PSS afterwards"):
            self.table.add_column(heading, justify="right")

    def run(self, turn: int, wire: Path, sessions: int) -> None:
        """One round."""
        started = time.monotonic()
        with MemoryWatch(self._pid, pause=0.01, proportional_every=25) as watch:
            refused = send_all(self._port, wire, sessions)
        elapsed = time.monotonic() - started
        self._console.print(
            f"Round {turn}: {sessions - len(refused)} of {sessions} accepted in {elapsed:.1f} s; "
            f"peak PSS of all processes {watch.peak.proportional / MIB:.0f} MiB"
        )
        for reason in sorted(set(refused)):
            self._console.print(f"Not accepted: {reason}", style="red")
        self.failed = self.failed or bool(refused)
        time.sleep(1)
        for pid, idle in self._idle.items():
            peak = watch.peak.private.get(pid, 0)
            self.failed = self.failed or peak - idle >= LIMIT
            values = (idle, peak, peak - idle, private_memory(pid), proportional_memory(pid))
            self.table.add_row(str(pid), str(turn), *(f"{value / MIB:.1f}" for value in values))


def measure(folder: Path, asked: argparse.Namespace, console: Console) -> bool:
    """Start everything, run the rounds, print; true where the limit held."""
    wire = large_message(folder, asked.megabytes)
    console.print(f"{asked.sessions} messages of {wire.stat().st_size / 1e6:.1f} MB at once")
    sink = SmtpSink(folder)
    gateway = start_gateway(folder / "gateway", sink.address, asked.workers)
    try:
        first = Connection(gateway.port)
        first.send(kinds()[0].wire)
        first.close()
        time.sleep(1)
        rounds = Rounds(gateway, console)
        for turn in range(1, ROUNDS + 1):
            rounds.run(turn, wire, asked.sessions)
        console.print(rounds.table)
        return not rounds.failed
    finally:
        gateway.stop()
        sink.stop()


def main() -> int:
    """Measure; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--workers", type=int, default=0, help="as in postern.toml; 0 is one a core")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        return 0 if measure(folder, asked, Console()) else 1


if __name__ == "__main__":
    sys.exit(main())
