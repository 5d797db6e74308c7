"""What stands in a link: its percent-decoded form (RFC 3986 section 2.1), and what a data: URI holds (RFC 2397)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gateway.text import charset as charsets

_DATA = re.compile(r"\s*+data\s*+:([^,]{0,512}),", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^;\"']{1,64})", re.IGNORECASE)
_SPACE = re.compile(r"[\t\n\f\r ]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a data: URI holds: its type (lower case), and its text where the type is one of text, else ""."""

    content_type: str
    text: str


def embedded(value: str) -> Embedded | None:
    """What the data: URI `value` holds, or None where it is none."""
    match = _DATA.match(value)
    if match is None:
        return None
    head = _SPACE.sub("", unquoted(match[1]) if "%" in match[1] else match[1])
    content_type = head.partition(";")[0].lower() or "text/plain"
    if not content_type.startswith("text/") and not content_type.endswith(("xml", "/json", "/javascript")):
        return Embedded(content_type, "")
    octets = unquote_to_bytes(value[match.end() :].encode("utf-8", "replace"))
    if head.lower().endswith(";base64"):
        octets = _from_base64(octets)
    label = _CHARSET.search(head)
    return Embedded(content_type, charsets.decode(octets, label[1] if label else None))


def unquoted(value: str) -> str:
    """`value` without percent-encoding; the octets are UTF-8, or else windows-1252."""
    return charsets.decode(unquote_to_bytes(value.encode("utf-8", "replace")), None)


def _from_base64(octets: bytes) -> bytes:
    kept = _NOT_BASE64.sub(b"", octets.replace(b"-", b"+").replace(b"_", b"/"))
    whole = len(kept) - (1 if len(kept) % 4 == 1 else 0)
    return binascii.a2b_base64(kept[:whole] + b"=" * (-whole % 4))
