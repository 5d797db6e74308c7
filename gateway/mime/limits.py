"""Limits of the MIME parser: what bounds memory and time whatever the input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """One immutable object. Counts are per message, sizes in octets."""

    depth: int = 50
    parts: int = 2_000
    header_octets: int = 1 << 20
    header_fields: int = 5_000
