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
# The same where the end is missing or spoilt: a word to readers that look for its beginning only.
_OPEN_WORD = re.compile(r"=\?([^?\s]*)\?([BbQq])\?([^?\s]*)(?:\?=|\?(?!=)|(?=\s|\Z))")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode(text: str) -> str:
    """`text` with its encoded-words decoded; white space between adjacent words goes away. Never raises."""
    return _decode(text, _WORD, joined=False) if "=?" in text else text


def readings(text: str) -> tuple[str, ...]:
    """`text` as readers decode it, the likeliest first: as `decode` does, with the base64 of adjacent words joined
    before it is decoded, and with words that have no proper end decoded too."""
    if "=?" not in text:
        return (text,)
    found = [decode(text), _decode(text, _WORD, joined=True), _decode(text, _OPEN_WORD, joined=True)]
    return tuple(dict.fromkeys(found))


def _decode(text: str, pattern: re.Pattern[str], *, joined: bool) -> str:
    pieces: list[str] = []
    pending: list[tuple[str, str]] = []  # encoding and payload of adjacent words of one charset
    label = ""
    position = 0
    for match in pattern.finditer(text):
        between = text[position : match.start()]
        language_at = match[1].find("*")
        named = (match[1] if language_at < 0 else match[1][:language_at]).lower()
        adjacent = position > 0 and (not between or between.isspace())
        if pending and not (adjacent and named == label):
            pieces.append(charset.decode(_joined(pending, joined), label))
            pending = []
        if not adjacent:
            pieces.append(between)
        pending.append((match[2].upper(), match[3]))
        label, position = named, match.end()
    if pending:
        pieces.append(charset.decode(_joined(pending, joined), label))
    pieces.append(text[position:])
    return "".join(pieces)


def _joined(words: list[tuple[str, str]], joined: bool) -> bytes:
    """The octets of adjacent words. With `joined` payloads in base64 are joined first, where one is cut off within a
    group of four."""
    if (
        joined
        and all(encoding == "B" for encoding, _ in words)
        and any(len(one) % 4 for _, one in words[:-1])
    ):
        words = [("B", "".join([payload for _, payload in words]))]
    return b"".join([_octets(encoding, payload) for encoding, payload in words])


def decode_octets(value: bytes) -> str:
    """An unstructured field's value as a reader sees it: raw octets are UTF-8 or windows-1252."""
    return decode(charset.decode(value, None))


def _octets(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding == "B":
        kept = _NOT_BASE64.sub(b"", raw)
        whole = len(kept) - (1 if len(kept) % 4 == 1 else 0)
        return binascii.a2b_base64(kept[:whole] + b"=" * (-whole % 4))
    return binascii.a2b_qp(raw, header=True)
