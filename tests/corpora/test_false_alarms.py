"""Ordinary mail is hardly ever held for being ambiguous: a school would switch off a filter that does so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpora.conformance import page
from tests.corpora.conformance.alarms import alarms

pytestmark = pytest.mark.corpora


@pytest.mark.timeout(240)
def test_few_messages_would_be_held(corpora: Path) -> None:
    found = alarms(corpora)
    assert sum(group.messages for group in found.values()) > 5000
    for collection, group in found.items():
        for alarm in group.alarms:
            print(f"{alarm.category}: {collection}/{alarm.file}: {', '.join(alarm.names)}")
        assert len(group.held) < 0.003 * group.messages, [(one.file, one.names) for one in group.held]


def test_page_shows_the_alarms(corpora: Path) -> None:
    text = page.PAGE.read_text()
    for collection, group in alarms(corpora).items():
        row = page.alarm_row(collection, group)
        same_edition = page.same_edition(text, row)
        assert row in text or not same_edition, f"python -m {page.__name__}: {row}"
        unlisted = [alarm.file for alarm in group.held if f"`{alarm.file}`" not in text]
        assert not unlisted or not same_edition
