"""Files within leaves: what collections expect to be found in TNEF and in text with uuencoded files."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from tests.corpora.conformance import mimetools
from tests.corpora.conformance.leaf import Case, Expected

_TNEF = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
# Names that the collection gives itself: to the text of the message, and to files that have none.
_BODIES = frozenset({"message.rtf", "message.html", "message.txt", "body.rtf", "body.html", "body.txt"})
_NAMELESS = "Untitled"


def tnef(folder: Path) -> Iterator[Case]:
    """mime-mimekit: NAME.tnef with the names of what it holds in NAME.list, and the files in the folder NAME."""
    for path in sorted(folder.rglob("*.tnef")):
        files = _unpacked(path.with_suffix("")) or _listed(path.with_suffix(".list"))
        if files:
            message = _TNEF + base64.encodebytes(path.read_bytes())
            yield Case("mime-mimekit", str(path.relative_to(folder)), message, files=files)


def uuencoded(folder: Path) -> Iterator[Case]:
    """mime-mimetools: lists of parts that were made with uuencoded files taken out."""
    for case in mimetools.cases(folder, uuencoded=True):
        files = tuple(
            Expected(filename=leaf.filename, size=leaf.size) for leaf in case.leaves if leaf.filename
        )
        if files:
            yield Case(case.collection, case.file, case.message, files=files)


def _unpacked(folder: Path) -> tuple[Expected, ...]:
    """The files as they are kept there: those of text have had their line endings changed."""
    return tuple(
        Expected(filename=_name(path.name), data=path.read_bytes(), any_line_ends=True)
        for path in sorted(folder.glob("*"))
        if path.is_file()
    )


def _listed(path: Path) -> tuple[Expected, ...]:
    names = path.read_text("utf-8").splitlines() if path.exists() else []
    return tuple(Expected(filename=name) for name in names if _name(name))


def _name(name: str) -> str | None:
    return None if name.startswith(_NAMELESS) or name in _BODIES else name
