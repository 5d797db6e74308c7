"""Reading of a TOML file that a technician wrote: its values, or the one problem that prevents reading it.

tomllib's errors are put into plain English with a remedy, since most of them have an everyday cause: text
without quotation marks, typographic quotation marks, a backslash, a list that is not closed.

Known limit: like tomllib, only the first syntax error of a file is found.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.problem import Place, Problem, dotted, shown
from gateway.toml_place import line_of

_PLACE = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_CURLY = ("\u201c", "\u201d", "\u201e", "\u2018", "\u2019", "\u00ab")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is valid TOML: its text and its values."""

    file: Path
    text: str
    data: dict[str, Any]

    def problem(self, place: Place, key: str, message: str) -> Problem:
        """A problem with what stands at `place`, shown as `key`."""
        return Problem(self.file, line_of(self.text, place), key, message)

    def at(self, place: Place, message: str) -> Problem:
        """A problem with what stands at `place`, shown as a dotted key."""
        return self.problem(place, dotted(place), message)


def read(file: Path, limit: int = 16 << 20) -> Document | Problem:
    """The content of `file`, at most `limit` octets long. Never raises for what is in it or where it is."""
    try:
        if stat.S_ISFIFO(file.stat().st_mode):  # to open it would wait for a writer, perhaps for ever
            return Problem(file, None, "", "this is a pipe, not a file")
        with file.open("rb") as stream:
            octets = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        return Problem(file, None, "", _unreadable(error))
    if len(octets) > limit:
        return Problem(file, None, "", f"the file is larger than {limit >> 10} KiB, which cannot be right")
    try:
        # Notepad puts a byte order mark in front of UTF-8; it means nothing.
        text = octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        return Problem(file, line, "", "this line is not UTF-8; save the file with the encoding UTF-8")
    try:
        return Document(file, text, tomllib.loads(text))
    except RecursionError:
        return Problem(file, None, "", "lists or tables are nested too deeply")
    except ValueError as error:
        return _syntax(file, text, str(error))


def _unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "there is no such file; give the path of a file that exists"
    if isinstance(error, IsADirectoryError):
        return "this is a folder; give the path of a file"
    if isinstance(error, PermissionError):
        return "the file may not be read by the user that Postern runs as; change its owner or permissions"
    reason = error.strerror if isinstance(error, OSError) else None
    return f"the file cannot be read ({reason or 'its name is not valid'})"


def _syntax(file: Path, text: str, message: str) -> Problem:
    match = _PLACE.fullmatch(message)
    if match is None:
        return Problem(file, None, "", f"this is not valid TOML ({message})")
    lines = text.rstrip().split("\n")
    if match["line"] is None:
        return Problem(file, len(lines), "", _at_end(match["what"]))
    number = int(match["line"])
    line = lines[number - 1] if number <= len(lines) else ""
    return Problem(file, number, "", _on_line(match["what"], line, int(match["column"])))


def _at_end(what: str) -> str:
    if what == "Unterminated string" or what.startswith('Expected "'):
        return "the file ends inside a text; a closing quotation mark is missing"
    return "the file ends in the middle of a value; a closing bracket, or the value itself, is missing"


def _on_line(what: str, line: str, column: int) -> str:
    before, after = line[: column - 1].lstrip(), line[column - 1 :].rstrip()
    for start, explain in _EXPLANATIONS:
        if what.startswith(start):
            return explain if isinstance(explain, str) else explain(before, after)
    return f"this is not valid TOML ({what})"


def _value(before: str, after: str) -> str:
    word = after.split("#", 1)[0].strip().rstrip(",]}").strip()
    if after.startswith(_CURLY):
        return f'write straight quotation marks, "like these"; found {shown(word)}'
    if not word:
        return 'the value is missing behind the "="' if before.endswith("=") else "a value is missing here"
    if word.lower() in ("true", "yes", "on"):
        return f"write true, in small letters and without quotation marks; found {word}"
    if word.lower() in ("false", "no", "off"):
        return f"write false, in small letters and without quotation marks; found {word}"
    return f'text must stand in quotation marks: "{shown(word)}"'


def _behind_value(before: str, after: str) -> str:
    if before.startswith("["):
        return f"only a comment may stand behind the name of the section; found {shown(after)}"
    value = before.partition("=")[2].strip()
    whole = (before + after).partition("=")[2].split("#", 1)[0].strip()
    if whole.isdigit():
        return f"a number may not begin with 0; found {shown(whole)}"
    if value[:1].isdigit() and "=" not in after:
        return f'this must stand in quotation marks, as it is not a plain number: "{shown(whole)}"'
    return f"only a comment may stand behind the value; found {shown(after)}"


def _equals(before: str, after: str) -> str:
    if after.startswith(":"):
        return f'write "=" between the name and its value, not ":": {shown(before)} = …'
    return f'write name = value; there is no "=" behind {shown(before)}'


def _twice(before: str, after: str) -> str:
    if before.startswith("["):
        name = before.strip("[] ")
        return f"[{shown(name)}] stands here although its keys were given already; keep one of the two"
    return f"the key {shown(before.partition('=')[0].strip())} stands here a second time; keep one of the two"


def _declared_twice(before: str, after: str) -> str:
    name = shown(before.strip("[] "))
    return (
        f"the section [{name}] stands here a second time; put all its keys under the first, "
        f"or write [[{name}]] each time where several are allowed"
    )


def _character(before: str, after: str) -> str:
    if not after:
        return "the text is not closed; a quotation mark is missing at its end"
    return f"there is a control character here (U+{ord(after[0]):04X}); delete it"


def _key_part(before: str, after: str) -> str:
    if before.startswith("["):
        return "the name of the section is missing or holds a character that needs quotation marks"
    return "a table in { } stands on one line, as { name = value, name = value }, without a comma at its end"


def _statement(before: str, after: str) -> str:
    if after and not after.isprintable() and not after[0].isprintable():
        return _character(before, after)
    return "write name = value, a [section], or a comment behind #; names are of a-z, 0-9, - and _"


_EXPLANATIONS: tuple[tuple[str, str | Callable[[str, str], str]], ...] = (
    ("Invalid value", _value),
    ("Invalid statement", _statement),
    ("Expected '=' after a key", _equals),
    ("Expected newline or end of document", _behind_value),
    ("Expected ']", "the name of the section is not closed; write [name] or [[name]]"),
    ("Cannot overwrite a value", _twice),
    ("Cannot declare", _declared_twice),
    ("Cannot mutate", _declared_twice),
    ("Duplicate inline table key", "a name stands twice in this table; keep one of the two"),
    ("Illegal character", _character),
    ("Found invalid character", _character),
    ("Unterminated string", _character),
    (
        "Unclosed array",
        "a comma is missing between two values of a list, or a quotation mark is missing, "
        'or the "]" at its end before this',
    ),
    (
        "Unclosed inline table",
        'a comma is missing in a table, or a quotation mark is missing, or the "}" at its end before this',
    ),
    ("Invalid initial character for a key part", _key_part),
    ("Unescaped", "a backslash in \" \" is written twice (\\\\); or put the text in ' ' instead"),
    ("Invalid hex value", "\\u needs four hexadecimal digits behind it; write \\\\ for a backslash"),
)
