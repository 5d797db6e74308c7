"""What a file name amounts to on the computer that saves the file, however it is written in the message.

Mail clients and operating systems remove, fold and cut names in different ways: trailing dots and spaces, control
characters, NUL, bidirectional controls, paths, NTFS streams, class identifiers, full-width letters, percent
escapes, comments. `analyse` gives every base name that one of them may arrive at, so that each can be judged.

Known limit: letters of other scripts that merely look like Latin ones are left alone, since no system starts a
program by them.
"""

from __future__ import annotations

import enum
import re
import unicodedata
import urllib.parse
from dataclasses import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9_+-](?:[ .]?[A-Za-z0-9_+-]+)*+", re.ASCII)
_REVERSING = re.compile("[\u202d\u202e]")
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_DOTS = str.maketrans({"\u3002": ".", "\ua4f8": ".", "\u0701": ".", "\u0702": "."})
_SPACES = re.compile(r"[\t\r\n]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# ESC begins shifts of ISO 2022, and C1 controls come of names in a wrong character set: those are accidents.
_DELIBERATE_CONTROLS = re.compile(r"[\x00-\x1a\x1c-\x1f\x7f]")
_UPWARDS = re.compile(r"(?:^|/)\.\.(?:/|$)")
_DATA_STREAM = re.compile(r":\$data\s*\Z", re.IGNORECASE)
_CLASS_ID = re.compile(r"\.\s*\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}\s*\Z", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_NESTED_COMMENTS = 3
_BLANK = " \u00a0\u1160\u115f\u2800\u3164"
_CUT_FROM_END = _BLANK + ".\"'\t\r\n"
_LONGEST_SHOWN = 200


class Trick(enum.StrEnum):
    """A way of writing a name that serves to mislead."""

    REVERSED_TEXT = "reversed-text"
    CONTROL_CHARACTER = "control-character"
    PATH_TRAVERSAL = "path-traversal"
    DATA_STREAM = "data-stream"
    CLASS_ID = "class-id"


@dataclass(frozen=True, slots=True)
class FileName:
    """A name as received, the base names that it may become (the likeliest first), and the tricks in it."""

    received: str
    bases: tuple[str, ...]
    tricks: tuple[Trick, ...] = ()

    @property
    def extension(self) -> str:
        """The last extension of the likeliest base name, in small letters; "" for none."""
        return split_extension(self.bases[0])[1] if self.bases else ""

    @property
    def extensions(self) -> list[str]:
        """Every extension that the name may have ("gz" and "tar.gz" for a name with both), in small letters."""
        found: list[str] = []
        for base in self.bases:
            pieces = base.lower().rsplit(".", 2)
            found += [".".join(pieces[-count:]) for count in range(1, len(pieces))]
        return found

    @property
    def shown(self) -> str:
        """The name fit for a screen: what is invisible or not printable is escaped, a long name is shortened."""
        text = self.received
        if not (text.isascii() and text.isprintable()):
            text = "".join([char if char.isprintable() else _escaped(char) for char in text])
        if len(text) > _LONGEST_SHOWN:
            return f"{text[: _LONGEST_SHOWN // 2]}…{text[-_LONGEST_SHOWN // 2 :]}"
        return text


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def split_extension(base: str) -> tuple[str, str]:
    """Stem and extension (small letters, no dot; "" for none) of a base name."""
    stem, dot, extension = base.rpartition(".")
    return (stem, extension.lower()) if dot else (base, "")


def blanks_at_end(text: str) -> int:
    """How many characters at the end of `text` show as nothing."""
    return len(text) - len(text.rstrip(_BLANK))


def analyse(name: str) -> FileName:
    """Every reading of `name`. Linear in its length."""
    if _PLAIN.fullmatch(name):
        return FileName(name, (name,))
    tricks: set[Trick] = set()
    text = name
    if not name.isascii():
        if _REVERSING.search(name):
            tricks.add(Trick.REVERSED_TEXT)
        text = unicodedata.normalize("NFKC", name.translate(_INVISIBLE)).translate(_DOTS)
    views = [_SPACES.sub(" ", text)]
    if "%" in text:
        views.append(_SPACES.sub(" ", urllib.parse.unquote(text, errors="replace").translate(_INVISIBLE)))
    bases: list[str] = []
    for view in views:
        for whole in _without_controls(view, tricks):
            bases += _bases(whole, tricks)
    return FileName(name, tuple(dict.fromkeys([base for base in bases if base])), tuple(sorted(tricks)))


def _without_controls(text: str, tricks: set[Trick]) -> list[str]:
    """`text` less control characters, and what a system sees that stops at NUL."""
    if _CONTROLS.search(text) is None:
        return [text]
    if _DELIBERATE_CONTROLS.search(text):
        tricks.add(Trick.CONTROL_CHARACTER)
    return [_CONTROLS.sub("", text), _CONTROLS.sub("", text.partition("\0")[0])]


def _bases(text: str, tricks: set[Trick]) -> list[str]:
    path = text.replace("\\", "/")
    if _UPWARDS.search(path):
        tricks.add(Trick.PATH_TRAVERSAL)
    base = path.rstrip("/" + _CUT_FROM_END).rpartition("/")[2]
    found = [base.rstrip(_CUT_FROM_END)]
    if ":" in base:
        if _DATA_STREAM.search(base):
            tricks.add(Trick.DATA_STREAM)
        found.append(base.partition(":")[0].rstrip(_CUT_FROM_END))
    if base.endswith("}") and _CLASS_ID.search(base):
        tricks.add(Trick.CLASS_ID)
        found.append(_CLASS_ID.sub("", base).rstrip(_CUT_FROM_END))
    if "(" in base:
        found.append(_without_comments(base).rstrip(_CUT_FROM_END))
    return found


def _without_comments(text: str) -> str:
    """`text` as a parser reads it that takes brackets for comments (RFC 5322 section 3.2.2)."""
    for _ in range(_NESTED_COMMENTS):
        text = _COMMENT.sub("", text)
    return text
