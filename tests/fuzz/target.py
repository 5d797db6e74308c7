"""A fuzz target: a name, a check that raises where an invariant does not hold, and what its inputs are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Check = Callable[[bytes], object]
Seeds = Callable[[bytes], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """One entry point under test.

    `check` takes an input and raises where something does not hold. `seeds` gives the inputs that a whole message leads
    to. `fragments` are pieces that inputs are put together from. `longest` is in octets; `runs` is how many inputs the
    bounded run tries.
    """

    name: str
    check: Check
    seeds: Seeds
    fragments: Sequence[bytes]
    longest: int = 4_096
    runs: int = 2_000


TARGETS: dict[str, Target] = {}


def target(
    name: str, seeds: Seeds, fragments: Sequence[bytes], *, longest: int = 4_096, runs: int = 2_000
) -> Callable[[Check], Check]:
    """Register the function below as the check of target `name`."""

    def register(check: Check) -> Check:
        assert name not in TARGETS
        TARGETS[name] = Target(name, check, seeds, fragments, longest, runs)
        return check

    return register


def options(data: bytes, count: int) -> tuple[list[str], bytes]:
    """An input's first line as `count` words set apart by "|" (missing ones are empty), and the octets behind it."""
    head, _, rest = data.partition(b"\n")
    words = head.decode("latin-1").split("|", count - 1)
    return words + [""] * (count - len(words)), rest


def with_options(words: Iterable[str], rest: bytes) -> bytes:
    """An input that `options` takes apart again."""
    head = "|".join(words).encode("latin-1", "replace").replace(b"\n", b" ")
    return head + b"\n" + rest
