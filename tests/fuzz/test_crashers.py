"""Every target over every input that once did not hold, over the empty one, and over some seeds; without atheris."""

from __future__ import annotations

import random

import pytest

from tests.fuzz import fragments
from tests.fuzz.crashers import CRASHERS
from tests.fuzz.mutate import Mutator, part
from tests.fuzz.registry import TARGETS

_MADE = 60


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("crasher", CRASHERS)
def test_what_once_failed_holds(target: str, crasher: str) -> None:
    TARGETS[target].check(CRASHERS[crasher])


@pytest.mark.parametrize("target", TARGETS)
def test_little_input_holds(target: str) -> None:
    for octets in (b"", b"\n", b"\r", b"\0", *TARGETS[target].fragments):
        TARGETS[target].check(octets)


@pytest.mark.parametrize("target", TARGETS)
def test_changed_input_holds(target: str) -> None:
    one = TARGETS[target]
    chance = random.Random(target)
    mutator = Mutator(one.fragments, mail=True)
    octets = b""
    for _ in range(_MADE):
        octets = mutator(octets or part(chance, 0), 1_500, chance.randrange(1 << 32))
        one.check(octets)


def test_changes_can_be_repeated_and_keep_to_the_length() -> None:
    mutator = Mutator(fragments.MESSAGES, mail=True)
    for seed in range(300):
        changed = mutator(b"Subject: x\r\n\r\nHello\r\n", 200, seed)
        assert changed == mutator(b"Subject: x\r\n\r\nHello\r\n", 200, seed)
        assert len(changed) <= 200
