"""Durable writing and the content files of the quarantine."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Client, Direction, new_reference
from gateway.store import content
from gateway.store.content import (
    ContentError,
    ContentFolder,
    StoredEnvelope,
    make_folder,
    valid_reference,
    write_durably,
)

MESSAGE = b"Subject: Caf\xe9\r\n\r\nbare\nLF, bare\rCR, NUL \x00, no end"


def envelope(reference: str, **changes: object) -> StoredEnvelope:
    fields: dict[str, object] = {
        "reference": reference,
        "received_at": datetime(2026, 3, 1, 9, 30, 0, 125_000, tzinfo=UTC),
        "listener": "inbound",
        "direction": Direction.INBOUND,
        "client": Client("192.0.2.7", 40_000, "mail.example", True),
        "sender": "a@example.org",
        "recipients": ("b@school.example", "c@school.example"),
        "body": "8BITMIME",
        "smtputf8": False,
    }
    return StoredEnvelope(**{**fields, **changes})  # type: ignore[arg-type]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class Recorder:
    """Which system calls were made, in order, on what."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, str]] = []
        real_fsync, real_rename, real_mkdir = os.fsync, os.rename, os.mkdir

        def fsync(fd: int) -> None:
            self.calls.append(("fsync", os.readlink(f"/proc/self/fd/{fd}")))
            real_fsync(fd)

        def rename(source: Path, target: Path) -> None:
            self.calls.append(("rename", str(target)))
            real_rename(source, target)

        def mkdir(path: Path, mode: int) -> None:
            self.calls.append(("mkdir", str(path)))
            real_mkdir(path, mode)

        patch.setattr(os, "fsync", fsync)
        patch.setattr(os, "rename", rename)
        patch.setattr(os, "mkdir", mkdir)


