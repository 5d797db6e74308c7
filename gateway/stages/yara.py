"""The YARA stage: rules about octets, put to every decoded leaf and to the message as it stands on the wire.

A leaf that was sent without encoding is part of both, and is matched twice. That is meant: only as a leaf has it
its own offsets and sizes (`uint16(0) == 0x5A4D`), file name and type, and only on the wire does it stand beside the
header and the other parts. It costs some ten microseconds for an ordinary text.

By default the wire form is matched outside well-formed base64 only: there it would be the same content a second
time, in an encoding that rules do not know. `raw="whole"` matches all of it.

Known limits: in a long message a match on the wire that extends over more than 64 KiB may be missed, and positions
that a rule states count from the beginning of a piece. A rule that YARA gives up on is a `not-inspected` finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from gateway.model import CATEGORY_NOT_INSPECTED, Direction, Finding
from gateway.policy.filename import FileName
from gateway.policy.yara_rules import Buffer, Externals, YaraMatcher
from gateway.stages.base import Context, Message, Part, StageRun

Raw = Literal["outside-base64", "whole"]

GIVEN_UP = "yara-gave-up"
TOO_MANY_NAMES = "yara-too-many-names"

_PIECE = 8 << 20  # octets of the wire form that are matched at once
_OVERLAP = 64 << 10
_MAX_NAMES = 8  # distinct candidate names of a leaf for which rules are run
_WIRE_TYPE = "message/rfc822"
_NAMELESS = FileName("", ())
_BETWEEN = b"\r\n"  # stands for what was left out, so that the ends don't grow together


class YaraStage:
    """Compiled rules, what of the raw message they see, and for how many seconds at most they run each time."""

    name: ClassVar[str] = "yara"

    def __init__(self, matcher: YaraMatcher, raw: Raw, timeout: float) -> None:
        self._matcher = matcher
        self._raw = raw
        self._timeout = max(1, round(timeout))

    def start(self, context: Context) -> StageRun:
        """A run for one message."""
        return _Run(self._matcher, self._raw, self._timeout, context.direction)


class _Run(StageRun):
    def __init__(self, matcher: YaraMatcher, raw: Raw, timeout: int, direction: Direction) -> None:
        self._matcher = matcher
        self._raw = raw
        self._timeout = timeout
        self._direction = direction.value
        self._seen: set[str] = set()

    def part(self, part: Part) -> Iterable[Finding]:
        """One decoded leaf."""
        if not part.body.size:
            return ()
        names = part.names
        shown = names[0].shown if names else None
        views = list(
            dict.fromkeys([self._externals(name, part.detected_type) for name in names or (_NAMELESS,)])
        )
        findings: dict[str, Finding] = {}
        if not self._matcher.wants_names:
            del views[1:]
        elif len(views) > _MAX_NAMES:
            findings[TOO_MANY_NAMES] = Finding(
                YaraStage.name,
                TOO_MANY_NAMES,
                CATEGORY_NOT_INSPECTED,
                part.path,
                shown,
                f"{len(views)} names",
            )
        with part.body.view() as data:
            for externals in views[:_MAX_NAMES]:
                for finding in self._match(data, externals, part.path, shown):
                    findings.setdefault(finding.rule, finding)
        self._seen.update(findings)
        return list(findings.values())

    def finish(self, message: Message) -> Iterable[Finding]:
        """The wire form. A rule that held for a leaf already says nothing new here."""
        if not message.raw.size:
            return ()
        externals = Externals(filetype=_WIRE_TYPE, direction=self._direction)
        findings: dict[str, Finding] = {}
        for piece in self._pieces(message):
            for finding in self._match(piece, externals, "", None):
                if finding.rule not in self._seen:
                    findings.setdefault(finding.rule, finding)
        return list(findings.values())

    def _externals(self, name: FileName, detected: str) -> Externals:
        return Externals(next(iter(name.bases), ""), name.extension, detected, self._direction)

    def _match(
        self, data: Buffer, externals: Externals, path: str, filename: str | None
    ) -> Iterator[Finding]:
        result = self._matcher.match(data, externals, self._timeout)
        for rule in result.rules:
            yield Finding(YaraStage.name, rule.id, rule.category, path, filename, rule.file.name)
        for name in result.given_up:
            detail = f'the rule "{name}" matched too often'
            yield Finding(YaraStage.name, GIVEN_UP, CATEGORY_NOT_INSPECTED, path, filename, detail)

    def _pieces(self, message: Message) -> Iterator[Buffer]:
        """The wire form, in one piece where it is small, otherwise in pieces that overlap."""
        if self._raw == "whole":
            spans: Iterable[tuple[int, int]] = [(0, message.raw.size)]
        else:
            spans = message.outside_opaque()
        held = bytearray()
        for start, end in spans:
            if held:
                held += _BETWEEN
            for block in message.raw.blocks(start, end):
                held += block
                if len(held) >= _PIECE:
                    yield held
                    held = held[-_OVERLAP:]
        if held:
            yield held
