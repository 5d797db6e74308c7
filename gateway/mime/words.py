"""Encoded-words (RFC 2047, with the language suffix of RFC 2231 section 5), decoded as mail readers do.

More lenient than the grammar, because readers are: words are found anywhere, also inside quoted strings and
against other text, and Q words may hold spaces. Octets of adjacent words of one charset are joined before they
become text, so that a character split over two words is whole.
"""

from __future__ import annotations

import binascii
import re

from gateway.text import charset

_WORD = re.compile(r"=\?([^?\s]*)\?([BbQq])\?([^?\r\n]*)\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode(text: str) -> str:
    """`text` with its encoded-words decoded; white space between adjacent words goes away. Never raises."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending: list[bytes] = []
    label = ""
    position = 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        language_at = match[1].find("*")
        named = (match[1] if language_at < 0 else match[1][:language_at]).lower()
        adjacent = position > 0 and (not between or between.isspace())
        if pending and not (adjacent and named == label):
            pieces.append(charset.decode(b"".join(pending), label))
            pending = []
        if not adjacent:
            pieces.append(between)
        pending.append(_octets(match[2], match[3]))
        label, position = named, match.end()
    if pending:
        pieces.append(charset.decode(b"".join(pending), label))
    pieces.append(text[position:])
    return "".join(pieces)


def decode_octets(value: bytes) -> str:
    """An unstructured field's value as a reader sees it: raw octets are UTF-8 or windows-1252."""
    return decode(charset.decode(value, None))


def _octets(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "Bb":
        kept = _NOT_BASE64.sub(b"", raw)
        whole = len(kept) - (1 if len(kept) % 4 == 1 else 0)
        return binascii.a2b_base64(kept[:whole] + b"=" * (-whole % 4))
    return binascii.a2b_qp(raw, header=True)
