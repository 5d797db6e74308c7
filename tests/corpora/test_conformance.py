"""Messages that others have parsed: all of them are read, and where their authors say what is in them, we agree.

Where we do not, the difference is argued in `conformance/argued.py`; `docs/conformance.md` shows both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpora.conformance import page
from tests.corpora.conformance.argued import ARGUED
from tests.corpora.conformance.readers import FILES, LEAVES
from tests.corpora.conformance.survey import argued, collections, survey

pytestmark = pytest.mark.corpora


def test_nothing_upsets_the_walk(corpora: Path) -> None:
    for collection in collections(corpora):
        surveyed = survey(corpora, collection)
        assert surveyed.files > 0
        assert not surveyed.failed


@pytest.mark.parametrize("collection", sorted({*LEAVES, *FILES}))
def test_messages_are_read_as_expected(corpora: Path, collection: str) -> None:
    surveyed = survey(corpora, collection)
    assert surveyed.compared, f"no expected results in {corpora / collection}"
    known = argued(collection)
    for file, result in surveyed.compared.items():
        expected = known[file].aspects if file in known else frozenset()
        assert result.aspects == expected, f"{collection}/{file}: {result.lines or 'agrees'}"


def test_what_is_argued_is_in_one_entry_only() -> None:
    files = [(entry.collection, file) for entry in ARGUED for file in entry.files]
    assert len(files) == len(set(files))


def test_page_shows_what_was_found(corpora: Path) -> None:
    text = page.PAGE.read_text()
    assert page.ARGUED_HEADING + page.differences() in text
    for collection in collections(corpora):
        row = page.row(survey(corpora, collection))
        # Another edition of a collection has other figures; the page gives those of the one that it names.
        same_edition = page.same_edition(text, row)
        assert row in text or not same_edition, f"python -m {page.__name__}: {row}"
