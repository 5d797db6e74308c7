"""mime-mimekit: mailbox files with the places of all parts of all messages, with LF (unix) and CRLF (dos).

A part's octets are given by its place; their transfer encoding is removed here with the standard library.
"""

from __future__ import annotations

import base64
import json
import quopri
import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

from tests.corpora.conformance.leaf import Case, Expected

COLLECTION = "mime-mimekit"

_MAILBOX_LINE = re.compile(rb"\A>?From [^\n]*\n")


def cases(folder: Path) -> Iterator[Case]:
    """Each message of each mailbox, with both line endings."""
    for path in sorted(folder.rglob("*-offsets.json")):
        stem, _, system = path.name.removesuffix("-offsets.json").rpartition(".")
        mailbox = path.with_name(f"{stem}.mbox.txt")
        if not mailbox.exists():
            continue
        data = mailbox.read_bytes().replace(b"\r\n", b"\n")
        if system == "dos":
            data = data.replace(b"\n", b"\r\n")
        for number, entry in enumerate(json.loads(path.read_bytes()), 1):
            name, variant = str(mailbox.relative_to(folder)), f"message {number}, {system}"
            message = data[entry["beginOffset"] : entry["endOffset"]]
            yield Case(COLLECTION, name, message, tuple(_leaves(entry["body"], data)), variant)


def _leaves(entity: dict[str, Any], data: bytes) -> Iterator[Expected]:
    within = entity.get("children") or ([entity["message"]["body"]] if "message" in entity else [])
    for child in within:
        yield from _leaves(child, data)
    if not within:
        header = data[entity["beginOffset"] : entity["headersEndOffset"]]
        body = data[entity["headersEndOffset"] : entity["endOffset"]]
        yield Expected(entity["mimeType"].lower(), data=_decoded(header, body))


def _decoded(header: bytes, body: bytes) -> bytes:
    fields = message_from_bytes(_MAILBOX_LINE.sub(b"", header))
    encoding = str(fields.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "base64":
        return base64.b64decode(body)
    return quopri.decodestring(body) if encoding == "quoted-printable" else body
