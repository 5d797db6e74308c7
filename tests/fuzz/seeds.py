"""Inputs to begin with: what the recipes of `tests.support.evasion` make, and what of it each target takes.

Where the environment names a folder of message collections in POSTERN_CORPORA, a long run begins with those too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.fuzz.target import Target
from tests.support.evasion.catalogue import recipes

_LARGEST = 12_000  # octets of a message that seeds are made of
_MESSAGE_SUFFIXES = (".eml", ".msg", ".mbox", ".txt", "")
_MOST_FILES = 3_000


def messages(each: int) -> Iterator[bytes]:
    """Up to `each` messages of every recipe, spread over its variants."""
    for one in recipes():
        made = [octets for _, octets in one.make() if len(octets) <= _LARGEST]
        yield from made[:: max(len(made) // each, 1)][:each]


def collected() -> Iterator[bytes]:
    """Messages of others, where there are any."""
    folder = os.environ.get("POSTERN_CORPORA")
    if not folder:
        return
    count = 0
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in _MESSAGE_SUFFIXES and path.is_file() and path.stat().st_size <= _LARGEST:
            yield path.read_bytes()
            count += 1
            if count == _MOST_FILES:
                return


def write_seeds(
    targets: Collection[Target], folder: Path, *, each: int, others: bool, most: int | None = None
) -> None:
    """Write what each target begins with into `folder`/NAME/seeds, each input once; `most` of them at most."""
    folders = {target.name: folder / target.name / "seeds" for target in targets}
    for one in folders.values():
        one.mkdir(parents=True, exist_ok=True)
    for source in (messages(each), collected()) if others else (messages(each),):
        for message in source:
            for target in targets:
                for seed in target.seeds(message):
                    if 0 < len(seed) <= target.longest:
                        _written(seed, folders[target.name])
    for target in targets:
        for fragment in target.fragments:
            _written(fragment, folders[target.name])
        if most is not None:
            for path in sorted(folders[target.name].iterdir())[most:]:
                path.unlink()


def _written(octets: bytes, folder: Path) -> None:
    (folder / hashlib.sha256(octets).hexdigest()[:20]).write_bytes(octets)
