"""A piece of text around something that was found in it, fit to be written into a record."""

from __future__ import annotations

import unicodedata

from gateway.text.normalise import locate

_AROUND = 30  # characters on either side
_LONGEST = (
    120  # characters of what was found; what is longer is hidden letters or spaces, and is cut in the middle
)


def around(text: str, start: int, end: int) -> str:
    """What stands in `text` around `fold(text)[start:end]`, as it is written there: on one line, marks and controls
    that cannot be seen as `<U+200B>`. An ellipsis stands where text was left out."""
    first, last = locate(text, start, end)
    begin, behind = max(first - _AROUND, 0), min(last + _AROUND, len(text))
    found = text[first:last]
    if len(found) > _LONGEST:
        found = f"{found[: _LONGEST // 2]}…{found[-_LONGEST // 2 :]}"
    before = ("… " if begin else "") + _plain(text[begin:first]).lstrip()
    after = _plain(text[last:behind]).rstrip() + (" …" if behind < len(text) else "")
    return f"{before}{_plain(found)}{after}".strip()


def _plain(text: str) -> str:
    return _single("".join([_visible(character) for character in text]))


def _single(text: str) -> str:
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _visible(character: str) -> str:
    if character.isprintable() and not unicodedata.combining(character):
        return character
    return " " if character.isspace() else f"<U+{ord(character):04X}>"
