"""Folding of text for matching: what looks or reads alike becomes alike.

Unicode compatibility forms (UAX #15), full case folding, no combining marks, none of the characters that are
not seen (default ignorable code points of UAX #44: soft hyphen, zero-width, bidirectional controls, variation
selectors, tags; and control characters), and one space for every run of white space, none at the edges.

`fold` is idempotent, and both texts and the words sought in them go through it. Known limits: look-alike letters
of other scripts are not mapped; in scripts that write vowels as combining marks these are lost, in both texts and
words.
"""

from __future__ import annotations

import unicodedata

_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "
_CONTROLS = bytes(octet for octet in [*range(0x20), 0x7F] if octet not in _SPACES)
_ASCII_FOLD = bytes(0x20 if octet in _SPACES else octet for octet in range(256)).lower()
_DROPPED_CATEGORIES = frozenset(["Mn", "Me", "Cf", "Cc"])
_PLANE_2 = 0x20000
_COMPATIBILITY_IDEOGRAPHS = range(0x2F800, 0x2FA20)
_TAGS = range(0xE0000, 0xE1000)
# Default ignorable code points that are neither combining marks nor format characters: fillers of Hangul.
_FILLERS = frozenset([0x115F, 0x1160, 0x3164, 0xFFA0])


class _Table(dict[int, str]):
    """What each character becomes, worked out when it is first met.

    Beyond plane 1 nothing folds but compatibility ideographs and tags: the rest is not kept, or hostile text
    could make the table hold a million entries.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code >= _PLANE_2 and code not in _COMPATIBILITY_IDEOGRAPHS and code not in _TAGS:
            return character
        folded = self[code] = _fold_character(character)
        return folded


def _fold_character(character: str) -> str:
    if character.isspace():
        return " "
    return unicodedata.normalize("NFC", _bare(_bare(character).casefold()))


def _bare(text: str) -> str:
    """Decomposed, without what is dropped, and with plain spaces."""
    return "".join(
        [
            " " if one.isspace() else one
            for one in unicodedata.normalize("NFKD", text)
            if one.isspace() or not _dropped(one)
        ]
    )


def _dropped(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in _DROPPED_CATEGORIES
        or unicodedata.combining(character) > 0  # marks of other categories: NFC takes the square of a run
        or code in _TAGS
        or code in _FILLERS
    )


_TABLE = _Table()


def fold(text: str) -> str:
    """`text` in the form in which it is matched. Linear; never raises."""
    if text.isascii():
        return _collapse(text.encode("ascii").translate(_ASCII_FOLD, _CONTROLS)).decode("ascii")
    folded = unicodedata.normalize(
        "NFC", text.translate(_TABLE)
    )  # joins what stood apart, such as Hangul letters
    return _collapse(folded.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _collapse(octets: bytes) -> bytes:
    while b"  " in octets:
        octets = octets.replace(b"  ", b" ")
    return octets.strip(b" ")
