"""Size and SHA-256, taken and checked while blocks pass by."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.content import ContentError
from gateway.store.digest import Counted, verified


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_blocks_pass_unchanged_and_are_known_afterwards(blocks: list[bytes]) -> None:
    counted = Counted(blocks)
    assert list(counted) == blocks
    whole = b"".join(blocks)
    assert counted.size == len(whole)
    assert counted.sha256 == hashlib.sha256(whole).hexdigest()
    assert b"".join(verified(iter(blocks), counted.sha256)) == whole


def test_what_differs_never_reaches_its_end() -> None:
    passing = verified([b"one", b"two", b"three"], hashlib.sha256(b"onetwofour").hexdigest())
    assert next(passing) == b"one"
    assert next(passing) == b"two"
    with pytest.raises(ContentError, match="damaged"):
        next(passing)


def test_nothing_where_something_was_is_damage() -> None:
    with pytest.raises(ContentError, match="damaged"):
        list(verified([], hashlib.sha256(b"x").hexdigest()))
