"""Inspection of one message: parser and stages, fed while the message arrives.

    octets -> spool (kept for the relay)
           -> walk -> header: stages look at once
                   -> leaf:   decoded into a spool of its own; stages look when it is complete
    end    -> walk -> the same for every other reading of the message
           -> stages look at the whole

The same object serves the SMTP server and `postern scan`. Small parts are inspected on the loop's thread, large ones
on another (YARA and libmagic release the GIL). A stage that raises or overruns its time becomes a finding of
category `inspection-fault`; the other stages go on. The time is for the message as a whole: once it is used up,
nothing more is inspected.

Defects of severity LIMIT become findings of category `not-inspected`. Those of severity SUSPECT become findings of
category `ambiguous` where the message carries anything but text, `ambiguous-text` where it is harmless.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gateway.mime import defect, words
from gateway.mime.defect import DEVIATIONS
from gateway.mime.event import Defect, HeaderComplete, Severity
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.mime.walk import Leaf, Noted, Pause, Seen, Walker
from gateway.model import (
    CATEGORY_AMBIGUOUS,
    CATEGORY_AMBIGUOUS_TEXT,
    CATEGORY_FAULT,
    CATEGORY_NOT_INSPECTED,
    Finding,
    Privacy,
)
from gateway.privacy.marking import Marking
from gateway.spool import Spool
from gateway.stages.base import Context, Message, Part, Stage, StageRun
from gateway.text import charset

_HEADER_CUT = frozenset(
    deviation.name
    for deviation in (defect.HEADER_TOO_LARGE, defect.TOO_MANY_FIELDS, defect.MISSING_SEPARATOR)
)
# What a message of text alone consists of; anything else it carries may be a file.
_TEXT_TYPES = frozenset(
    {
        *(
            "text/plain",
            "text/html",
            "text/enriched",
            "text/x-amp-html",
            "text/markdown",
            "application/x-empty",
        ),
        *("message/delivery-status", "message/disposition-notification", "text/rfc822-headers"),
    }
)
_MAX_AMBIGUITIES = 20  # findings a message
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

    def defect(self, name: str, severity: str) -> None:
        """A message has a defect, once or more often."""
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
    """A line about a part, for `postern scan`. `view` names the reading that shows it, "" for the likeliest one."""

    path: str
    view: str
    content_type: str
    detected_type: str
    filenames: tuple[str, ...]
    size: int

    @property
    def filename(self) -> str | None:
        """The most trusted candidate file name."""
        return self.filenames[0] if self.filenames else None

    @property
    def text(self) -> bool:
        """True where the part is nothing but text to read."""
        types = (self.content_type, self.detected_type or self.content_type)
        return not self.filenames and all(one in _TEXT_TYPES for one in types)


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
        self._spools: weakref.WeakSet[Spool] = weakref.WeakSet()
        self._walker: Walker[Spool] = Walker(inspector.limits, self._new_spool)
        self.raw = Spool(inspector.spool_directory, inspector.spool_memory)
        self.header = Header()
        self._marked = Privacy.UNKNOWN
        self._header_cut = False
        self.findings: list[Finding] = []
        self.defects: list[Noted] = []
        self.parts: list[PartSummary] = []
        self._runs: list[tuple[str, StageRun]] = []
        self._opaque: list[tuple[int, int]] = []
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
        await self._consume(self._walker.feed(data))

    async def finish(self) -> None:
        """The message is complete: parse what is left, let the stages look at the whole."""
        await self._consume(self._walker.close(self.raw))
        if self._marked is Privacy.UNKNOWN and not self._overrun:
            self._marked = Privacy.ORDINARY  # a message without any header has no marking
        self.findings += self._ambiguities()
        message = Message(self.raw, self._opaque)
        seen = sum(end - start for start, end in message.outside_opaque())
        await self._ask(lambda run: run.finish(message), size=seen)
        observer = self._inspector.observer
        for stage, seconds in self._watch.seconds.items():
            observer.stage_time(stage, seconds)
        for name, severity in {one.defect.name: one.defect.severity for one in self.defects}.items():
            observer.defect(name, severity.name.lower())

    def _new_spool(self) -> Spool:
        spool = Spool(self._inspector.spool_directory, self._inspector.spool_memory)
        self._spools.add(spool)
        return spool

    async def _consume(self, steps: Iterator[Leaf[Spool] | Seen | Noted | Pause]) -> None:
        while not self._overrun:
            started = time.perf_counter()
            step = next(steps, None)
            self._watch.total += time.perf_counter() - started
            match step:
                case None:
                    return
                case Leaf():
                    await self._leaf_complete(step)
                    await asyncio.sleep(0)  # a message of many parts must not keep the others waiting
                case Seen():
                    await self._header_complete(step.event)
                case Noted():
                    self.defects.append(step)
                    self._defect(step.defect)
                case Pause():
                    await asyncio.sleep(0)
            if self._watch.total > self._inspector.timeout and not self._overrun:
                self._overrun = True
                self._fault("inspection", TimeoutError())

    async def _header_complete(self, event: HeaderComplete) -> None:
        if not event.message:
            # A subject there is shown instead of the message's own (RFC 9788).
            if event.header.all("content-description") or event.header.all("subject"):
                await self._ask(lambda run: run.header(event.path, event.header), size=0)
            return
        if event.path == "":
            if self._marked is Privacy.UNKNOWN:
                self.header = event.header  # other readings of it come later
            if self._marked is not Privacy.PERSONAL:
                self._marked = self._classify(event.header)
        await self._ask(lambda run: run.header(event.path, event.header), size=0)

    @property
    def privacy(self) -> Privacy:
        """What the marking says; UNKNOWN where it may stand in what could not be read as header."""
        return Privacy.UNKNOWN if self._header_cut and not self._marked.private else self._marked

    def _classify(self, header: Header) -> Privacy:
        marking = self._inspector.marking
        sensitivity = header.decoded_all("sensitivity")
        subjects: Sequence[str | None] = [
            text
            for field in header.all("subject")
            for value in field.values
            for text in words.readings(charset.decode(value, None))
        ] or [None]
        for subject in subjects:
            privacy = marking.classify(subject, sensitivity)
            if privacy.private:
                return privacy
        return Privacy.ORDINARY

    async def _leaf_complete(self, leaf: Leaf[Spool]) -> None:
        if leaf.opaque is not None and leaf.opaque[1] > leaf.opaque[0]:
            self._opaque.append(leaf.opaque)
        start = leaf.start
        part = Part(
            path=start.path,
            kind=start.kind,
            content_type=start.content_type,
            charsets=start.charsets,
            disposition=start.disposition,
            filenames=start.filenames,
            parent_type=start.parent_type,
            body=leaf.body,
            flow=start.flow,
            view=leaf.view,
        )
        try:
            await self._ask(lambda run: run.part(part), size=leaf.body.size, part=part.path)
        finally:
            self.parts.append(
                PartSummary(
                    part.path,
                    part.view,
                    part.content_type,
                    part.detected_type,
                    part.filenames,
                    leaf.body.size,
                )
            )

    def _ambiguities(self) -> Iterator[Finding]:
        """What of the message readers may read otherwise."""
        defects = [noted.defect for noted in self.defects]
        suspect = {(one.name, one.path): one for one in defects if one.severity is Severity.SUSPECT}
        harmless = all(part.text for part in self.parts)
        category = CATEGORY_AMBIGUOUS_TEXT if harmless else CATEGORY_AMBIGUOUS
        for one in list(suspect.values())[:_MAX_AMBIGUITIES]:
            yield Finding("mime", one.name, category, one.path, None, _described(one))

    def _defect(self, found: Defect) -> None:
        # A header that is too large is reported for what follows it, which is part 1.
        if found.path in ("", "1") and found.name in _HEADER_CUT:
            self._header_cut = True
        if found.severity is Severity.LIMIT:
            self.findings.append(
                Finding("mime", found.name, CATEGORY_NOT_INSPECTED, found.path, None, _described(found))
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
        for spool in list(self._spools):
            spool.close()
        self.raw.close()


def _described(found: Defect) -> str:
    return f"{DEVIATIONS[found.name].meaning} (At octet {found.offset}.)"


def _retrieve(future: asyncio.Future[list[Finding]]) -> None:
    if not future.cancelled():
        future.exception()
