"""The collections that carry expected results, and how these are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.corpora.conformance import bogofilter, mime4j, mimekit, mimetools, pairs, stalwart, within
from tests.corpora.conformance.leaf import Case

Reader = Callable[[Path], Iterator[Case]]

LEAVES: dict[str, tuple[Reader, ...]] = {
    "mime-bogofilter": (bogofilter.cases,),
    "mime-gmime": (pairs.gmime,),
    "mime-kde-kmime": (pairs.kmime,),
    "mime-mailutils": (pairs.mailutils,),
    "mime-mime4j": (mime4j.cases,),
    "mime-mimekit": (mimekit.cases, pairs.mimekit),
    "mime-mimetools": (mimetools.cases, pairs.mimetools),
    "mime-stalwart": (stalwart.cases,),
}
"""What stands in a message."""

FILES: dict[str, tuple[Reader, ...]] = {
    "mime-mimekit": (within.tnef,),
    "mime-mimetools": (within.uuencoded,),
}
"""What stands in its leaves."""


def cases(corpora: Path, collection: str) -> Iterator[Case]:
    """All cases of a collection, in a stable order."""
    for reader in (*LEAVES.get(collection, ()), *FILES.get(collection, ())):
        yield from reader(corpora / collection)
