"""The keyword stage: words and phrases in headers, text and file names, as a reader sees them.

Text is every leaf that is declared or detected as text, in each way in which some reader may show it
(gateway.text.reader); of a rule that holds in several of them the strongest hit counts, never their sum. At most
`text_octets` of a message are read, header fields included; where there is more, or more ways to read a leaf than are
tried, the message carries a finding of category `not-inspected`. So it does where further readings of its leaves would
take more than `text_octets` besides, or where a file name is longer than `_LONGEST_NAME`.

Header fields are Subject, and as scope `header` those that people may read (gateway.text.header_text). A field that is
folded is read with the white space of its folds, and without, for readers that leave it out.

Of the header of a part its description is read.

Known limits: text inside documents and archives is not read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import ClassVar

from gateway.mime import words
from gateway.mime.header import Header
from gateway.model import CATEGORY_NOT_INSPECTED, Finding
from gateway.policy.keyword_rules import KeywordHit, KeywordMatcher, Scope
from gateway.stages.base import Context, Part, StageRun
from gateway.text import charset, header_text
from gateway.text.decoding import decodings
from gateway.text.reader import is_text, readings, variants

TEXT_TOO_LONG = "text-too-long"
TEXT_AMBIGUOUS = "text-has-many-readings"

_MARKS = re.compile(rb"[\"\\]|\([^()]*\)")
_LONGEST_NAME = 2_048  # characters of a file name that are read; systems allow 255


class KeywordStage:
    """Rules about words. `silent` are the categories whose findings don't repeat what was found."""

    name: ClassVar[str] = "keyword"

    def __init__(self, matcher: KeywordMatcher, text_octets: int, silent: Collection[str] = ()) -> None:
        """`text_octets` bounds the text that is read of one message."""
        self._matcher = matcher
        self._text_octets = text_octets
        self._silent = frozenset(silent)

    def start(self, context: Context) -> StageRun:
        """A run for one message."""
        return _Run(self._matcher, self._text_octets, self._silent)


class _Run(StageRun):
    def __init__(self, matcher: KeywordMatcher, text_octets: int, silent: frozenset[str]) -> None:
        self._matcher = matcher
        self._left = text_octets
        self._extra = text_octets  # of leaves that are read in several ways, for all ways but the first
        self._silent = silent

    def header(self, path: str, header: Header) -> Iterable[Finding]:
        """Every subject of a message header, and every other field that people may read."""
        hits: list[KeywordHit] = []
        unread = 0
        for field in header.fields:
            scope: Scope = "subject" if field.name == "subject" else "header"
            if scope == "header" and not header_text.is_read(field.name):
                continue
            if len(field.value) > self._left:
                unread += len(field.value)
                continue
            self._left -= len(field.value)
            for value in field.values:
                for text in _texts_of(field.name, value):
                    hits += self._find(text, scope)
        findings = self._findings(hits, path, None) if hits else []
        return [*findings, *self._too_long(unread, path, None)]

    def part(self, part: Part) -> Iterable[Finding]:
        """The file names of a leaf, and its text."""
        findings: list[Finding] = []
        unread = 0
        for name, analysed in zip(part.filenames, part.names, strict=True):
            hits = self._find(name[:_LONGEST_NAME], "filename")
            unread += len(name[_LONGEST_NAME:])
            if hits:
                findings += self._findings(hits, part.path, analysed.shown)
        findings += self._too_long(unread, part.path, None)
        types = [name for name in dict.fromkeys((part.content_type, part.detected_type)) if is_text(name)]
        if types and part.body.size:
            findings += self._text(part, types)
        return findings

    def _text(self, part: Part, types: list[str]) -> list[Finding]:
        filename = part.names[0].shown if part.names else None
        octets = part.body.read(0, self._left)
        read = readings(octets, types, part.charsets, part.flow, self._extra)
        self._extra -= max(len(read.texts) - 1, 0) * len(octets)
        hits = [hit for text in read.texts for hit in self._matcher.find(text, "body")]
        findings = self._findings(hits, part.path, filename) if hits else []
        if not read.complete:
            detail = f"more than {len(read.texts)} ways to read the text"
            findings.append(_not_inspected(TEXT_AMBIGUOUS, part.path, filename, detail))
        self._left -= len(octets)
        return [*findings, *self._too_long(part.body.size - len(octets), part.path, filename)]

    def _find(self, text: str, scope: Scope) -> list[KeywordHit]:
        return [hit for variant in variants(text) for hit in self._matcher.find(variant, scope)]

    def _too_long(self, unread: int, path: str, filename: str | None) -> list[Finding]:
        detail = f"{unread} octets of text were not read"
        return [_not_inspected(TEXT_TOO_LONG, path, filename, detail)] if unread else []

    def _findings(self, hits: list[KeywordHit], path: str, filename: str | None) -> list[Finding]:
        strongest: dict[str, KeywordHit] = {}
        for hit in hits:
            known = strongest.get(hit.rule.id)
            if known is None or hit.count > known.count:
                strongest[hit.rule.id] = hit
        return [
            Finding(KeywordStage.name, rule, hit.rule.category, path, filename, self._detail(hit))
            for rule, hit in strongest.items()
        ]

    def _detail(self, hit: KeywordHit) -> str:
        times = f", {hit.count} times" if hit.count > 1 else ""
        if hit.rule.category in self._silent:
            return times.removeprefix(", ")
        excerpt = f' in "{hit.excerpt}"' if hit.text else ""
        return f'"{hit.term}"{excerpt}{times}'


def _not_inspected(rule: str, path: str, filename: str | None, detail: str) -> Finding:
    return Finding(KeywordStage.name, rule, CATEGORY_NOT_INSPECTED, path, filename, detail)


def _texts_of(name: str, value: bytes) -> tuple[str, ...]:
    if b"\x1b" in value:  # ISO 2022 without encoded-words
        return tuple(one for text in decodings(value, ()) for one in words.readings(text))
    shown = header_text.without_addresses(name, value)
    texts = words.readings(charset.decode(shown, None))
    if shown is value or not _MARKS.search(shown):
        return texts
    # A name of several words, some of them quoted or with comments between them, is shown as one.
    return (*texts, *words.readings(charset.decode(_MARKS.sub(b"", shown), None)))
