"""Where a key stands in a TOML text. tomllib gives values without places; people need line numbers."""

from __future__ import annotations


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The 1-based line of the key at `path` (table names, array-of-tables indices, key), or of the nearest
    enclosing table that can be found, or None."""
    return None
