"""A run of one target in a process of its own, and what came of it."""

from __future__ import annotations

import base64
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HANGING = 25  # seconds on one input
_MEMORY = 2_048  # megabytes
_LAST_LINES = 40


def available() -> bool:
    """Whether atheris is installed: it comes ready-made for some systems only (pyproject.toml says which)."""
    return importlib.util.find_spec("atheris") is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `crashers` are the inputs that did not hold, `output` is the end of what was said."""

    held: bool
    crashers: tuple[bytes, ...]
    output: str

    def report(self) -> str:
        """What is needed to make a test of it."""
        found = [f"{one!r}\nbase64: {base64.b64encode(one).decode()}" for one in self.crashers]
        return "\n".join([*found, self.output])


def fuzz(
    name: str,
    folder: Path,
    *,
    seconds: int,
    runs: int | None = None,
    seed: int | None = None,
    each: int = 1,
    others: bool = False,
    echo: bool = False,
) -> Outcome:
    """Run target `name` for that many seconds or inputs, seeds included; `each` and `others` say which seeds
    (`tests.fuzz.run`).

    `folder`/NAME takes seeds and crashers. The same `seed` makes the same inputs. With `echo` the output is shown as it
    comes.
    """
    options = [f"-max_total_time={seconds}", f"-timeout={HANGING}", f"-rss_limit_mb={_MEMORY}"]
    options += [] if runs is None else [f"-runs={runs}"]
    options += [] if seed is None else [f"-seed={seed}"]
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.run",
        name,
        str(folder / name),
        str(each),
        "yes" if others else "no",
    ]
    status, output = _run([*command, *options], echo)
    crashers = tuple(path.read_bytes() for path in sorted((folder / name / "crashes").glob("*")))
    return Outcome(status == 0 and not crashers, crashers, output)


def _run(command: Sequence[str], echo: bool) -> tuple[int, str]:
    if echo:
        return subprocess.run(command, cwd=ROOT, check=False).returncode, ""
    done = subprocess.run(
        command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
    )
    return done.returncode, "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
