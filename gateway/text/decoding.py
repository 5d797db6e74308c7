"""Octets to texts: every way in which some reader may decode a leaf.

Most mail has one: octets that are ASCII, or UTF-8 and labelled so. More than one comes of

- several labels: parameters of the header, `meta`, XML declaration, a label that names two, a byte order mark;
- labels that lie: UTF-8 under another name, another charset under the name of UTF-8, either byte order of UTF-16 and
  UTF-32, ASCII under the name of something wider;
- shifts that some readers follow unasked: UTF-7 (RFC 2152), ISO 2022 (RFC 1468, 1922), HZ (RFC 1843). For ISO 2022
  and HZ there is also a text with the escapes simply left out, as terminals and readers without that charset have it.

A text that is decoded wrongly hardly ever says a word that is looked for, so nothing is weighed: it costs time only.
NUL octets stay, and vanish when text is folded; that makes UTF-16 read as ASCII legible too.

Known limits: nothing is guessed from the frequency of letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from gateway.text import charset as charsets

_UTF7_SHIFT = re.compile(rb"\+A[A-P][A-Za-z0-9+/]")  # opens a run that begins with a character below U+0100
_ISO2022_ESCAPE = re.compile(
    rb"\x1b(?:[\x20-\x2f]{1,3}[\x30-\x7e]|\[[\x30-\x3f]{0,16}[\x20-\x2f]{0,4}[\x40-\x7e])"
)
_HZ_ESCAPE = re.compile(rb"~[{}]")
_ISO2022_DESIGNATION = re.compile(rb"\x1b\$[()]?([@-Z])")
_ISO2022_CODECS = {b"@": "iso2022_jp_ext", b"B": "iso2022_jp_ext", b"D": "iso2022_jp_2", b"C": "iso2022_kr"}
_CHINESE = frozenset({"gb18030", "hz"})
_UTF8 = frozenset({"utf_8", "ascii"})
_UTF8_MARK = b"\xef\xbb\xbf"
_BOTH_ORDERS = {
    "utf_16": ("utf_16_be", "utf_16_le"),
    "utf_16_le": ("utf_16_le", "utf_16_be"),
    "utf_16_be": ("utf_16_be", "utf_16_le"),
    "utf_32": ("utf_32_be", "utf_32_le"),
    "utf_32_le": ("utf_32_le", "utf_32_be"),
    "utf_32_be": ("utf_32_be", "utf_32_le"),
}
_LABEL_SEPARATORS = re.compile(r"[\s,;|/\"'()]+")
_HIGH = bytes(range(0xA0, 0x100))
_LABELS = 16  # labels looked at; no more than that say something new


def decodings(data: bytes, labels: Sequence[str]) -> Iterator[str]:
    """The texts that `data` may be, the likeliest first, lazily; at least one, some may be equal.

    `labels` are what header and content say, the likeliest first. Never raises.
    """
    text = plain(data, labels)
    if text is not None:
        yield text
        return
    codecs = _codecs(labels)
    marked, length = charsets.mark_of(data)
    if marked is not None:
        yield charsets.decode_as(data[length:], marked)
    for codec in codecs or (None,):
        yield _decode(data, codec)
    yield from _unasked(data, codecs)
    for codec in codecs:
        orders = _BOTH_ORDERS.get(codec)
        if orders is not None:
            yield from (charsets.decode_as(data, order) for order in orders)
    if codecs:
        yield charsets.decode_as(data, None)


def _codecs(labels: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for label in labels[:_LABELS]:
        codec = charsets.codec_of(label)
        if codec is not None:
            found[codec] = None
        else:
            for word in _LABEL_SEPARATORS.split(label[:128]):
                if (codec := charsets.codec_of(word)) is not None:
                    found[codec] = None
    return tuple(found)


def plain(data: bytes, labels: Sequence[str]) -> str | None:
    """The text where every reader decodes alike: ASCII without shifts, or UTF-8 of which something says so; else
    None."""
    if b"\x1b" in data or b"\0" in data:
        return None
    codecs = _codecs(labels)
    if b"~" in data and (b"~{" in data or not _CHINESE.isdisjoint(codecs)):
        return None
    if b"+" in data and _UTF7_SHIFT.search(data):
        return None
    if data.isascii():
        return data.decode("ascii") if all(map(charsets.holds_ascii, codecs)) else None
    if (
        (codecs and _UTF8.isdisjoint(codecs))
        or not all(map(_is_narrow, codecs))
        or data.startswith(_UTF8_MARK)
    ):
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


@lru_cache(256)
def _is_narrow(codec: str) -> bool:
    """True for UTF-8, and for charsets of one octet a character: UTF-8 read as one of them is gibberish to anybody."""
    return codec in _UTF8 or (
        charsets.holds_ascii(codec) and len(charsets.decode_as(_HIGH, codec)) == len(_HIGH)
    )


def _decode(data: bytes, codec: str | None) -> str:
    if codec == "hz" or (codec in _CHINESE and (b"~\n" in data or b"~\r\n" in data)):
        data = data.replace(b"~\r\n", b"").replace(b"~\n", b"")
    return charsets.decode_as(data, codec)


def _unasked(data: bytes, codecs: Sequence[str]) -> Iterator[str]:
    if b"\x1b" in data:
        yield charsets.decode_as(
            _ISO2022_ESCAPE.sub(b"", data), next(filter(charsets.holds_ascii, codecs), None)
        )
        shift = _ISO2022_DESIGNATION.search(data)
        if shift is not None:
            yield charsets.decode_as(data, _ISO2022_CODECS.get(shift[1], "iso2022_jp_ext"))
    if b"~{" in data or not _CHINESE.isdisjoint(codecs):
        yield _decode(data, "hz")
        yield charsets.decode_as(_HZ_ESCAPE.sub(b"", data), next(filter(charsets.holds_ascii, codecs), None))
    if _UTF7_SHIFT.search(data):
        yield charsets.decode_as(data, "utf_7")
    if b"\0" in data and data.count(0) * 4 >= len(data):
        wide = "utf_32" if data.count(b"\0\0") * 6 >= len(data) else "utf_16"
        yield charsets.decode_as(data, wide)
