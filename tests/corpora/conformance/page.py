"""docs/conformance.md, made from what was found: `POSTERN_CORPORA=FOLDER python -m tests.corpora.conformance.page`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from gateway.model import CATEGORY_AMBIGUOUS, CATEGORY_AMBIGUOUS_TEXT, CATEGORY_NOT_INSPECTED
from tests.corpora.conformance.alarms import Alarm, Alarms, alarms
from tests.corpora.conformance.argued import ARGUED
from tests.corpora.conformance.survey import Survey, argued, collections, survey

PAGE = Path(__file__).parents[3] / "docs" / "conformance.md"
ARGUED_HEADING = "## Where we differ, and why\n\n"

_INTRODUCTION = """\
# Conformance

Other mail software comes with messages to test it by, some of them with what a parser should make of them. Here is
how Postern reads these messages. Both tables and both lists are made by
`.venv/bin/python -m tests.corpora.conformance.page`, and tests keep them true where the collections are at hand
(`POSTERN_CORPORA` names the folder). The messages belong to others and are not part of Postern.

## Reading other parsers' messages

Every file of a collection is read as a message, in all readings. Where a collection says what is in a message, and
says so in data rather than in program code, these agree: number of leaves, their types, file names, decoded sizes or
content, and files within TNEF and uuencoded text. Messages are compared with LF and with CRLF where there are
expectations for both.
"""
_WITHIN = """\
Of the other collections, mime-enmime has files that its writer should make, and the rest keep what they expect in
program code.
"""
_ALARMS = """\
## False alarms

Ordinary, wanted mail (“ham”), and how much of it would be held or tagged because it can be read in several ways
(`ambiguous`, `ambiguous-text`) or because a limit of the parser left something unread (`not-inspected`). Under 0.3 %
of each collection may be held; what is tagged is delivered.
"""


def row(surveyed: Survey) -> str:
    """The line of the first table for one collection."""
    compared, differing = len(surveyed.compared), len(surveyed.differing)
    reasons = sum(file in argued(surveyed.collection) for file in surveyed.differing)
    figures = (surveyed.files, surveyed.files - len(surveyed.failed), compared, compared - differing, reasons)
    return _line(surveyed.collection, *(f"{figure:,}" for figure in figures))


def alarm_row(collection: str, group: Alarms) -> str:
    """The line of the second table for one collection."""
    count = Counter(alarm.category for alarm in group.alarms)
    categories = (CATEGORY_AMBIGUOUS, CATEGORY_NOT_INSPECTED, CATEGORY_AMBIGUOUS_TEXT)
    share = f"{100 * len(group.held) / group.messages:.2f} %"
    return _line(
        collection, f"{group.messages:,}", *(f"{count[category]:,}" for category in categories), share
    )


def same_edition(text: str, row: str) -> bool:
    """Whether the page has a line for the collection of `row` with the same number of files or messages."""
    return any(line.split("|")[1:3] == row.split("|")[1:3] for line in text.splitlines())


def differences() -> str:
    """The list of argued differences."""
    parts: list[str] = []
    for entry in ARGUED:
        files = ", ".join(f"`{file}`" for file in entry.files)
        aspects = ", ".join(sorted(entry.aspects))
        parts.append(f"- **{entry.collection}** {files} ({aspects}): {entry.why}\n")
    return "".join(parts)


def _alarm_list(found: Iterable[Alarms]) -> str:
    """Every message that would be held; how many would be tagged, by defect, with an example."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Alarm]] = {}
    for group in found:
        for alarm in group.alarms:
            groups.setdefault((alarm.collection, alarm.category, alarm.names), []).append(alarm)
    lines: list[str] = []
    for (collection, category, names), same in groups.items():
        files = ", ".join(f"`{alarm.file}`" for alarm in (same if same[0].holds else same[:1]))
        number = f"{len(same):,} message{'s' if len(same) > 1 else ''}, such as " if not same[0].holds else ""
        lines.append(f"- **{collection}** {', '.join(names)} ({category}): {number}{files}\n")
    return "".join(lines)


def render(corpora: Path) -> str:
    """The whole page."""
    first = [
        _line("collection", "files", "read", "with expected results", "agree", "argued differences"),
        _line("--", *["--:"] * 5),
        *(row(survey(corpora, collection)) for collection in collections(corpora)),
    ]
    second = [
        _line("collection", "messages", "`ambiguous`", "`not-inspected`", "`ambiguous-text`", "held"),
        _line("--", *["--:"] * 5),
        *(alarm_row(collection, group) for collection, group in alarms(corpora).items()),
    ]
    return "\n".join(
        [
            _INTRODUCTION,
            *first,
            "",
            _WITHIN,
            ARGUED_HEADING + differences(),
            _ALARMS,
            *second,
            "",
            _alarm_list(alarms(corpora).values()),
        ]
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    if "POSTERN_CORPORA" not in os.environ:
        raise SystemExit("Set POSTERN_CORPORA to the folder of the collections.")
    PAGE.write_text(render(Path(os.environ["POSTERN_CORPORA"])))
