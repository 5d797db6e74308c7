"""What `benchmarks/parse.py` measures: each takes a whole message and reads it, in this process and without a network.

`Parser` is the likeliest reading alone; `Walker` all readings, and what leaves hold; `Inspection` the same with the
stages and rules that ship; `email` is the parser of the standard library, every leaf decoded, for comparison.
"""

from __future__ import annotations

import asyncio
import email.policy
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from gateway.config import shipped
from gateway.inspection import Inspection, Inspector
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser
from gateway.mime.walk import Walker
from gateway.model import Direction
from gateway.policy import ruleset
from gateway.privacy.marking import Marking
from gateway.spool import Spool
from gateway.stages import registry
from gateway.stages.base import Context

Subject = Callable[[bytes], object]
PROFILE = "nexus-mat"
NO_TIME_LIMIT = 86_400.0
_BLOCK = 1 << 17  # octets; about what a socket gives at a time
_MEMORY = 256 << 10  # octets of a leaf before it goes to a file, as `[spool] memory` has it


class _Quiet:
    """An observer that counts nothing."""

    def stage_time(self, stage: str, seconds: float) -> None:
        """Not of interest here."""

    def stage_fault(self, stage: str, error: BaseException) -> None:
        """A stage that fails would make the figures wrong."""
        raise SystemExit(f"the stage {stage} failed: {error!r}")

    def defect(self, name: str, severity: str) -> None:
        """Not of interest here."""


def _blocks(message: bytes) -> Iterator[bytes]:
    for start in range(0, len(message), _BLOCK):
        yield message[start : start + _BLOCK]


def parse(message: bytes, limits: Limits) -> int:
    """The likeliest reading; the number of events."""
    parser = Parser(limits)
    count = 0
    for block in _blocks(message):
        count += len(parser.feed(block))
    return count + len(parser.close())


def walk(message: bytes, limits: Limits) -> int:
    """Every reading; the number of steps."""
    walker = Walker(limits, lambda: Spool(None, _MEMORY))
    raw = Spool(None, _MEMORY)
    count = 0
    for block in _blocks(message):
        raw.write(block)
        count += sum(1 for _ in walker.feed(block))
    count += sum(1 for _ in walker.close(raw))
    raw.close()
    return count


def standard_library(message: bytes) -> int:
    """The standard library's reading, every leaf decoded; the number of octets."""
    parsed = email.message_from_bytes(message, policy=email.policy.compat32)
    return sum(len(part.get_payload(decode=True) or b"") for part in parsed.walk() if not part.is_multipart())


def inspector(limits: Limits) -> Inspector:
    """An inspector with the rules that ship and no limit of time."""
    rules, problems = ruleset.load(shipped("rulesets"), PROFILE)
    if rules is None:
        raise SystemExit("\n".join(map(str, problems)))
    stages = registry.build(registry.StageSettings(), rules)
    return Inspector(
        stages=stages,
        limits=limits,
        marking=Marking(("personal",), ("personal", "private")),
        spool_directory=None,
        spool_memory=_MEMORY,
        thread_above=1 << 62,
        timeout=NO_TIME_LIMIT,
        executor=None,
        observer=_Quiet(),
    )


async def inspect(message: bytes, one: Inspector) -> Inspection:
    """A whole inspection."""
    inspection = Inspection(one, Context(Direction.INBOUND))
    try:
        for block in _blocks(message):
            await inspection.feed(block)
        await inspection.finish()
    finally:
        inspection.close()
    return inspection


def _run(
    runner: asyncio.Runner, make: Callable[[bytes], Coroutine[Any, Any, object]], message: bytes
) -> object:
    return runner.run(make(message))


def subjects(limits: Limits, runner: asyncio.Runner) -> dict[str, Subject]:
    """All four, by name."""
    return {
        "Parser": partial(parse, limits=limits),
        "Walker": partial(walk, limits=limits),
        "Inspection": partial(_run, runner, partial(inspect, one=inspector(limits))),
        "email": standard_library,
    }
