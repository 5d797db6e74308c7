"""A header: its fields as octets, with their places, and as the text that a reader sees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from gateway.mime import words

_FOLD = re.compile(rb"(?:\r\n?|\n)[ \t\v\f]*+")


class Field(NamedTuple):
    """One header field. `name` is lower case; `value` is unfolded, octets as they came, edges trimmed.

    `start` and `end` are octets from the start of the message; `end` is behind the field's last line ending.
    `odd` is true where the name was written in a way that some readers do not accept. `lines` is the value
    with its line endings, where it was folded; else empty.
    """

    name: str
    value: bytes
    start: int
    end: int
    odd: bool = False
    lines: bytes = b""

    @property
    def values(self) -> tuple[bytes, ...]:
        """The value as readers have it: with the white space of its folds, and without."""
        return (self.value, self.unspaced) if self.lines else (self.value,)

    @property
    def unspaced(self) -> bytes:
        """The value without the white space of its folds, where it was folded; else empty."""
        return _FOLD.sub(b"", self.lines) if self.lines else b""


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of one header, in order."""

    fields: tuple[Field, ...] = ()

    def all(self, name: str) -> list[Field]:
        """Every field of that name (lower case), in order."""
        return [field for field in self.fields if field.name == name]

    def decoded(self, name: str) -> str | None:
        """The first field of that name (lower case) as a reader sees it, encoded-words decoded, or None."""
        for field in self.fields:
            if field.name == name:
                return words.decode_octets(field.value)
        return None

    def decoded_all(self, name: str) -> list[str]:
        """Every field of that name (lower case) as a reader sees it, in order."""
        return [words.decode_octets(field.value) for field in self.fields if field.name == name]
