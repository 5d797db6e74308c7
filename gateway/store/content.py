"""Durable files: written whole or not at all, and on the disk before anything is promised.

`write_durably` serves everything that must survive a power cut. `ContentFolder` keeps the content of the
quarantine with it, one file a message:

    FOLDER/ZZ/REFERENCE.msg     ZZ: the last two characters of the reference (the first ones are the time)

    one line of JSON, ASCII only, ended by LF: the envelope
    the octets of the message exactly as received (RFC 5321 dot transparency removed, CRLF kept)

Envelope and content become durable by one rename, so that a file without a row in the database still explains
itself. A change of this form raises `FORMAT`; a file of a later form is refused, never guessed at.

Known limits: the content is not encrypted. The folder must be on a file system where rename is atomic and
fsync is honoured (ext4, XFS, Btrfs, ZFS).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from gateway.model import Client, Direction, Envelope

FORMAT = 1
BLOCK = 1 << 18  # octets read back at a time
_REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_SUFFIX = ".msg"
_TEMPORARY = ".tmp"


class ContentError(OSError):
    """A content file that is missing, or is not what it should be."""


def fsync_folder(folder: Path) -> None:
    """Make the entries of `folder` durable. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Create `folder` and its missing parents, each durable in the folder above it. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, mode)
    fsync_folder(folder.parent)


def write_all(fd: int, block: bytes | bytearray | memoryview) -> None:
    """Write the whole of `block`, however little the system takes at a time. Raises OSError."""
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]


