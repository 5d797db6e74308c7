"""Time and memory grow with the input and no faster. Work is counted, not timed: octets written to and read back from
bodies, and calls of functions, Python's and C's."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path
from types import FrameType

import pytest

from gateway.mime.limits import Limits
from gateway.mime.walk import Walker
from gateway.spool import Spool
from gateway.stages.zipnames import list_names
from gateway.text.reader import readings
from tests.fuzz import fragments_files
from tests.fuzz.hostile import CONSTRUCTIONS, nested_in_base64
from tests.fuzz.invariants import Walked, walked

_GROWTH = 2.2  # of work, where the input doubles
_SPARE = 2_000  # calls or octets that a message costs however small it is
_BLOCK = 1 << 16  # octets fed at a time
_IN_MEMORY = 1 << 12  # octets of a leaf that stay in memory
_PEAK = (
    28 << 20
)  # octets of memory, whatever the input: what a block of a body may become, and what limits let through


class Calls:
    """Counts the calls that are made within `with`."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Calls:
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            self.count += 1


def _work(data: bytes) -> tuple[int, int, Walked]:
    with Calls() as calls:
        walk = walked(data)
    return calls.count, walk.work.read + walk.work.written, walk


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_twice_the_input_is_twice_the_work(name: str) -> None:
    make, count = CONSTRUCTIONS[name]
    walked(make(count))  # so that what is remembered between messages counts for neither
    calls, octets, walk = _work(make(count))
    more_calls, more_octets, _ = _work(make(2 * count))
    assert walk.steps
    assert more_calls <= _GROWTH * calls + _SPARE
    assert more_octets <= _GROWTH * octets + _SPARE


@pytest.mark.parametrize("depth", [4, 9, 14])
def test_readings_of_nested_messages_do_not_multiply_without_end(depth: int) -> None:
    limits = Limits(views=20)
    data = nested_in_base64(depth)
    walk = walked(data, limits=limits)
    # Each view and each level of nesting reads no more than the whole, a few times.
    assert walk.work.read <= 8 * (limits.views + depth) * len(data)
    assert len(walk.work.bodies) <= 4 * (limits.views + depth)


_TEXTS = {
    "open tags": b"<p><b>" * 300,
    "open brackets": b"<" * 2_000,
    "comments": b"<!--" * 500,
    "scripts": b"<script>" * 300,
    "styles": b"<style>.a{display:none}" * 150,
    "entities": b"&#0000065;&amp" * 200,
    "attributes": b"<a " + b"x='1' " * 500 + b">",
    "hidden": b"<i hidden>x</i>" * 200,
    "embedded documents": b"<iframe srcdoc='&lt;p&gt;x&lt;/p&gt;'>" * 60,
    "overrides": "\u202eab\u202c".encode() * 300,
    "marks": "a\u0301\u0316".encode() * 500,
    "shifts": b"+AGE-" * 300,
}


@pytest.mark.parametrize("name", _TEXTS)
def test_twice_the_text_is_twice_the_work(name: str) -> None:
    text = _TEXTS[name]
    counts = []
    readings(text, ["text/html"], ["utf-8"])
    for data in (text, text * 2):
        with Calls() as calls:
            readings(data, ["text/html"], ["utf-8"])
        counts.append(calls.count)
    assert counts[1] <= _GROWTH * counts[0] + _SPARE


def test_twice_the_archive_is_twice_the_work() -> None:
    counts = []
    for times in (200, 400):
        data = b"".join(fragments_files.ZIP[:2]) * times + fragments_files.ZIP[2]
        with Calls() as calls:
            assert list_names(data) is not None
        counts.append(calls.count)
    assert counts[1] <= _GROWTH * counts[0] + _SPARE


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_memory_is_bounded_where_leaves_are_kept_on_disk(name: str, tmp_path: Path) -> None:
    make, count = CONSTRUCTIONS[name]
    limits = Limits(views=30, parts=300, header_octets=1 << 17)
    for size in (1 << 17, 1 << 19):
        data = make(count * size // len(make(count)) + 1)
        tracemalloc.start()
        try:
            _pass_through(data, limits, tmp_path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak <= _PEAK


def _pass_through(data: bytes, limits: Limits, folder: Path) -> None:
    """Walk through a message, and keep nothing of it."""
    walker: Walker[Spool] = Walker(limits, lambda: Spool(folder, _IN_MEMORY))
    message = Spool(folder, _IN_MEMORY)
    message.write(data)
    for place in range(0, len(data), _BLOCK):
        for _ in walker.feed(data[place : place + _BLOCK]):
            pass
    for _ in walker.close(message):
        pass
    message.close()
