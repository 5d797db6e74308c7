"""The keyword stage: words and phrases in subjects, text and file names, as a reader sees them.

Text is every leaf that is declared or detected as text, HTML as a browser shows it. A leaf that is HTML by one of
the two types and plain text by the other is read both ways. At most `text_octets` of a message are read; where there
is more, the message carries a finding of category `not-inspected`.

Known limits: text inside documents and archives is not read. Header fields other than Subject are not searched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

from gateway.mime.header import Header
from gateway.model import CATEGORY_NOT_INSPECTED, Finding
from gateway.policy.filename import analyse
from gateway.policy.keyword_rules import KeywordHit, KeywordMatcher
from gateway.stages.base import Context, Part, StageRun
from gateway.text.reader import readable

TEXT_TOO_LONG = "text-too-long"

_HTML_TYPES = frozenset(
    ["text/html", "text/x-html", "text/x-amp-html", "application/xhtml+xml", "image/svg+xml"]
)
_TEXT_BY_OTHER_NAMES = frozenset(["application/ics", "application/json", "application/xml", *_HTML_TYPES])


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
        self._silent = silent

    def header(self, path: str, header: Header) -> Iterable[Finding]:
        """Every subject of a message header."""
        hits: list[KeywordHit] = []
        for subject in header.decoded_all("subject"):
            hits += self._matcher.find(subject, "subject")
        return self._findings(hits, path, None) if hits else ()

    def part(self, part: Part) -> Iterable[Finding]:
        """The file names of a leaf, and its text."""
        findings: list[Finding] = []
        for name in part.filenames:
            hits = self._matcher.find(name, "filename")
            if hits:
                findings += self._findings(hits, part.path, analyse(name).shown)
        types = [name for name in (part.content_type, part.detected_type) if _may_be_text(name)]
        if types and part.body.size:
            findings += self._text(part, types)
        return findings

    def _text(self, part: Part, types: list[str]) -> list[Finding]:
        filename = analyse(part.filename).shown if part.filename is not None else None
        octets = part.body.read(0, self._left)
        hits: list[KeywordHit] = []
        read_as: set[bool] = set()
        for content_type in types:
            as_html = content_type in _HTML_TYPES
            text = (
                readable(octets, content_type, next(iter(part.charsets), None))
                if as_html not in read_as
                else None
            )
            if text is not None:
                read_as.add(as_html)
                hits += self._matcher.find(text, "body")
        findings = self._findings(hits, part.path, filename) if hits else []
        if len(octets) < part.body.size:
            detail = f"{part.body.size - len(octets)} octets of text were not read"
            findings.append(
                Finding(KeywordStage.name, TEXT_TOO_LONG, CATEGORY_NOT_INSPECTED, part.path, filename, detail)
            )
        self._left -= len(octets)
        return findings

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
        return times.removeprefix(", ") if hit.rule.category in self._silent else f'"{hit.term}"{times}'


def _may_be_text(content_type: str) -> bool:
    return content_type.startswith(("text/", "message/")) or content_type in _TEXT_BY_OTHER_NAMES
