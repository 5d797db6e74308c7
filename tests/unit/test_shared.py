"""The page of memory that the processes of a gateway share."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.shared import SharedState


def test_heartbeats() -> None:
    state = SharedState(3)
    assert state.age(0) == float("inf")
    state.beat(1)
    assert state.age(1) < 60
    assert (state.age(0), state.age(2)) == (float("inf"), float("inf"))
    state.clear(1)
    assert state.age(1) == float("inf")


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b"]), st.booleans()), max_size=60))
@settings(max_examples=50, deadline=None)
def test_counts_are_those_of_all_workers(events: list[tuple[int, str, bool]]) -> None:
    state = SharedState(3)
    inside: dict[tuple[int, str], int] = {}
    for row, key, enters in events:
        if enters:
            inside[row, key] = inside.get((row, key), 0) + 1
            expected = sum(count for (_, other), count in inside.items() if other == key)
            assert state.enter(row, key) == expected
        elif inside.get((row, key)):
            inside[row, key] -= 1
            state.leave(row, key)


def test_the_sessions_of_a_dead_worker_are_forgotten() -> None:
    state = SharedState(2)
    for _ in range(5):
        state.enter(0, "inbound")
    state.enter(1, "inbound")
    state.clear(0)
    assert state.enter(1, "inbound") == 2


def test_a_count_never_goes_round() -> None:
    """Neither below nothing, where a leave comes twice, nor past the end of its two octets."""
    state = SharedState(1)
    state.leave(0, "x")
    assert state.enter(0, "x") == 1
    for _ in range(70_000):
        state.enter(0, "x")
    assert state.enter(0, "x") == 0xFFFF


def test_rows_do_not_touch_each_other() -> None:
    state = SharedState(3)
    keys = [f"inbound/192.0.2.{number}" for number in range(250)]
    for key in keys:
        state.enter(1, key)
    assert (state.age(0), state.age(2)) == (float("inf"), float("inf"))
    state.clear(0)
    state.clear(2)
    assert all(state.enter(0, key) >= 2 for key in keys)


def test_other_processes_see_it() -> None:
    state = SharedState(2)
    pid = os.fork()
    if pid == 0:
        state.beat(1)
        state.enter(1, "inbound")
        os._exit(0)
    os.waitpid(pid, 0)
    assert state.age(1) < 60
    assert state.enter(0, "inbound") == 2
