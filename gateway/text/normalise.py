"""Folding of text for matching: what looks or reads alike becomes alike.

Unicode compatibility forms (UAX #15), full case folding, no combining marks, none of the characters that are
not seen (default ignorable code points of UAX #44: soft hyphen, zero-width, bidirectional controls, variation
selectors, tags; and control characters), and one space for every run of white space, none at the edges.

`fold` is idempotent, and both texts and the words sought in them go through it. `locate` says where in the text what
stands at a place of its folded form came from; it folds piece by piece up to there, and only the last piece letter by
letter, so that nothing has to be kept for texts in which nothing is found.

Known limits: look-alike letters of other scripts are not mapped here (gateway.text.lookalike does that); in scripts
that write vowels as combining marks these are lost, in both texts and words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "
_CONTROLS = bytes(octet for octet in [*range(0x20), 0x7F] if octet not in _SPACES)
_ASCII_FOLD = bytes(0x20 if octet in _SPACES else octet for octet in range(256)).lower()
_DROPPED_CATEGORIES = frozenset(["Mn", "Me", "Cf", "Cc"])
_PLANE_2 = 0x20000
_COMPATIBILITY_IDEOGRAPHS = range(0x2F800, 0x2FA20)
_TAGS = range(0xE0000, 0xE1000)
# Default ignorable code points that are neither combining marks nor format characters: fillers of Hangul.
_FILLERS = frozenset([0x115F, 0x1160, 0x3164, 0xFFA0, 0x2065, *range(0xFFF0, 0xFFF9)])

_JAMO = range(0x1160, 0x1200)  # vowels and final consonants of Hangul, which join the letter before them
_PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))
_PIECE = 4096  # characters folded at once on the way to a place
_MARGIN = 256  # characters of folded text before a place that are folded one by one


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


def locate(text: str, start: int, end: int) -> tuple[int, int]:
    """The part of `text` that became `fold(text)[start:end]`, as indices (first, behind the last).

    White space and characters that are not seen count to the letter before them, except at the end of what is asked
    for. Linear in the part of `text` up to there.
    """
    first = last = len(text)
    place = 0
    spaced = True  # so that white space at the beginning is dropped
    for at, behind, folded in _pieces(text, end):
        if spaced and folded.startswith(" "):
            folded = folded[1:]
        if folded:
            spaced = folded.endswith(" ")
            if place <= start < place + len(folded):
                first = at
            if place < end <= place + len(folded):
                last = behind
            place += len(folded)
        if place >= end:
            break
    return first, max(first, first + len(text[first:last].rstrip()))


def _pieces(text: str, end: int) -> Iterator[tuple[int, int, str]]:
    """Pieces of `text` (first, behind the last, folded), small ones where place `end` of the folded text is near.

    A piece begins with a character that nothing before it can join, so that pieces fold alone as they do together;
    its white space is collapsed, not stripped.
    """
    position, place = 0, 0
    while position < len(text):
        behind = _boundary(text, min(position + _PIECE, len(text)))
        folded = _unstripped(text[position:behind])
        if place + len(folded) >= end - _MARGIN:
            break
        yield position, behind, folded
        place += len(folded)
        position = behind
    while position < len(text):
        behind = _boundary(text, position + 1)
        yield position, behind, _unstripped(text[position:behind])
        position = behind


def _boundary(text: str, position: int) -> int:
    """The first place at or behind `position` where a piece may begin, or the end of `text`."""
    while position < len(text) and not _begins(text[position]):
        position += 1
    return position


def _begins(character: str) -> bool:
    """True for a character that is seen, is no white space, and is never joined with what stands before it."""
    if character in _PRINTABLE:
        return True
    folded = _TABLE[ord(character)]
    if not folded or folded.startswith(" "):
        return False
    return ord(folded[0]) not in _JAMO and unicodedata.category(folded[0]) != "Mc"


def _unstripped(text: str) -> str:
    octets = unicodedata.normalize("NFC", text.translate(_TABLE)).encode("utf-8", "surrogatepass")
    return _single_spaces(octets).decode("utf-8", "surrogatepass")


def _collapse(octets: bytes) -> bytes:
    return _single_spaces(octets).strip(b" ")


def _single_spaces(octets: bytes) -> bytes:
    while b"  " in octets:
        octets = octets.replace(b"  ", b" ")
    return octets
