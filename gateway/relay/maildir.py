"""The embedded next hop: each message becomes a file in a Maildir, readable by any mail reader or by eye.

For demonstrations, tests and small sites. A message is written to `tmp`, synchronised and renamed into `new`,
so a reader never sees half of one, and what was delivered survives a power cut. Our trace fields come on top
(Return-Path: RFC 5321 section 4.4); the message itself is kept as it is, CRLF included.

Known limits: one Maildir for all recipients; old files in `tmp` are left for the reader to clear.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gateway.store.content import make_folder, write_durably

_CONTROL = re.compile("[\x00-\x1f\x7f]")


class MaildirDelivery:
    """Delivers into the Maildir at `path`, which is made when the first message comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # The file name's parts must not have what separates folders ("/") or the flags (":").
        self._hostname = socket.gethostname().replace("/", "\\057").replace(":", "\\072")

    def prepare(self) -> None:
        """Make the folders, and see that they can be written. Raises OSError."""
        for name in ("cur", "new", "tmp"):
            make_folder(self._path / name)
            if not os.access(self._path / name, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._path / name))

    def deliver(
        self, reference: str, sender: str, recipients: Sequence[str], blocks: Iterable[bytes]
    ) -> Path:
        """Write a message durably; returns its file. Blocks on the disk. `blocks`: the message, CRLF kept.

        `sender` is "" for the null reverse-path. Raises OSError, and then nothing of it is left, or what
        iterating over `blocks` raises.
        """
        make_folder(self._path / "cur")
        name = f"{int(time.time())}.{reference}.{self._hostname}"
        content = _with_trace(sender, recipients, blocks)
        return write_durably(self._path / "new", name, content, staging=self._path / "tmp")


def _with_trace(sender: str, recipients: Sequence[str], blocks: Iterable[bytes]) -> Iterator[bytes]:
    fields = [f"Return-Path: <{_clean(sender)}>\r\n"]
    fields += [f"Delivered-To: {_clean(recipient)}\r\n" for recipient in recipients]
    yield "".join(fields).encode("utf-8", "surrogateescape")
    yield from blocks


def _clean(address: str) -> str:
    return _CONTROL.sub("", address)
