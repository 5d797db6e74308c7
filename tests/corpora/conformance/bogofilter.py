"""mime-bogofilter: messages with the words that a spam filter takes from them once they are decoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.corpora.conformance.leaf import Case

_PAIRS = (("mime-qp-cont-with-cr.txt", "mime-qp-cont-with-cr.exp"),)


def cases(folder: Path) -> Iterator[Case]:
    """Each message whose words come from a decoded body. Those of header and part fields are marked, and left out."""
    for message, words in _PAIRS:
        path, expected = folder / "tests/inputs" / message, folder / "tests/outputs" / words
        if path.exists() and expected.exists():
            found = tuple(word for word in expected.read_bytes().split() if b":" not in word)
            yield Case("mime-bogofilter", str(path.relative_to(folder)), path.read_bytes(), words=found)
