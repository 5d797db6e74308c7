"""Journal records that wait in files: owned by one process at a time, and never half there."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.store.journal_table import Row
from gateway.store.spill import Spill, decode, encode

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)


def row(reference: str) -> Row:
    return {
        "reference": reference,
        "at": MOMENT,
        "listener": "inbound",
        "direction": "inbound",
        "client": "192.0.2.7",
        "sender": "jos\u00e9\n@example.org",
        "recipients": ["b@school.example"],
        "size": 1,
        "action": "relay",
        "category": None,
        "clause": None,
        "rule": None,
        "privacy": "ordinary",
        "reply_code": 250,
        "seconds": 0.25,
    }


def taken(spill: Spill) -> list[str]:
    """References in the next free file, which is then removed."""
    waiting = spill.take()
    if waiting is None:
        return []
    references = [str(decode(line)["reference"]) for line in waiting.lines()]
    waiting.remove()
    return references


def test_a_row_survives_as_a_line() -> None:
    line = encode(row("A"))
    assert "\n" not in line
    assert decode(line) == row("A")


def test_a_line_of_another_version_is_read_as_far_as_it_goes() -> None:
    old = '{"reference":"A","at":"2026-03-01T12:00:00+00:00","a_later_column":1}'
    assert decode(old)["reference"] == "A"
    assert "a_later_column" not in decode(old)
    assert set(decode(old)) == set(row("A"))


@pytest.mark.parametrize("line", ["", "{", "[]", "1", '{"reference":"A"}', '{"at":"yesterday"}', '{"at":1}'])
def test_what_is_no_record_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a record"):
        decode(line)


class TestFiles:
    def test_nothing_waits_at_first(self, tmp_path: Path) -> None:
        assert Spill(tmp_path / "spill").take() is None

    def test_a_file_is_its_owners_until_let_go(self, tmp_path: Path) -> None:
        owner, other = Spill(tmp_path / "spill"), Spill(tmp_path / "spill")
        owner.append([row("A")])
        owner.append([row("B"), row("C")])
        assert other.take() is None
        owner.let_go()
        owner.let_go()
        assert taken(other) == ["A", "B", "C"]
        assert list((tmp_path / "spill").iterdir()) == []

    def test_modes_are_narrow(self, tmp_path: Path) -> None:
        spill = Spill(tmp_path / "spill")
        spill.append([row("A")])
        spill.let_go()
        (path,) = (tmp_path / "spill").iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_nothing_to_add_makes_no_file(self, tmp_path: Path) -> None:
        Spill(tmp_path / "spill").append([])
        assert not (tmp_path / "spill").exists()

    def test_the_oldest_comes_first_and_a_full_file_is_let_go(self, tmp_path: Path) -> None:
        spill = Spill(tmp_path, full=1)
        for reference in "ABC":
            spill.append([row(reference)])
        assert [taken(spill) for _ in range(4)] == [["A"], ["B"], ["C"], []]

    def test_two_cannot_take_the_same_file(self, tmp_path: Path) -> None:
        spill = Spill(tmp_path, full=1)
        spill.append([row("A")])
        first = spill.take()
        assert first is not None
        assert spill.take() is None
        first.close()
        assert taken(spill) == ["A"]

    def test_a_file_removed_while_we_waited_is_not_replayed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spill = Spill(tmp_path, full=1)
        spill.append([row("A")])
        real = os.open

        def replayed_by_another(path: Path, flags: int) -> int:
            fd = real(path, flags)
            os.unlink(path)
            return fd

        monkeypatch.setattr(os, "open", replayed_by_another)
        assert spill.take() is None

    def test_the_file_of_a_killed_process_is_free(self, tmp_path: Path) -> None:
        program = """if True:
            import os, signal, sys
            from pathlib import Path
            from gateway.store.spill import Spill, decode
            Spill(Path(sys.argv[1])).append([decode(sys.argv[2])])
            os.kill(os.getpid(), signal.SIGKILL)
        """
        subprocess.run([sys.executable, "-c", program, str(tmp_path), encode(row("A"))])
        assert taken(Spill(tmp_path)) == ["A"]

    def test_half_a_line_is_taken_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        spill = Spill(tmp_path)
        spill.append([row("A")])
        real = os.write
        rooms = iter([10])

        def nearly_full(fd: int, data: bytes) -> int:
            room = next(rooms, 0)
            if not room:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(fd, bytes(data)[:room])

        monkeypatch.setattr(os, "write", nearly_full)
        with pytest.raises(OSError, match="No space left"):
            spill.append([row("B")])
        monkeypatch.undo()
        spill.append([row("C")])
        spill.let_go()
        assert taken(spill) == ["A", "C"]

    def test_a_file_that_cannot_be_made_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(source: Path, target: Path) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "rename", fail)
        with pytest.raises(OSError, match="Input/output"):
            Spill(tmp_path).append([row("A")])
        assert list(tmp_path.iterdir()) == []


def test_a_refused_record_is_kept_with_its_reason(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "spill")
    spill.refuse("{", "not\na record")
    spill.refuse("{}", "no reference")
    path = tmp_path / "spill" / "refused.txt"
    assert path.read_text() == "not a record: {\nno reference: {}\n"
    assert spill.take() is None
