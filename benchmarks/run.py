"""`make bench`: what the gateway costs, beside Postfix as a pass-through proxy and smtp-sink alone, in one run.

    python benchmarks/run.py [--quick] [--only text,multipart,pdf] [--targets sink,postfix,gateway]

For each kind of message, at 1 and at 20 sessions: messages a second, processor time a message over all processes
of the target, latency from the final dot to the reply (median and 99th percentile; for the gateway and for
Postfix also how much of it is added to smtp-sink's own), and peak memory. The load comes from smtp-source, which
opens a new connection for each message; large messages are sent by as many smtp-sources as there are sessions,
because one alone does not overlap large messages.

Sender, target and sink share the machine, so messages a second are those of the three together. Fixed costs
(starting smtp-source, the target's idle work) are taken off: a short run is subtracted from a long one.
The results are printed and written to benchmarks/results/ as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks import targets  # noqa: E402
from benchmarks.client import Latency, latency  # noqa: E402
from benchmarks.measure import MIB, MemoryWatch, idle_share, processor_seconds  # noqa: E402
from benchmarks.messages import Kind, kinds  # noqa: E402
from benchmarks.targets import Target  # noqa: E402
from tests.support.smtp_tools import smtp_source  # noqa: E402

SESSIONS = (1, 20)
LOAD_BEFORE = os.getloadavg()[0]  # of the minute before, so before anything here began
BUSY = 0.5
LARGE = 1 << 20  # from here on one smtp-source for each session
TARGETS = {"sink": targets.sink, "postfix": targets.postfix, "gateway": targets.gateway}
# Messages in the long run and for latency, by kind and sessions.
COUNTS = {
    "text": {1: (1500, 300), 20: (4000, 1000)},
    "multipart": {1: (250, 100), 20: (600, 300)},
    "pdf": {1: (16, 12), 20: (60, 60)},
}
QUICK = {"text": 3, "multipart": 5, "pdf": 3}  # divides the counts


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. Times in seconds, memory in octets; None where the target is not charged."""

    kind: str
    sessions: int
    target: str
    messages: int
    message_octets: int
    messages_per_second: float
    processor_seconds_per_message: float | None
    latency: Latency
    added_median: float | None
    added_p99: float | None
    peak_proportional: int | None
    peak_private: int | None


class Load:
    """Sends one kind of message to one target."""

    def __init__(self, target: Target, kind: Kind, sessions: int, folder: Path) -> None:
        self.target, self.kind, self.sessions = target, kind, sessions
        self._file = kind.file_for_smtp_source(folder)

    def send(self, messages: int) -> tuple[float, float]:
        """Elapsed seconds, and processor seconds of the target."""
        separate = self.sessions if len(self.kind.content) >= LARGE else 1
        each = max(1, messages // separate)
        command = smtp_source(
            self.target.port, messages=each, sessions=self.sessions // separate, file=self._file
        )
        charged = self.target.pid
        before = processor_seconds(charged) if charged else 0.0
        started = time.perf_counter()
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(separate)
        ]
        said = [process.communicate()[0] for process in running]
        elapsed = time.perf_counter() - started
        if any(process.returncode for process in running):
            raise SystemExit(f"smtp-source failed: {b' '.join(said).decode('utf-8', 'replace')[:500]}")
        return elapsed, (processor_seconds(charged) if charged else 0.0) - before


