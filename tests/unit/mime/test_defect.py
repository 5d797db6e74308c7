"""The table of defects and the page that documents it."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.mime import defect
from gateway.mime.event import Defect, Severity

PAGE = Path(__file__).parents[3] / "docs" / "defects.md"


def test_the_page_lists_every_defect_as_the_code_has_it() -> None:
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| (\w+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    expected = [(one.name, one.severity.name, one.meaning) for one in defect.DEVIATIONS.values()]
    assert rows == expected


def test_names_are_fit_for_labels() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in defect.DEVIATIONS)


def test_at_makes_the_event() -> None:
    assert defect.BASE64_JUNK.at("2.1", 77) == Defect("base64-junk", Severity.SUSPECT, "2.1", 77)
