"""mime-stalwart: every .eml has .json (of the message with LF) and .crlf.json (with CRLF), all parts with content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.corpora.conformance.leaf import Case, Expected

COLLECTION = "mime-stalwart"

_BARE_LF = re.compile(rb"(?<!\r)\n")


def cases(folder: Path) -> Iterator[Case]:
    """Each message twice, with both line endings."""
    for path in sorted(folder.rglob("*.eml")):
        name = str(path.relative_to(folder))
        data = path.read_bytes()
        for variant, suffix, message in (
            ("LF", ".json", data.replace(b"\r", b"")),
            ("CRLF", ".crlf.json", _BARE_LF.sub(b"\r\n", data)),
        ):
            expected = path.with_suffix(suffix)
            if expected.exists():
                parts = json.loads(expected.read_bytes())["parts"]
                yield Case(COLLECTION, name, message, tuple(_leaves(parts)), variant, tuple(_names(parts)))


def _leaves(parts: list[dict[str, Any]]) -> Iterator[Expected]:
    for part in parts:
        ((kind, body),) = part["body"].items()
        if kind == "Message":
            yield from _leaves(body["parts"])
        elif kind in ("Text", "Html"):
            yield Expected(_type(part, kind), _filename(part), text=body)
        elif kind != "Multipart":
            yield Expected(_type(part, kind), _filename(part), data=bytes(body))


def _names(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        name = _filename(part)
        if "Message" in part["body"]:
            yield from _names(part["body"]["Message"]["parts"])
        if name is not None and not part["body"].keys().isdisjoint({"Message", "Multipart"}):
            yield name


def _field(part: dict[str, Any], name: str) -> dict[str, Any]:
    """The last field of that name, which is the one that counts there; {} for none."""
    for field in reversed(part["headers"]):
        if field["name"] == name and isinstance(field["value"], dict):
            value = field["value"].get("ContentType", {})
            return value if isinstance(value, dict) else {}
    return {}


def _type(part: dict[str, Any], kind: str) -> str | None:
    value = _field(part, "content_type")
    if not value.get("c_subtype"):
        return "text/plain" if kind == "Text" and not value else None
    return f"{value['c_type']}/{value['c_subtype']}".lower()


def _filename(part: dict[str, Any]) -> str | None:
    for field, parameter in (("content_disposition", "filename"), ("content_type", "name")):
        for attribute in _field(part, field).get("attributes") or ():
            if attribute["name"] == parameter:
                return str(attribute["value"])
    return None