def measure(load: Load, messages: int, sampled: int, plain: Latency | None) -> Result:
    """Warm up, then a short run, a long run, and the latency."""
    few = max(load.sessions, messages // 10)
    load.send(few)
    idle = idle_share(load.target.pid) if load.target.pid else 0.0
    short_time, short_cost = load.send(few)
    watch = MemoryWatch(load.target.pid) if load.target.pid else None
    with watch or nullcontext():
        long_time, long_cost = load.send(messages)
    seconds, count = long_time - short_time, messages - few
    times = latency(load.target.port, load.kind.wire, load.sessions, sampled)
    charged = watch is not None
    return Result(
        kind=load.kind.name,
        sessions=load.sessions,
        target=load.target.name,
        messages=messages,
        message_octets=len(load.kind.content),
        messages_per_second=count / seconds,
        processor_seconds_per_message=(long_cost - short_cost - idle * seconds) / count if charged else None,
        latency=times,
        added_median=times.median - plain.median if plain else None,
        added_p99=times.p99 - plain.p99 if plain else None,
        peak_proportional=watch.peak.proportional if watch else None,
        peak_private=watch.peak.greatest_private if watch else None,
    )


def table(results: list[Result]) -> Table:
    """The results for people."""
    shown = Table(title="Postern beside Postfix and smtp-sink", caption=machine_line())
    for heading in ("message", "sessions", "through"):
        shown.add_column(heading)
    for heading in (
        "messages",
        "messages/s",
        "CPU ms/message",
        "p50 ms",
        "p99 ms",
        "added p50",
        "added p99",
        "peak PSS MiB",
        "largest process MiB",
    ):
        shown.add_column(heading, justify="right")
    last = ""
    for result in results:
        if last and last != result.kind:
            shown.add_section()
        last = result.kind
        shown.add_row(
            result.kind,
            str(result.sessions),
            result.target,
            str(result.messages),
            f"{result.messages_per_second:.1f}",
            _milli(result.processor_seconds_per_message),
            _milli(result.latency.median),
            _milli(result.latency.p99),
            _milli(result.added_median),
            _milli(result.added_p99),
            _mib(result.peak_proportional),
            _mib(result.peak_private),
        )
    return shown


def _milli(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.2f}"


def _mib(octets: int | None) -> str:
    return "" if octets is None else f"{octets / MIB:.0f}"


def machine() -> dict[str, object]:
    """What it was measured on."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": model[0].partition(":")[2].strip() if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_before": LOAD_BEFORE,
    }


def machine_line() -> str:
    """The same in one line."""
    facts = machine()
    line = f"{facts['cores']} cores of {facts['processor']}, Python {facts['python']}"
    if LOAD_BEFORE > BUSY:
        line += (
            f"\nThe machine was busy with other things (load {LOAD_BEFORE:.1f}): times and rates are too bad"
        )
    return line


def write(results: list[Result], quick: bool) -> Path:
    """Keep the figures."""
    folder = ROOT / "benchmarks/results"
    folder.mkdir(exist_ok=True)
    file = folder / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    content = {"machine": machine(), "quick": quick, "results": [asdict(result) for result in results]}
    file.write_text(json.dumps(content, indent=2) + "\n")
    return file


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer messages; figures are rougher")
    parser.add_argument("--only", default=",".join(COUNTS), help="kinds of message, separated by commas")
    parser.add_argument("--targets", default=",".join(TARGETS), help="what to measure, separated by commas")
    parser.add_argument("--sessions", default=",".join(map(str, SESSIONS)), help="1, 20 or both")
    return parser.parse_args()


def main() -> None:
    """Measure everything that was asked for."""
    asked = arguments()
    console = Console()
    results: list[Result] = []
    plain: dict[tuple[str, int], Latency] = {}
    chosen = [kind for kind in kinds() if kind.name in asked.only.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        Path(scratch).chmod(0o755)
        for name in asked.targets.split(","):
            folder = Path(scratch) / name
            folder.mkdir()
            with TARGETS[name](folder) as target:
                for kind in chosen:
                    for sessions in map(int, asked.sessions.split(",")):
                        messages, sampled = COUNTS[kind.name][sessions]
                        if asked.quick:
                            messages = max(2 * sessions, messages // QUICK[kind.name])
                            sampled = max(sessions, sampled // QUICK[kind.name])
                        console.print(f"{target.title}: {kind.title}, {sessions} sessions ...", style="dim")
                        load = Load(target, kind, sessions, folder)
                        result = measure(load, messages, sampled, plain.get((kind.name, sessions)))
                        if name == "sink":
                            plain[kind.name, sessions] = result.latency
                        results.append(result)
    order = list(COUNTS)
    results.sort(key=lambda result: (order.index(result.kind), result.sessions))
    Console(width=max(150, console.width)).print(table(results))
    console.print(f"Written to {write(results, asked.quick).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
