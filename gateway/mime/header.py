"""A header: its fields as octets, with their places, and as the text that a reader sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One header field. `name` is lower case; `value` is unfolded, octets as they came, edges trimmed.

    `start` and `end` are octets from the start of the message; `end` is behind the field's last line ending.
    """

    name: str
    value: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of one header, in order."""

    fields: tuple[Field, ...] = ()

    def all(self, name: str) -> list[Field]:
        """Every field of that name (lower case), in order."""
        return [field for field in self.fields if field.name == name]
