"""What a file name amounts to on the computer that saves the file, however it is written in the message.

Mail clients and operating systems remove, fold and cut names in different ways: trailing dots and spaces, control
characters, NUL, bidirectional controls, paths, NTFS streams, class identifiers, full-width letters, percent
escapes, comments. `analyse` gives every base name that one of them may arrive at, so that each can be judged.

No system keeps a name of more than 255 characters, and each shortens it in its own way. Of a longer name the first 255
are analysed too; of one longer than `LONGEST`, beginning and end, since programs that shorten a name keep its
extension. So is what is left of a long name where it ends at NUL, without comments, and with percent escapes decoded.

No system starts a program by letters of other scripts that merely look like Latin ones. But somebody wrote them to
deceive, and a reader may well be told to correct the name; so an extension is read with them as Latin letters too.
"""

from __future__ import annotations

import enum
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from gateway.text import lookalike

LONGEST = 2_048  # characters of a name that is analysed whole
_KEPT = 255  # characters of the longest name that systems keep
_SHORT = 128  # characters of a name that is remembered
_REMEMBERED = 256  # names

_PLAIN = re.compile(r"[A-Za-z0-9_+-](?:[ .]?[A-Za-z0-9_+-]+)*+", re.ASCII)
_REVERSING = re.compile("[\u202d\u202e]")
_INVISIBLE = dict.fromkeys(
    [
        *(0xAD, 0x34F, 0x61C, 0xFEFF, *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F)),
        *(*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)),
    ]
)
_DOTS = str.maketrans({"\u3002": ".", "\ua4f8": ".", "\u0701": ".", "\u0702": "."})
_LONGEST_FORM = 4  # characters; what a letter or sign becomes that is longer is no part of an extension
_PLANE_2 = 0x20000  # nothing from here on has a compatibility form that matters to a name
_SPACES = re.compile(r"[\t\r\n]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_RUN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# ESC begins shifts of ISO 2022, and C1 controls come of names in a wrong character set: those are accidents.
_DELIBERATE_CONTROLS = re.compile(r"[\x00-\x1a\x1c-\x1f\x7f]")
_UPWARDS = re.compile(r"(?:^|/)\.\.(?:/|$)")
_DATA_STREAM = re.compile(r":\$data\s*\Z", re.IGNORECASE)
_CLASS_ID = re.compile(r"\.\s*\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}\s*\Z", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_NESTED_COMMENTS = 3
_BLANK = " \u00a0\u1160\u115f\u2800\u3164"
_CUT_FROM_END = _BLANK + ".\"'\t\r\n"
# What becomes one of these, or nothing, and so may stand behind an extension in any number.
_LIKE_CUT_FROM_END = "".join(
    [
        *(_CUT_FROM_END, "/\\\u2024\u2025\u2026\ufe52\uff0e\uff61\u3002\ua4f8\u0701\u0702"),
        *[chr(code) for code in _INVISIBLE if code < 0x10000],
        *[char for char in map(chr, range(0x3001)) if char.isspace() or unicodedata.category(char) == "Cc"],
    ]
)
_LONGEST_SHOWN = 200
_LONGEST_GARBAGE = 60  # of a name with control characters, such as a damaged archive gives


class _Forms(dict[int, str]):
    """What each character amounts to: its compatibility form (NFKC, UAX #15), "." for other dots, nothing for what is
    not seen. Worked out one by one, since putting long runs of combining marks in order takes the square of them."""

    def __missing__(self, code: int) -> str:
        if code >= _PLANE_2:
            return "" if code in _INVISIBLE else chr(code)
        form = "" if code in _INVISIBLE else unicodedata.normalize("NFKC", chr(code)).translate(_DOTS)
        self[code] = form if len(form) <= _LONGEST_FORM else chr(code)
        return self[code]


_FORMS = _Forms()


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
        """The name fit for a screen: each run of control characters is one "\ufffd", whatever else is invisible is
        escaped, a long name is shortened."""
        text = _CONTROL_RUN.sub("\ufffd", self.received)
        longest = _LONGEST_SHOWN if text == self.received else _LONGEST_GARBAGE
        if not text.isprintable():
            text = "".join([char if char.isprintable() else _escaped(char) for char in text])
        return text if len(text) <= longest else f"{text[: longest // 2]}…{text[-longest // 2 :]}"


def _escaped(char: str) -> str:
    return f"<U+{ord(char):04X}>"


def split_extension(base: str) -> tuple[str, str]:
    """Stem and extension (small letters, no dot; "" for none) of a base name."""
    stem, dot, extension = base.rpartition(".")
    return (stem, extension.lower()) if dot else (base, "")


def blanks_at_end(text: str) -> int:
    """How many characters at the end of `text` show as nothing."""
    return len(text) - len(text.rstrip(_BLANK))


def analyse(name: str) -> FileName:
    """Every reading of `name`. Linear in its length."""
    if len(name) <= _SHORT:
        return _remembered(name)
    if len(name) <= _KEPT:
        return _analysed(name)
    parts = [_analysed(view) for view in dict.fromkeys(_shortened(name))]
    tricks = {trick for part in parts for trick in part.tricks}
    if _UPWARDS.search(name.replace("\\", "/")):
        tricks.add(Trick.PATH_TRAVERSAL)
    if _REVERSING.search(name):
        tricks.add(Trick.REVERSED_TEXT)
    if _DELIBERATE_CONTROLS.search(name):
        tricks.add(Trick.CONTROL_CHARACTER)
    return FileName(
        name, tuple(dict.fromkeys([base for part in parts for base in part.bases])), tuple(sorted(tricks))
    )


def _shortened(name: str) -> Iterator[str]:
    """What is left of an overlong name in the ways in which its end may change: at most `LONGEST` characters."""
    for text in (name, _unescaped(name)) if "%" in name else (name,):
        for view in (text, text[:_KEPT], text.partition("\0")[0], _without_comments(text)):
            kept = view.rstrip(_LIKE_CUT_FROM_END)
            yield kept if len(kept) <= LONGEST else kept[: LONGEST // 2] + kept[-LONGEST // 2 :]


def _analysed(name: str) -> FileName:
    if _PLAIN.fullmatch(name):
        return FileName(name, (name,))
    tricks: set[Trick] = set()
    text = name
    if not name.isascii():
        if _REVERSING.search(name):
            tricks.add(Trick.REVERSED_TEXT)
        text = name.translate(_FORMS)
    views = [_SPACES.sub(" ", text)]
    if "%" in text:
        views.append(_SPACES.sub(" ", _unescaped(text).translate(_FORMS)))
    bases: list[str] = []
    for view in views:
        for whole in _without_controls(view, tricks):
            bases += _bases(whole, tricks)
    if not text.isascii():
        bases += [_with_latin_extension(base) for base in bases]
    return FileName(name, tuple(dict.fromkeys([base for base in bases if base])), tuple(sorted(tricks)))


def _with_latin_extension(base: str) -> str:
    stem, dot, extension = base.rpartition(".")
    return f"{stem}.{lookalike.as_latin(extension)}" if dot else base


_remembered = lru_cache(_REMEMBERED)(_analysed)  # several stages ask for the same names


def _unescaped(text: str) -> str:
    """`text` with its percent escapes decoded (RFC 3986 section 2.1)."""
    return urllib.parse.unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace")


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
