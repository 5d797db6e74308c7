"""A problem in a file that a technician wrote: where it is, what is wrong, what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


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


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A hint for a misspelt name: ' Did you mean "x"?' or ''."""
    close = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""
