"""All targets: importing this module registers every one."""

from __future__ import annotations

from tests.fuzz import targets_files, targets_mime, targets_smtp, targets_text
from tests.fuzz.target import TARGETS, Target

__all__ = ["BROKEN", "TARGETS"]

MODULES = (targets_files, targets_mime, targets_smtp, targets_text)


def _broken(data: bytes) -> None:
    assert b"!?" not in data, "this never holds"


# No target of its own, but for the test that what is found is told.
BROKEN = Target("broken", _broken, lambda _: (), [b"!", b"?", b"!?"])