class TestWriteDurably:
    def test_writes_all_blocks_with_narrow_modes(self, tmp_path: Path) -> None:
        path = write_durably(tmp_path / "a" / "b", "name", [b"one", b"", b"two"])
        assert path == tmp_path / "a" / "b" / "name"
        assert path.read_bytes() == b"onetwo"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert files(tmp_path) == ["a/b/name"]

    def test_order_is_file_then_rename_then_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recorder = Recorder(monkeypatch)
        target = write_durably(tmp_path / "new", "name", [b"x"])
        kinds = [kind for kind, _ in recorder.calls]
        assert kinds == ["mkdir", "fsync", "fsync", "rename", "fsync"]
        assert recorder.calls[1] == ("fsync", str(tmp_path))  # the new folder's entry
        assert "name" in recorder.calls[2][1]
        assert recorder.calls[3:] == [("rename", str(target)), ("fsync", str(tmp_path / "new"))]

    def test_the_temporary_file_grows_in_the_staging_folder(self, tmp_path: Path) -> None:
        seen: list[list[str]] = []

        def blocks() -> Iterator[bytes]:
            yield b"x"
            seen.append(files(tmp_path))

        write_durably(tmp_path / "new", "name", blocks(), staging=tmp_path / "tmp")
        assert len(seen[0]) == 1
        assert seen[0][0].startswith("tmp/.name.")
        assert files(tmp_path) == ["new/name"]

    def test_short_writes_are_continued(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.write
        monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:3]))
        assert write_durably(tmp_path, "name", [b"abcdefgh"]).read_bytes() == b"abcdefgh"

    @pytest.mark.parametrize("call", ["write", "fsync", "rename", "close"])
    def test_nothing_is_left_when_a_call_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        real_close = os.close

        def fail(*args: int) -> None:
            if call == "close":
                real_close(args[0])
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, call, fail)
        with pytest.raises(OSError, match="No space left"):
            write_durably(tmp_path, "name", [b"x"])
        monkeypatch.undo()
        assert files(tmp_path) == []

    def test_nothing_is_left_when_the_folder_cannot_be_synchronised(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(folder: Path) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(content, "fsync_folder", fail)
        with pytest.raises(OSError, match="Input/output"):
            write_durably(tmp_path, "name", [b"x"])
        assert files(tmp_path) == []

    def test_nothing_is_left_when_the_blocks_fail(self, tmp_path: Path) -> None:
        def blocks() -> Iterator[bytes]:
            yield b"some"
            raise RuntimeError("spool")

        with pytest.raises(RuntimeError, match="spool"):
            write_durably(tmp_path, "name", blocks())
        assert files(tmp_path) == []

    def test_nothing_is_left_when_the_disk_is_really_full(self, tmp_path: Path) -> None:
        program = """
            import resource, sys
            from pathlib import Path
            from gateway.store.content import write_durably
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            try:
                write_durably(Path(sys.argv[1]), "name", [b"x" * 65_536] * 4)
            except OSError as error:
                print(error.errno)
        """
        command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(errno.EFBIG)
        assert files(tmp_path) == []

    @pytest.mark.parametrize("name", ["", "a/b", "../up", "a\0b"])
    def test_refuses_what_is_no_file_name(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="not a file name"):
            write_durably(tmp_path, name, [b"x"])

    def test_a_file_in_the_place_of_a_folder_is_an_oserror(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(OSError, match=r"Not a directory|File exists"):
            write_durably(tmp_path / "file", "name", [b"x"])


def test_make_folder_synchronises_each_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert recorder.calls == [
        ("mkdir", str(tmp_path / "a")),
        ("fsync", str(tmp_path)),
        ("mkdir", str(tmp_path / "a" / "b")),
        ("fsync", str(tmp_path / "a")),
    ]


class TestStoredEnvelope:
    def test_is_one_line_of_ascii(self) -> None:
        line = envelope(new_reference(), sender="jos\u00e9\n@example.org").encode()
        assert line.isascii()
        assert line.index(b"\n") == len(line) - 1

    def test_comes_back_in_utc(self) -> None:
        local = datetime(2026, 7, 1, 10, 0, tzinfo=timezone(timedelta(hours=1)))
        stored = envelope(new_reference(), received_at=local)
        read = StoredEnvelope.decode(stored.encode())
        assert read == stored
        assert read.received_at.utcoffset() == timedelta(0)

    @given(
        st.text(st.characters(codec="utf-8") | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)),
        st.lists(st.text(), max_size=3),
    )
    def test_keeps_any_address(self, sender: str, recipients: list[str]) -> None:
        stored = envelope("01J" + "0" * 23, sender=sender, recipients=tuple(recipients))
        assert StoredEnvelope.decode(stored.encode()) == stored

    def test_gives_an_envelope_for_a_new_transaction(self) -> None:
        smtp = envelope(new_reference(), smtputf8=True).envelope
        assert (smtp.sender, smtp.recipients) == ("a@example.org", ["b@school.example", "c@school.example"])
        assert (smtp.body, smtp.smtputf8) == ("8BITMIME", True)

    @pytest.mark.parametrize(
        "line", [b"", b"\n", b"[]\n", b"{}\n", b'{"version":1}\n', b"\xff\n", b"null\n", b'{"version":1,\n']
    )
    def test_refuses_what_is_no_envelope(self, line: bytes) -> None:
        with pytest.raises(ContentError):
            StoredEnvelope.decode(line)

    def test_refuses_a_later_form(self) -> None:
        line = envelope(new_reference()).encode().replace(b'"version":1', b'"version":2')
        with pytest.raises(ContentError, match="form 2"):
            StoredEnvelope.decode(line)


class TestContentFolder:
    def test_gives_back_what_it_took(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(content, "BLOCK", 7)
        folder, reference = ContentFolder(tmp_path), new_reference()
        stored = envelope(reference)
        path = folder.write(stored, [MESSAGE[:5], MESSAGE[5:]])
        assert path == tmp_path / reference[-2:] / f"{reference}.msg"
        assert path.read_bytes() == stored.encode() + MESSAGE
        assert folder.envelope(reference) == stored
        assert folder.size(reference) == len(MESSAGE)
        blocks = list(folder.blocks(reference))
        assert b"".join(blocks) == MESSAGE
        assert max(map(len, blocks)) == 7

    def test_an_empty_message_stays_empty(self, tmp_path: Path) -> None:
        folder, reference = ContentFolder(tmp_path), new_reference()
        folder.write(envelope(reference), [])
        assert folder.size(reference) == 0
        assert list(folder.blocks(reference)) == []

    def test_references_of_one_moment_are_spread(self, tmp_path: Path) -> None:
        folder = ContentFolder(tmp_path)
        assert len({folder.path(new_reference()).parent for _ in range(500)}) > 200

    def test_never_replaces_content(self, tmp_path: Path) -> None:
        folder, reference = ContentFolder(tmp_path), new_reference()
        folder.write(envelope(reference), [b"first"])
        with pytest.raises(FileExistsError):
            folder.write(envelope(reference), [b"second"])
        assert list(folder.blocks(reference)) == [b"first"]

    def test_a_shelf_made_by_another_process_is_synchronised_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference = new_reference()
        (tmp_path / reference[-2:]).mkdir()
        recorder = Recorder(monkeypatch)
        ContentFolder(tmp_path).write(envelope(reference), [b"x"])
        assert ("fsync", str(tmp_path)) in recorder.calls

    def test_absent_content_is_an_error_that_says_so(self, tmp_path: Path) -> None:
        folder, reference = ContentFolder(tmp_path), new_reference()
        with pytest.raises(ContentError, match="no content"):
            folder.envelope(reference)
        with pytest.raises(ContentError, match="no content"):
            list(folder.blocks(reference))
        assert folder.modified(reference) is None
        assert folder.remove(reference) is False

    def test_removes(self, tmp_path: Path) -> None:
        folder, reference = ContentFolder(tmp_path), new_reference()
        folder.write(envelope(reference), [b"x"])
        assert folder.remove(reference) is True
        assert files(tmp_path) == []

    @pytest.mark.parametrize(
        "reference", ["", "../../etc/passwd", "0" * 25, "0" * 27, "0" * 25 + "/", "é" * 26]
    )
    def test_only_references_become_paths(self, tmp_path: Path, reference: str) -> None:
        assert not valid_reference(reference)
        with pytest.raises(ValueError, match="not a reference"):
            ContentFolder(tmp_path).path(reference)

    def test_lists_content_and_nothing_else(self, tmp_path: Path) -> None:
        folder = ContentFolder(tmp_path / "quarantine")
        assert list(folder.references()) == []
        wanted = {new_reference() for _ in range(5)}
        for reference in wanted:
            folder.write(envelope(reference), [b"x"])
        (folder.folder / "README").write_text("a file among the shelves")
        (folder.folder / "AA").mkdir(exist_ok=True)
        (folder.folder / "AA" / "notes.msg").write_text("not a reference")
        assert set(folder.references()) == wanted

    def test_clears_away_only_old_unfinished_files(self, tmp_path: Path) -> None:
        folder, reference = ContentFolder(tmp_path), new_reference()
        path = folder.write(envelope(reference), [b"x"])
        old, fresh = path.parent / ".old.msg.abc.tmp", path.parent / ".fresh.msg.abc.tmp"
        for unfinished in (old, fresh):
            unfinished.write_bytes(b"half")
        os.utime(old, (1_000_000_000, 1_000_000_000))
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert folder.remove_unfinished(datetime.now(UTC) - timedelta(hours=1)) == 1
        assert set(path.parent.iterdir()) == {path, fresh}
