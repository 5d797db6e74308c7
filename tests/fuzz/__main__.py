"""Fuzzing at length: coverage-guided, one target at a time, until something does not hold or the time is up.

    .venv/bin/python -m tests.fuzz                    list the targets
    .venv/bin/python -m tests.fuzz TARGET [seconds]   run one (default: 300 seconds)
    .venv/bin/python -m tests.fuzz all [seconds]      run each in turn, that long each
    make fuzz TARGET=walker SECONDS=600               the same

Runs begin with what the evasion recipes make, and with the messages in the folder that POSTERN_CORPORA names, where it
does. What was learnt is kept in build/fuzz/TARGET/seeds for the next run. An input that does not hold is left in
build/fuzz/TARGET/crashes and printed: make it as short as it can be, and put it into tests/fuzz/crashers.py, where it
is a test from then on, with atheris or without.

Each target asserts what must hold for any input whatever (its docstring, and tests/fuzz/invariants.py). The bounded run
of the test suite is tests/fuzz/test_fuzz.py.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.fuzz.registry import TARGETS
from tests.fuzz.session import ROOT, available, fuzz

_SECONDS = 300
_EACH = 8


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 all inputs held, 1 one did not, 2 wrong use."""
    name = arguments[0] if arguments else ""
    seconds = arguments[1] if len(arguments) > 1 else str(_SECONDS)
    if (name not in TARGETS and name != "all") or not seconds.isdigit() or len(arguments) > 2:
        print(__doc__, *[f"  {one.name:14}{_what(one.check.__doc__)}" for one in TARGETS.values()], sep="\n")
        return 2 if arguments else 0
    if not available():
        print(
            "atheris is not installed here: it comes ready-made for Linux on x86-64 with CPython 3.11 to 3.13."
        )
        return 2
    return max(_fuzz(one, int(seconds)) for one in (TARGETS if name == "all" else [name]))


def _what(docstring: str | None) -> str:
    return (docstring or "").partition("\n")[0]


def _fuzz(name: str, seconds: int) -> int:
    outcome = fuzz(name, ROOT / "build" / "fuzz", seconds=seconds, each=_EACH, others=True, echo=True)
    for crasher in outcome.crashers:
        print(f"{name}: does not hold for {crasher!r}")
    return 0 if outcome.held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
