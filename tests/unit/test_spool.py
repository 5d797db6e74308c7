"""The spool: the same octets come back, from memory or from disk, and nothing is left behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.spool import BLOCK, Spool

PIECES = st.lists(st.binary(max_size=40), max_size=12)


@given(
    pieces=PIECES,
    limit=st.integers(min_value=0, max_value=100),
    start=st.integers(0, 300),
    length=st.integers(0, 300),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_went_in_comes_out(
    tmp_path: Path, pieces: list[bytes], limit: int, start: int, length: int
) -> None:
    whole = b"".join(pieces)
    spool = Spool(tmp_path, limit)
    for piece in pieces:
        spool.write(piece)
    assert spool.size == len(whole)
    assert spool.in_memory is (len(whole) <= limit)
    assert b"".join(spool.blocks()) == whole
    assert spool.read() == whole
    assert spool.read(start, start + length) == whole[start : start + length]
    assert b"".join(spool.blocks(start, start + length)) == whole[start : start + length]
    with spool.view() as buffer:
        assert buffer[:] == whole
    assert os.listdir(tmp_path) == [], "the file has no name"
    spool.close()
    spool.close()


@pytest.mark.parametrize("limit", [0, 10 * BLOCK])
def test_blocks_are_bounded_and_may_be_read_while_more_is_written(tmp_path: Path, limit: int) -> None:
    spool = Spool(tmp_path, limit)
    spool.write(b"a" * (2 * BLOCK + 5))
    blocks = spool.blocks()
    first = next(blocks)
    spool.write(b"b")
    rest = list(blocks)
    assert max(len(block) for block in [first, *rest]) <= BLOCK
    assert b"".join([first, *rest]) == b"a" * (2 * BLOCK + 5)
    assert spool.read(2 * BLOCK + 5) == b"b"
    spool.close()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("limit", [0, 100])
def test_any_buffer_will_do(tmp_path: Path, kind: type, limit: int) -> None:
    spool = Spool(tmp_path, limit)
    spool.write(b"x")
    spool.write(kind(b"abc"))
    assert spool.read() == b"xabc"
    spool.close()


def test_a_file_system_without_unnamed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def no_tmpfile(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not here")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", no_tmpfile)
    spool = Spool(tmp_path, 3)
    spool.write(b"abcdef")
    assert spool.read() == b"abcdef"
    assert os.listdir(tmp_path) == []
    spool.close()


@pytest.mark.parametrize("first", [b"", b"abcdef"], ids=["spilling", "spilled"])
def test_a_full_disk_is_told_to_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    spool = Spool(tmp_path, 3)
    spool.write(first)

    def full(fd: int, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        spool.write(b"ghijkl")
    monkeypatch.undo()
    spool.close()


def test_short_writes_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:3])))
    spool = Spool(tmp_path, 0)
    spool.write(b"0123456789")
    spool.write(b"abcdefghij")
    monkeypatch.undo()
    assert spool.read() == b"0123456789abcdefghij"
    spool.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "gone", 0)
    with pytest.raises(OSError, match="gone"):
        spool.write(b"x")
    spool.close()


@pytest.mark.parametrize("limit", [0, 100])
def test_nothing_can_be_written_behind_the_end(tmp_path: Path, limit: int) -> None:
    spool = Spool(tmp_path, limit)
    spool.write(b"x")
    spool.close()
    with pytest.raises((ValueError, OSError)):
        spool.write(b"y")


def test_a_file_that_lost_octets_is_noticed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    spool.write(b"0123456789")
    os.ftruncate(spool._fd, 4)
    with pytest.raises(OSError, match="shorter"):
        spool.read()
    spool.close()


def test_the_descriptor_is_given_back(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    kept = [Spool(tmp_path, 0) for _ in range(20)]
    for spool in kept:
        spool.write(b"x")
    assert len(os.listdir("/proc/self/fd")) == before + 20
    for spool in kept[:10]:
        spool.close()
    del kept, spool
    assert len(os.listdir("/proc/self/fd")) == before
