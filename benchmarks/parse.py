"""What parsing costs: the parser, all readings, a whole inspection, and the standard library's parser beside them.

    .venv/bin/python -m benchmarks.parse [--only NAMES] [--quick] [--repeat 5]

Processor time (user and system), best and median of several runs, on one thread; nothing goes over a network. First
ordinary messages, then the hostile ones of `benchmarks/hostile.py`, of half a megabyte and of one: where twice the
octets take much more than twice the time, something is not linear. "raised" is all readings with limits so high that
10,000 parts, 200 levels and 20,000 fields are all parsed.

A run that takes more than `--give-up` seconds is ended. The results also go to benchmarks/results/ as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import signal
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks.hostile import CASES  # noqa: E402
from benchmarks.messages import HEADER, attachment, prose  # noqa: E402
from benchmarks.run import machine, machine_line  # noqa: E402
from benchmarks.subjects import Subject, subjects, walk  # noqa: E402
from gateway.mime.limits import Limits  # noqa: E402

MEGABYTE = 1_000_000
RAISED = Limits(depth=200, parts=20_000, header_fields=25_000, names=60_000)
ORDINARY = ("attachment", "header")
_SHORT = 0.02  # seconds; what takes less is run more often


class GivenUp(BaseException):
    """A run took too long. Not an Exception, so that nothing takes it for its own."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds for one message; None where it was given up, and what was raised where something was."""

    best: float | None
    median: float | None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One message: by subject what it cost, and what half as much of the same cost ("" for ordinary messages)."""

    name: str
    octets: int
    whole: dict[str, Cost]
    half_octets: int
    half: dict[str, Cost]


def attachment_message() -> bytes:
    """An attachment of 10 MB in base64, in lines of 76."""
    chance = random.Random(10)
    top = HEADER.encode() + b'Content-Type: multipart/mixed; boundary="=_outer"\r\n\r\n--=_outer\r\n'
    content = chance.randbytes(10 * MEGABYTE)
    return top + attachment("application/octet-stream", "data.bin", content) + b"\r\n--=_outer--\r\n"


def header_message() -> bytes:
    """4 KB, nearly all of it header, as mail has that came a long way."""
    chance = random.Random(4)
    lines = [HEADER.rstrip("\r\n"), 'Content-Type: text/plain; charset="utf-8"; format=flowed']
    number = 0
    while sum(map(len, lines)) < 3_700:
        number += 1
        token = f"{chance.getrandbits(64):016x}"
        lines += [
            f"Received: from relay{number}.elsewhere.example (relay{number}.elsewhere.example [192.0.2.{number}])\r\n"
            f"\tby mx{number}.elsewhere.example with ESMTPS id {token};\r\n\tMon, 1 Jan 2024 09:00:00 +0000",
            f"X-Filter-{number}: {prose(chance, 40)}",
            f"List-Note-{number}: =?utf-8?B?{token}?= <https://elsewhere.example/{token}>",
        ]
    return ("\r\n".join(lines) + "\r\n\r\n" + prose(chance, 200) + "\r\n").encode()


def _give_up(number: int, frame: FrameType | None) -> None:
    raise GivenUp


def once(subject: Subject, message: bytes, limit: float) -> float:
    """Processor seconds of one run. Raises GivenUp beyond `limit`, and whatever the subject raises."""
    gc.collect()
    # The clock of the process would be coarse while a timer runs on it; all of this is on one thread.
    signal.setitimer(signal.ITIMER_PROF, limit, 1)  # again, should the first go by within some `__del__`
    try:
        started = time.thread_time()
        subject(message)
        return time.thread_time() - started
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def measure(subject: Subject, message: bytes, repeat: int, limit: float) -> Cost:
    """Best and median of `repeat` runs, of more where they are short, of one where they are very long."""
    times: list[float] = []
    try:
        times.append(once(subject, message, limit))
        runs = repeat * 10 if times[0] < _SHORT else repeat if times[0] < 2 else 1
        times += [once(subject, message, limit) for _ in range(runs - 1)]
    except GivenUp:
        return Cost(None, None)
    except Exception as error:
        return Cost(None, None, type(error).__name__)
    return Cost(min(times), statistics.median(times))


def ordinary(asked: argparse.Namespace, own: dict[str, Subject]) -> list[Result]:
    """The messages of every day."""
    made = {"attachment": attachment_message, "header": header_message}
    results = []
    for name in ORDINARY:
        if name in asked.only:
            message = made[name]()
            costs = {key: measure(one, message, asked.repeat, asked.give_up) for key, one in own.items()}
            results.append(Result(name, len(message), costs, 0, {}))
    return results


def hostile(asked: argparse.Namespace, own: dict[str, Subject], console: Console) -> list[Result]:
    """The others, each in two sizes."""
    repeat = 1 if asked.quick else 2
    results = []
    for name, make in CASES.items():
        if name in asked.only:
            console.print(f"{name} ...", style="dim")
            half, whole = make(MEGABYTE // 2), make(MEGABYTE)
            short = {
                key: measure(one, half, repeat, asked.give_up) for key, one in own.items() if key != "email"
            }
            full = {
                key: Cost(None, None)
                if key in short and short[key].best is None
                else measure(one, whole, repeat, asked.give_up)
                for key, one in own.items()
            }
            results.append(Result(name, len(whole), full, len(half), short))
    return results


def ordinary_table(results: list[Result]) -> Table:
    """Rates and times, and how they compare."""
    shown = Table(title="Ordinary messages, processor time", caption=machine_line())
    for heading in ("message", "octets", "by", "best ms", "median ms", "MB/s", "times as fast as email"):
        shown.add_column(heading, justify="left" if heading in ("message", "by") else "right")
    for result in results:
        base = result.whole["email"].best
        for name, cost in result.whole.items():
            if cost.best is None or cost.median is None:
                shown.add_row(result.name, str(result.octets), name, _shown(cost))
                continue
            ratio = f"{base / cost.best:.1f}" if base is not None else ""
            rate = f"{result.octets / MEGABYTE / cost.best:.0f}"
            median = f"{cost.median * 1000:.2f}"
            shown.add_row(result.name, str(result.octets), name, _shown(cost), median, rate, ratio)
        shown.add_section()
    return shown


def hostile_table(results: list[Result], names: list[str]) -> Table:
    """Milliseconds for a megabyte, and how much longer they are than those for half of it."""
    shown = Table(title="Hostile messages: processor ms, and growth from half the size")
    shown.add_column("message")
    shown.add_column("octets", justify="right")
    for name in names:
        shown.add_column(name, justify="right")
    for result in results:
        cells = [f"{_shown(result.whole[name])} {_growth(result, name)}" for name in names]
        shown.add_row(result.name, str(result.octets), *cells)
    return shown


def _shown(cost: Cost) -> str:
    if cost.best is None:
        return cost.failed or "given up"
    return f"{cost.best * 1000:.2f}" if cost.best < _SHORT else f"{cost.best * 1000:.0f}"


def _growth(result: Result, name: str) -> str:
    whole = result.whole[name].best
    half = result.half[name].best if name in result.half else None
    return f"x{whole / half:.1f}" if whole and half and half > _SHORT else "    "


def worst(results: list[Result], names: list[str]) -> list[str]:
    """A line for each subject: what cost most."""
    lines = []
    for name in names:
        ranked = sorted(results, key=lambda result: result.whole[name].best or 1e9, reverse=True)
        finished = [one for one in ranked if not one.whole[name].failed]
        if finished:
            lines.append(f"Worst for {name}: {finished[0].name}, {_shown(finished[0].whole[name])} ms")
    return lines


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join((*ORDINARY, *CASES)), help="messages, separated by commas")
    parser.add_argument("--quick", action="store_true", help="each hostile message once")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each ordinary message")
    parser.add_argument("--give-up", type=float, default=10, help="processor seconds for one run")
    asked = parser.parse_args()
    asked.only = asked.only.split(",")
    unknown = set(asked.only) - {*ORDINARY, *CASES}
    if unknown:
        parser.error(
            f"there is no message {', '.join(sorted(unknown))}; there are {', '.join((*ORDINARY, *CASES))}"
        )
    return asked


def main() -> None:
    """Measure what was asked for."""
    asked = arguments()
    console = Console()
    signal.signal(signal.SIGPROF, _give_up)
    with asyncio.Runner() as runner:
        own = subjects(Limits(), runner)
        own["Inspection"](header_message())  # what is loaded at first use is not counted
        plain = ordinary(asked, own)
        others = hostile(asked, own | {"raised": lambda message: walk(message, RAISED)}, console)
    names = [*own, "raised"]
    wide = Console(width=max(120, console.width))
    if plain:
        wide.print(ordinary_table(plain))
    if others:
        wide.print(hostile_table(others, names))
        for line in worst(others, names):
            wide.print(line)
    folder = ROOT / "benchmarks/results"
    folder.mkdir(exist_ok=True)
    file = folder / f"parse-{time.strftime('%Y%m%d-%H%M%S')}.json"
    content = {
        "machine": machine(),
        "quick": asked.quick,
        "results": [asdict(one) for one in (*plain, *others)],
    }
    file.write_text(json.dumps(content, indent=2) + "\n")
    console.print(f"Written to {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