def write_durably(folder: Path, name: str, blocks: Iterable[bytes], *, staging: Path | None = None) -> Path:
    """Write `blocks` to `folder/name` so that it survives a power cut once this returns the path.

    The file grows under a temporary name in `staging` (default: `folder`; same file system), mode 0600, and
    replaces an older one of the same name. Folders that are missing are made. On any error nothing of it is
    left behind: raises OSError, or what iterating over `blocks` raised.
    """
    if not name or "/" in name or "\0" in name:
        raise ValueError(f"not a file name: {name!r}")
    nursery = staging or folder
    make_folder(folder)
    make_folder(nursery)
    temporary = nursery / f".{name[:180]}.{secrets.token_hex(6)}{_TEMPORARY}"
    target = folder / name
    written = temporary
    try:
        _write_and_sync(temporary, blocks)
        os.rename(temporary, target)
        written = target
        fsync_folder(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(written)
        raise
    return target


def _write_and_sync(path: Path, blocks: Iterable[bytes]) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for block in blocks:
            write_all(fd, block)
        os.fsync(fd)
    finally:
        os.close(fd)


@dataclass(frozen=True, slots=True)
class StoredEnvelope:
    """How a message came: what is needed to send it on, or to explain it. `received_at` is aware (UTC)."""

    reference: str
    received_at: datetime
    listener: str
    direction: Direction
    client: Client
    sender: str
    recipients: tuple[str, ...]
    body: str | None = None
    smtputf8: bool = False

    @property
    def envelope(self) -> Envelope:
        """The same as an SMTP envelope, for a new transaction."""
        return Envelope(self.sender, list(self.recipients), body=self.body, smtputf8=self.smtputf8)

    def encode(self) -> bytes:
        """The first line of the file, LF included. Octets that were not UTF-8 survive (surrogate escapes)."""
        client = self.client
        fields = {
            "version": FORMAT,
            "reference": self.reference,
            "received": self.received_at.astimezone(UTC).isoformat(),
            "listener": self.listener,
            "direction": self.direction.value,
            "client": {
                "address": client.address,
                "port": client.port,
                "helo": client.helo,
                "esmtp": client.esmtp,
            },
            "sender": self.sender,
            "recipients": list(self.recipients),
            "body": self.body,
            "smtputf8": self.smtputf8,
        }
        return json.dumps(fields, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> StoredEnvelope:
        """The reverse of `encode`. Raises ContentError for anything else."""
        try:
            fields: dict[str, Any] = json.loads(line)
            if fields["version"] != FORMAT:
                raise ContentError(
                    f"the file has form {fields['version']}, and this program knows form {FORMAT}"
                )
            return cls(
                reference=fields["reference"],
                received_at=datetime.fromisoformat(fields["received"]),
                listener=fields["listener"],
                direction=Direction(fields["direction"]),
                client=Client(**fields["client"]),
                sender=fields["sender"],
                recipients=tuple(fields["recipients"]),
                body=fields["body"],
                smtputf8=fields["smtputf8"],
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ContentError(f"the first line is not an envelope ({error})") from None


def valid_reference(reference: str) -> bool:
    """True for what `gateway.model.new_reference` makes; only such text may become part of a path."""
    return _REFERENCE.fullmatch(reference) is not None


class ContentFolder:
    """The content files under one folder. Every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._durable: set[Path] = set()

    def path(self, reference: str) -> Path:
        """Where the content of `reference` is or would be. Raises ValueError for what is no reference."""
        if not valid_reference(reference):
            raise ValueError(f"not a reference: {reference!r}")
        return self.folder / reference[-2:] / f"{reference}{_SUFFIX}"

    def write(self, envelope: StoredEnvelope, blocks: Iterable[bytes]) -> Path:
        """Keep a message, durably. Raises OSError (FileExistsError where there is one of this reference)."""
        path = self.path(envelope.reference)
        self._make_durable(path.parent)
        if path.exists():
            raise FileExistsError(f"there is content for {envelope.reference} already")
        return write_durably(path.parent, path.name, _chain(envelope.encode(), blocks))

    def _make_durable(self, shelf: Path) -> None:
        # Another process may have made the folder an instant ago and not yet synchronised the one above it.
        if shelf not in self._durable:
            make_folder(shelf)
            fsync_folder(shelf.parent)
            self._durable.add(shelf)

    def envelope(self, reference: str) -> StoredEnvelope:
        """The envelope of a message. Raises ContentError where there is none, or where it is damaged."""
        with self._reader(reference) as file:
            return StoredEnvelope.decode(file.readline())

    def size(self, reference: str) -> int:
        """Octets of the message, without the envelope. Raises ContentError."""
        with self._reader(reference) as file:
            return os.fstat(file.fileno()).st_size - len(file.readline())

    def blocks(self, reference: str) -> Iterator[bytes]:
        """The octets of the message in blocks. The file is opened at the first block. Raises ContentError."""
        with self._reader(reference) as file:
            file.readline()
            while block := file.read(BLOCK):
                yield block

    def _reader(self, reference: str) -> BinaryIO:
        try:
            return open(self.path(reference), "rb")
        except FileNotFoundError:
            raise ContentError(f"there is no content for {reference}") from None

    def remove(self, reference: str) -> bool:
        """Delete the content. False where there was none. Raises OSError."""
        try:
            os.unlink(self.path(reference))
        except FileNotFoundError:
            return False
        return True

    def references(self) -> Iterator[str]:
        """The references of all content, shelf by shelf."""
        for entry in self._entries():
            reference = entry.name.removesuffix(_SUFFIX)
            if entry.name.endswith(_SUFFIX) and valid_reference(reference):
                yield reference

    def modified(self, reference: str) -> datetime | None:
        """When the content was written (UTC), None where there is none."""
        try:
            return datetime.fromtimestamp(self.path(reference).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def remove_unfinished(self, before: datetime) -> int:
        """Delete what a killed process left half written before that time. Returns how many files."""
        count = 0
        for entry in self._entries():
            if not (entry.name.startswith(".") and entry.name.endswith(_TEMPORARY)):
                continue
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < before.timestamp():
                    os.unlink(entry.path)
                    count += 1
        return count

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder) as shelves:
            for shelf in shelves:
                if not shelf.is_dir(follow_symlinks=False):
                    continue
                with contextlib.suppress(FileNotFoundError), os.scandir(shelf) as entries:
                    yield from entries


def _chain(head: bytes, blocks: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from blocks
