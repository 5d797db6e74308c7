"""Inspection of one message: parser and stages, fed while the message arrives.

    octets -> spool (kept for the relay)
           -> parser -> header: stages look at once
                     -> leaf:   decoded into a spool of its own; stages look when it is complete
    end    -> stages look at the whole

The same object serves the SMTP server and `postern scan`. Small parts are inspected on the loop's thread, large ones
on another (YARA and libmagic release the GIL). A stage that raises or overruns its time becomes a finding of
category `inspection-fault`; the other stages go on. The time is for the message as a whole: once it is used up,
nothing more is inspected.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gateway.mime import defect
from gateway.mime.event import Defect, Event, HeaderComplete, Kind, LeafData, LeafEnd, LeafStart, Severity
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser
from gateway.model import CATEGORY_FAULT, CATEGORY_NOT_INSPECTED, Finding, Privacy
from gateway.privacy.marking import Marking
from gateway.spool import Spool
from gateway.stages.base import Context, Message, Part, Stage, StageRun

_HEADER_CUT = frozenset(
    deviation.name
    for deviation in (defect.HEADER_TOO_LARGE, defect.TOO_MANY_FIELDS, defect.MISSING_SEPARATOR)
)
# Octets of a part above which only one is inspected at a time: it is mapped into memory whole.
_HEAVY = 8 << 20


class Observer(Protocol):
    """Where times and faults are counted."""

    def stage_time(self, stage: str, seconds: float) -> None:
        """A stage worked for that long on something."""
        ...

    def stage_fault(self, stage: str, error: BaseException) -> None:
        """A stage raised."""
        ...


@dataclass(frozen=True, slots=True)
class Inspector:
    """What is the same for every message: made once a worker."""

    stages: Sequence[Stage]
    limits: Limits
    marking: Marking
    spool_directory: Path | None
    spool_memory: int
    thread_above: int
    timeout: float
    executor: Executor | None
    observer: Observer
    heavy: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


@dataclass(frozen=True, slots=True)
class PartSummary:
    """A line about a part, for `postern scan`."""

    path: str
    content_type: str
    detected_type: str
    filename: str | None
    size: int


@dataclass(slots=True)
class _Stopwatch:
    """Time per stage, summed over a message so that one observation is made at its end."""

    seconds: dict[str, float] = field(default_factory=dict)

    total: float = 0.0

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self.total += seconds


class Inspection:
    """One message under inspection. `close` must be called."""

    def __init__(self, inspector: Inspector, context: Context) -> None:
        self._inspector = inspector
        self._parser = Parser(inspector.limits)
        self.raw = Spool(inspector.spool_directory, inspector.spool_memory)
        self.header = Header()
        self._marked = Privacy.UNKNOWN
        self._header_cut = False
        self.findings: list[Finding] = []
        self.defects: list[Defect] = []
        self.parts: list[PartSummary] = []
        self._runs: list[tuple[str, StageRun]] = []
        self._opaque: list[tuple[int, int]] = []
        self._leaf: LeafStart | None = None
        self._body: Spool | None = None
        self._watch = _Stopwatch()
        self._abandoned = False
        self._overrun = False
        self._start_stages(context)

    def _start_stages(self, context: Context) -> None:
        for stage in self._inspector.stages:
            try:
                self._runs.append((stage.name, stage.start(context)))
            except Exception as error:
                self._fault(stage.name, error)

    async def feed(self, data: bytes) -> None:
        """Take the next octets of the message. Raises OSError where the spool can't be written."""
        self.raw.write(data)
        await self._consume(self._parsed(self._parser.feed, data))

    async def finish(self) -> None:
        """The message is complete: parse what is left, let the stages look at the whole."""
        await self._consume(self._parsed(self._parser.close))
        if self._marked is Privacy.UNKNOWN:
            self._marked = Privacy.ORDINARY  # a message without any header has no marking
        message = Message(self.raw, self._opaque)
        seen = sum(end - start for start, end in message.outside_opaque())
        await self._ask(lambda run: run.finish(message), size=seen)
        for stage, seconds in self._watch.seconds.items():
            self._inspector.observer.stage_time(stage, seconds)

    def _parsed(self, parse: Callable[..., list[Event]], *data: bytes) -> list[Event]:
        started = time.perf_counter()
        try:
            return parse(*data)
        finally:
            self._watch.total += time.perf_counter() - started

    async def _consume(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case LeafData(data=data):
                    if self._body is not None:
                        self._body.write(data)
                case LeafStart():
                    self._leaf = event
                    self._body = Spool(self._inspector.spool_directory, self._inspector.spool_memory)
                case LeafEnd():
                    await self._part_complete(event)
                    await asyncio.sleep(0)  # a message of many parts must not keep the others waiting
                case HeaderComplete():
                    await self._header_complete(event)
                case Defect():
                    self._defect(event)

    async def _header_complete(self, event: HeaderComplete) -> None:
        if not event.message:
            return
        if event.path == "":
            self.header = event.header
            self._marked = self._classify(event.header)
        await self._ask(lambda run: run.header(event.path, event.header), size=0)

    @property
    def privacy(self) -> Privacy:
        """What the marking says; UNKNOWN where it may stand in what could not be read as header."""
        return Privacy.UNKNOWN if self._header_cut and not self._marked.private else self._marked

    def _classify(self, header: Header) -> Privacy:
        marking = self._inspector.marking
        sensitivity = header.decoded_all("sensitivity")
        subjects: Sequence[str | None] = header.decoded_all("subject") or [None]
        for subject in subjects:
            privacy = marking.classify(subject, sensitivity)
            if privacy.private:
                return privacy
        return Privacy.ORDINARY

    async def _part_complete(self, event: LeafEnd) -> None:
        leaf, body = self._leaf, self._body
        if leaf is None or body is None:
            return
        self._leaf = self._body = None
        if event.faithful and event.end > event.start:
            self._opaque.append((event.start, event.end))
        part = Part(
            path=leaf.path,
            kind=leaf.kind,
            content_type=leaf.content_type,
            charsets=leaf.charsets,
            flow=leaf.flow,
            disposition=leaf.disposition,
            filenames=leaf.filenames,
            parent_type=leaf.parent_type,
            body=body,
        )
        try:
            await self._ask(lambda run: run.part(part), size=body.size, part=part.path)
        finally:
            if leaf.kind is Kind.BODY:
                self.parts.append(
                    PartSummary(part.path, part.content_type, part.detected_type, part.filename, body.size)
                )
            if not self._abandoned:
                body.close()

    def _defect(self, found: Defect) -> None:
        self.defects.append(found)
        # A header that is too large is reported for what follows it, which is part 1.
        if found.path in ("", "1") and found.name in _HEADER_CUT:
            self._header_cut = True
        if found.severity is Severity.LIMIT:
            self.findings.append(
                Finding("mime", found.name, CATEGORY_NOT_INSPECTED, found.path, None, f"at {found.offset}")
            )

    async def _ask(
        self, question: Callable[[StageRun], Iterable[Finding]], *, size: int, part: str = ""
    ) -> None:
        """Put `question` to every stage, on another thread where there is much to read."""
        inspector = self._inspector
        if self._overrun:
            return
        if inspector.executor is None or size <= inspector.thread_above:
            self.findings += self._ask_all(question, part)
        elif size <= _HEAVY:
            await self._ask_on_thread(inspector.executor, question, part)
        else:
            async with inspector.heavy:
                await self._ask_on_thread(inspector.executor, question, part)

    async def _ask_on_thread(
        self, executor: Executor, question: Callable[[StageRun], Iterable[Finding]], part: str
    ) -> None:
        future = asyncio.get_running_loop().run_in_executor(executor, self._ask_all, question, part)
        left = max(self._inspector.timeout - self._watch.total, 0.001)
        try:
            self.findings += await asyncio.wait_for(asyncio.shield(future), left)
        except (TimeoutError, asyncio.CancelledError) as error:
            # The thread can't be stopped: what it reads must outlive it, and its own outcome is of no use.
            self._abandoned = True
            future.add_done_callback(_retrieve)
            if isinstance(error, asyncio.CancelledError):
                raise
            self._overrun = True
            self._fault("inspection", error, part)

    def _ask_all(self, question: Callable[[StageRun], Iterable[Finding]], part: str) -> list[Finding]:
        findings: list[Finding] = []
        for name, run in self._runs:
            started = time.perf_counter()
            try:
                findings.extend(question(run))
            except Exception as error:
                findings.append(self._fault_finding(name, error, part))
            self._watch.add(name, time.perf_counter() - started)
        if self._watch.total > self._inspector.timeout and not self._overrun:
            self._overrun = True
            findings.append(self._fault_finding("inspection", TimeoutError(), part))
        return findings

    def _fault(self, stage: str, error: BaseException, part: str = "") -> None:
        self.findings.append(self._fault_finding(stage, error, part))

    def _fault_finding(self, stage: str, error: BaseException, part: str) -> Finding:
        self._inspector.observer.stage_fault(stage, error)
        rule = "overrun" if isinstance(error, TimeoutError) else "crash"
        return Finding(stage, f"{stage}-{rule}", CATEGORY_FAULT, part, None, type(error).__name__)

    def close(self) -> None:
        """Close every stage and give memory and files back."""
        for name, run in self._runs:
            try:
                run.close()
            except Exception as error:
                self._inspector.observer.stage_fault(name, error)
        self._runs.clear()
        if self._abandoned:
            return  # a thread still reads; the spools go with its last reference
        if self._body is not None:
            self._body.close()
        self.raw.close()


def _retrieve(future: asyncio.Future[list[Finding]]) -> None:
    if not future.cancelled():
        future.exception()
