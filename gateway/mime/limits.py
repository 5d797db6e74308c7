"""Limits of the MIME parser: what bounds memory and time whatever the input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """One immutable object. Sizes are in octets.

    Per message: `depth` (nesting of multiparts and messages), `parts` (headers of parts and nested messages), `names`
    (candidate file names of all parts; beyond it each part keeps its most trusted one), `views` (other readings that
    are followed) and `decoded_octets` (what all leaves of all readings amount to). Other readings, and what stands
    within leaves, may take as long as parsing `rereading` octets, and `rereading_factor` times the message, besides.
    Per header: `header_octets`, `header_fields`, `readings`. Per field: `field_octets` (how much of a Content-Type or
    Content-Disposition is parsed), `filenames` and `boundaries` (candidates). `boundary_octets` bounds one boundary,
    and `delimiter_octets` what may follow it on its line; together they bound what is held back of a body.
    """

    depth: int = 50
    parts: int = 2_000
    header_octets: int = 1 << 20
    header_fields: int = 5_000
    field_octets: int = 1 << 14
    filenames: int = 64
    boundary_octets: int = 4_096
    delimiter_octets: int = 1_024
    boundaries: int = 8
    names: int = 6_000
    readings: int = 24
    views: int = 256
    decoded_octets: int = 1 << 28
    rereading: int = 4 << 20
    rereading_factor: int = 6
