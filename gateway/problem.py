"""A problem in a file that a technician wrote: where it is, what is wrong, what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Place = tuple[str | int, ...]  # keys and indices, from the outermost inwards

_LONGEST_NAME = 64  # what is longer is no misspelt name, and comparing it would take long


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `key` is dotted ("listener[0].bind"); `line` is 1-based, None where unknown."""

    file: Path
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else f"{self.file}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


def dotted(place: Place) -> str:
    """A place as it is shown: ("listener", 0, "bind") is 'listener[0].bind'."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{shown(step)}" if text else shown(step)
    return text


def closest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `word` was most likely meant to be, or None. Capitals, "-" and "_" are alike."""
    if len(word) > _LONGEST_NAME:
        return None
    names = {_plain(name): name for name in allowed}
    found = difflib.get_close_matches(_plain(word), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A hint for a misspelt name: ' Did you mean "x"?' or ''."""
    close = closest(word, allowed)
    return f' Did you mean "{close}"?' if close else ""


def shown(text: str, limit: int = 40) -> str:
    """`text` from a file, fit to stand in a message: at most `limit` characters, all of them printable."""
    clean = "".join([char if char.isprintable() else "\ufffd" for char in text[: limit + 1].strip()])
    return clean if len(text.strip()) <= limit else clean[: limit - 1] + "…"


def listed(names: Iterable[str], last: str = "or") -> str:
    """Names as a phrase: 'a', 'a or b', 'a, b or c'."""
    *head, tail = list(names) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail
