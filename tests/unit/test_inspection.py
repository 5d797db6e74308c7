"""Inspection: what stages see, and what becomes of stages that crash, hang, or are never finished."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.inspection import Inspection, Inspector
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.model import CATEGORY_FAULT, CATEGORY_NOT_INSPECTED, Direction, Finding, Privacy
from gateway.privacy.marking import Marking
from gateway.spool import Spool
from gateway.stages.base import Context, Message, Part, Stage, StageRun

PLAIN = b"From: a@b.example\r\nSubject: Lunch\r\n\r\nHello.\r\n"
TWO_PARTS = (
    b'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
    b"--x\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n" * 1
    + b"--x--\r\n"
)


class Observer:
    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self.faults: list[tuple[str, str]] = []
        self.defects: list[tuple[str, str]] = []

    def stage_time(self, stage: str, seconds: float) -> None:
        assert stage not in self.times, "one observation a message and stage"
        self.times[stage] = seconds

    def defect(self, name: str, severity: str) -> None:
        self.defects.append((name, severity))

    def stage_fault(self, stage: str, error: BaseException) -> None:
        self.faults.append((stage, type(error).__name__))


class Watcher(StageRun):
    """Writes down what it is shown. `trouble` names the method that raises, or waits for the event."""

    def __init__(self, stage: WatchStage) -> None:
        self.stage = stage

    def _visit(self, method: str, what: Any = None) -> None:
        self.stage.seen.append((method, what))
        self.stage.threads.append(threading.current_thread() is not threading.main_thread())
        if self.stage.crash == method:
            raise RuntimeError("canary")
        if self.stage.hang == method:
            self.stage.release.wait(10)

    def header(self, path: str, header: Header) -> Iterable[Finding]:
        self._visit("header", (path, header.decoded("subject")))
        return ()

    def part(self, part: Part) -> Iterable[Finding]:
        self._visit("part", (part.path, part.content_type, part.body.read()))
        return [Finding(self.stage.name, "seen", "test", part.path, part.filename)]

    def finish(self, message: Message) -> Iterable[Finding]:
        outside = b"".join([message.raw.read(start, end) for start, end in message.outside_opaque()])
        self._visit("finish", outside)
        return ()

    def close(self) -> None:
        self._visit("close")


class WatchStage:
    name: ClassVar[str] = "watch"

    def __init__(self, crash: str = "", hang: str = "") -> None:
        self.crash, self.hang = crash, hang
        self.seen: list[tuple[str, Any]] = []
        self.threads: list[bool] = []
        self.release = threading.Event()

    def start(self, context: Context) -> StageRun:
        assert context.direction is Direction.INBOUND
        if self.crash == "start":
            raise RuntimeError("canary")
        return Watcher(self)

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.seen)


class Inspected:
    """An inspection that has run to its end and was closed."""

    def __init__(
        self, folder: Path | None, stages: Sequence[Stage], message: bytes = PLAIN, cuts: Sequence[int] = (),
        *, executor: ThreadPoolExecutor | None = None, thread_above: int = 1 << 20, timeout: float = 5,
        limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.observer = Observer()
        inspector = Inspector(
            stages, limits or Limits(), Marking(["personal"], ["private"]), folder, 64, thread_above, timeout,
            executor, self.observer,
        )  # fmt: skip
        asyncio.run(self._run(inspector, message, cuts))

    async def _run(self, inspector: Inspector, message: bytes, cuts: Sequence[int]) -> None:
        inspection = self.inspection = Inspection(inspector, Context(Direction.INBOUND))
        try:
            edges = [0, *sorted(cuts), len(message)]
            for start, end in itertools.pairwise(edges):
                await inspection.feed(message[start:end])
            await inspection.finish()
            self.raw = inspection.raw.read()
        finally:
            inspection.close()
        self.findings = inspection.findings


def test_a_stage_sees_everything_in_order(tmp_path: Path) -> None:
    stage = WatchStage()
    inspected = Inspected(tmp_path, [stage], TWO_PARTS)
    assert [method for method, _ in stage.seen] == ["header", "part", "part", "finish", "close"]
    assert stage.seen[0] == ("header", ("", "x"))
    assert stage.seen[1] == ("part", ("1", "text/plain", b"Hello."))
    assert stage.seen[2] == ("part", ("2", "application/pdf", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assert b"Hello." in stage.seen[3][1]
    assert b"QUJDREVG" not in stage.seen[3][1], "what was decoded is not looked at a second time"
    assert inspected.raw == TWO_PARTS
    assert [
        (part.path, part.content_type, part.filename, part.size) for part in inspected.inspection.parts
    ] == [
        ("1", "text/plain", None, 6),
        ("2", "application/pdf", "a.pdf", 26),
    ]
    assert list(inspected.observer.times) == ["watch"]


@given(cuts=st.lists(st.integers(0, len(TWO_PARTS)), max_size=20))
@settings(max_examples=60, deadline=None)
def test_how_the_message_is_cut_makes_no_difference(cuts: list[int]) -> None:
    whole, cut = WatchStage(), WatchStage()
    assert Inspected(None, [whole], TWO_PARTS).findings == Inspected(None, [cut], TWO_PARTS, cuts).findings
    assert whole.seen == cut.seen


@pytest.mark.parametrize("method", ["start", "header", "part", "finish"])
def test_a_crash_is_a_finding_and_the_other_stages_go_on(tmp_path: Path, method: str) -> None:
    broken, sound = WatchStage(crash=method), WatchStage()
    inspected = Inspected(tmp_path, [broken, sound])
    faults = [finding for finding in inspected.findings if finding.category == CATEGORY_FAULT]
    assert [(fault.stage, fault.rule, fault.detail) for fault in faults] == [
        ("watch", "watch-crash", "RuntimeError")
    ]
    assert ("watch", "RuntimeError") in inspected.observer.faults
    assert [name for name, _ in sound.seen] == ["header", "part", "finish", "close"]
    assert any(finding.rule == "seen" for finding in inspected.findings)
    assert broken.count("close") == (0 if method == "start" else 1)


def test_large_parts_are_inspected_beside_the_loop(tmp_path: Path) -> None:
    stage = WatchStage()
    with ThreadPoolExecutor(1) as executor:
        Inspected(tmp_path, [stage], TWO_PARTS, executor=executor, thread_above=10)
    where = dict(zip([method for method, _ in stage.seen], stage.threads, strict=True))
    assert not where["header"]
    assert where["part"]
    assert where["finish"]


def large(parts: int) -> bytes:
    body = b"".join([b"--x\r\nContent-Type: text/plain\r\n\r\n" + b"word " * 300 + b"\r\n"] * parts)
    return (
        b'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
        + body
        + b"--x--\r\n"
    )


@pytest.mark.parametrize("method", ["part", "finish"])
def test_a_stage_that_overruns_is_a_finding(tmp_path: Path, method: str) -> None:
    stage = WatchStage(hang=method)
    with ThreadPoolExecutor(4) as executor:
        inspected = Inspected(tmp_path, [stage], large(1), executor=executor, thread_above=1000, timeout=0.05)
        stage.release.set()
    faults = [finding for finding in inspected.findings if finding.category == CATEGORY_FAULT]
    assert [fault.rule for fault in faults] == ["inspection-overrun"]
    assert ("inspection", "TimeoutError") in inspected.observer.faults


def test_the_time_is_for_the_message_not_for_each_part(tmp_path: Path) -> None:
    """`inspection.timeout` bounds a message (config/postern.toml). Were it given to each part anew, a message of
    2,000 parts would keep its sender, and threads, for a day."""
    stage = WatchStage(hang="part")
    with ThreadPoolExecutor(8) as executor:
        inspected = Inspected(tmp_path, [stage], large(8), executor=executor, thread_above=1000, timeout=0.05)
        stage.release.set()
    assert any(finding.category == CATEGORY_FAULT for finding in inspected.findings)
    assert stage.count("part") <= 1, f"{stage.count('part')} parts were begun, each after the time was over"


def test_an_overrun_on_the_loop_is_noticed_too(tmp_path: Path) -> None:
    stage = WatchStage(hang="part")
    threading.Timer(0.3, stage.release.set).start()
    inspected = Inspected(tmp_path, [stage], PLAIN, timeout=0.05)
    assert [finding.rule for finding in inspected.findings if finding.category == CATEGORY_FAULT]


def test_what_a_stage_still_reads_after_an_overrun_outlives_the_message(tmp_path: Path) -> None:
    read: list[bytes] = []

    class Late(Watcher):
        def part(self, part: Part) -> Iterable[Finding]:
            self.stage.release.wait(10)
            read.append(part.body.read())
            return ()

    class LateStage(WatchStage):
        def start(self, context: Context) -> StageRun:
            return Late(self)

    stage = LateStage()
    with ThreadPoolExecutor(1) as executor:
        Inspected(tmp_path, [stage], large(1), executor=executor, thread_above=1000, timeout=0.05)
        stage.release.set()
    assert read == [b"word " * 300]


def test_no_spool_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Spool] = []

    class Counted(Spool):
        __slots__ = ()

        def __init__(self, directory: Path | None, memory_limit: int) -> None:
            super().__init__(directory, memory_limit)
            made.append(self)

    monkeypatch.setattr("gateway.inspection.Spool", Counted)
    Inspected(tmp_path, [WatchStage(crash="part"), WatchStage(crash="close")], TWO_PARTS + b"x" * 1000)
    assert len(made) >= 3
    assert all(spool._fd == -1 and spool._memory is None for spool in made)


def test_a_message_that_breaks_off_is_closed_all_the_same(tmp_path: Path) -> None:
    async def work() -> None:
        inspector = Inspector(
            [stage], Limits(), Marking([], []), tmp_path, 64, 1 << 20, 5, None, Observer()
        )  # fmt: skip
        inspection = Inspection(inspector, Context(Direction.INBOUND))
        await inspection.feed(TWO_PARTS[:150])
        inspection.close()
        inspection.close()

    stage = WatchStage()
    asyncio.run(work())
    assert stage.count("close") == 1


def test_what_went_over_a_limit_is_never_called_clean(tmp_path: Path) -> None:
    inspected = Inspected(tmp_path, [WatchStage()], large(4), limits=Limits(parts=2))
    assert CATEGORY_NOT_INSPECTED in {finding.category for finding in inspected.findings}


# --- marking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "privacy"),
    [
        (b"Subject: =?utf-8?B?W1BlcnNvb?= =?utf-8?B?mFsXQ==?= x\r\n", Privacy.PERSONAL),
        (b"Subject: [Pers\r\n onal] x\r\n", Privacy.PERSONAL),
        (b"Subject: Lunch\r\n", Privacy.ORDINARY),
        (b"Subject: [Personal] Lunch\r\n", Privacy.PERSONAL),
        (b"Subject: Re: [Personal] Lunch\r\n", Privacy.PERSONAL),
        (b"Subject: =?utf-8?q?=5BPersonal=5D_Lunch?=\r\n", Privacy.PERSONAL),
        (b"Subject:\r\n [Personal]\r\n Lunch\r\n", Privacy.PERSONAL),
        (b"sEnSiTiViTy: Private\r\n", Privacy.PERSONAL),
        (b"Subject: Lunch\r\nSubject: [Personal] Lunch\r\n", Privacy.PERSONAL),
        (b"Sensitivity: Normal\r\nSensitivity: Private\r\n", Privacy.PERSONAL),
        (b"Subject: Personal statement deadline\r\n", Privacy.ORDINARY),
        (b"X: y\r\n", Privacy.ORDINARY),
        (b"", Privacy.ORDINARY),
    ],
)
def test_privacy_is_read_from_the_header(header: bytes, privacy: Privacy) -> None:
    inspected = Inspected(None, [], header + b"\r\n[Personal] in the body\r\n")
    assert inspected.inspection.privacy is privacy


def test_a_mark_in_a_forwarded_message_marks_that_one_only() -> None:
    message = (
        b"Subject: Fwd\r\nContent-Type: message/rfc822\r\n\r\nSubject: [Personal] Lunch\r\n\r\nHello.\r\n"
    )
    assert Inspected(None, [], message).inspection.privacy is Privacy.ORDINARY


def test_until_its_header_is_read_a_message_counts_as_private() -> None:
    inspector = Inspector([], Limits(), Marking(["personal"], []), None, 64, 1 << 20, 5, None, Observer())
    inspection = Inspection(inspector, Context(Direction.INBOUND))
    assert inspection.privacy.private
    asyncio.run(inspection.feed(b"From: a@b.example\r\nSubj"))
    assert inspection.privacy.private
    inspection.close()


@pytest.mark.parametrize(
    "message",
    [
        b"X: y\r\n" * 30 + b"Subject: [Personal] Lunch\r\n\r\nHello\r\n",
        b"X: " + b"y" * 400 + b"\r\nSubject: [Personal] Lunch\r\n\r\nHello\r\n",
    ],
    ids=["behind many fields", "behind a long field"],
)
def test_a_marking_that_was_not_reached_may_be_there(tmp_path: Path, message: bytes) -> None:
    """What is not known to be ordinary is treated as private."""
    inspected = Inspected(tmp_path, [], message, limits=Limits(header_fields=20, header_octets=300))
    assert inspected.inspection.privacy.private
