"""Where a key stands in a TOML text. tomllib gives values without places; people need line numbers.

The text is read once, from front to back, by a small scanner that knows strings, comments, brackets and keys
(TOML 1.0) and nothing of values. It is meant for text that tomllib has accepted; of any other text it makes
what it can, without failing. Time and memory are linear in the length of the text.

Known limit: what lies deeper than 32 keys is not recorded; it is given the line of what encloses it.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping

from gateway.problem import Place

_DEPTH = 32  # longest path recorded: keeps hostile nesting from costing the square of its length
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_REST_OF_LINE = re.compile(r"[^\n]*+")
_KEY = re.compile(r'"(?:[^"\\\n]++|\\.)*+"|\'[^\'\n]*+\'|[^\s\[\]{}=.,#"\']++')
_SCALAR = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'"
    r"|[^\s\[\]{},=#\"']++",
    re.DOTALL,
)


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The 1-based line of the key at `path` (table names, array-of-tables indices, key), or of the nearest
    enclosing table that can be found, or None."""
    lines = lines_of(text)
    for length in range(min(len(path), _DEPTH), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return None


@functools.lru_cache(maxsize=4)
def lines_of(text: str) -> Mapping[Place, int]:
    """The 1-based line of every table, key and array element in `text`, by path."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.lines


class _Open:
    """An array or inline table that has not been closed yet."""

    __slots__ = ("array", "index", "path")

    def __init__(self, path: Place, array: bool) -> None:
        self.path, self.array, self.index = path, array, 0


class _Scanner:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0  # newlines before this offset are in _line
        self._table: Place = ()
        self._last: dict[Place, int] = {}  # array of tables -> index of its latest element

    def run(self) -> None:
        """Read the whole text."""
        while self._skip(_BLANK):
            if self._text[self._at] == "[":
                self._header()
            else:
                self._assignment(self._table)
            # A value ends its line; whatever else stands there is no concern of ours.
            self._skip(_REST_OF_LINE)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Go behind what `pattern` matches here. False at the end of the text."""
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._at < len(self._text)

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _record(self, path: Place, line: int) -> None:
        if len(path) <= _DEPTH:
            self.lines.setdefault(path, line)

    def _header(self) -> None:
        line = self._here()
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        keys = self._keys()
        if not keys:
            return
        path: Place = ()
        for key in keys[:-1]:
            path = self._newest((*path, key))
            self._record(path, line)
        path = (*path, keys[-1])
        if array:
            self._record(path, line)
            self._last[path] = self._last.get(path, -1) + 1
            path = self._newest(path)
        self._table = path
        if len(path) <= _DEPTH:
            self.lines[path] = line  # it was known only by its children until now

    def _newest(self, path: Place) -> Place:
        """A table of an array of tables is meant where only the array is named: the latest one."""
        index = self._last.get(path)
        return path if index is None else (*path, index)

    def _assignment(self, table: Place) -> None:
        line = self._here()
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._record(path, line)
        if self._at == start:
            self._at += 1  # no key at all: never stand still
        self._skip(_SPACE)
        if self._text.startswith("=", self._at):
            self._at += 1
            self._value(path)

    def _keys(self) -> list[str]:
        """The parts of a dotted key, at most one more than is recorded."""
        keys: list[str] = []
        while self._skip(_SPACE):
            match = _KEY.match(self._text, self._at)
            if match is None:
                break
            self._at = match.end()
            if len(keys) <= _DEPTH:
                keys.append(_plain(match[0]))
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return keys

    def _value(self, path: Place) -> None:
        nest: list[_Open] = []
        self._begin(path, nest, _SPACE)
        while nest and self._skip(_BLANK):
            char, top = self._text[self._at], nest[-1]
            if char in "]}":
                nest.pop()
                self._at += 1
            elif char == ",":
                top.index += 1
                self._at += 1
            elif top.array:
                self._element(top, nest)
            else:
                self._member(top, nest)

    def _element(self, top: _Open, nest: list[_Open]) -> None:
        path = (*top.path, top.index) if len(top.path) <= _DEPTH else top.path
        self._record(path, self._here())
        self._begin(path, nest, _SPACE)

    def _member(self, top: _Open, nest: list[_Open]) -> None:
        start, line, path = self._at, self._here(), top.path
        for key in self._keys():
            if len(path) <= _DEPTH:
                path = (*path, key)
                self._record(path, line)
        self._skip(_BLANK)
        if self._text.startswith("=", self._at):
            self._at += 1
            self._begin(path, nest, _BLANK)
        elif self._at == start:
            self._at += 1

    def _begin(self, path: Place, nest: list[_Open], blank: re.Pattern[str]) -> None:
        """A value begins: go behind it if it is simple, open it if it is an array or an inline table."""
        if not self._skip(blank):
            return
        char = self._text[self._at]
        if char in "[{":
            nest.append(_Open(path, char == "["))
            self._at += 1
            return
        match = _SCALAR.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        elif char in "\"'":
            self._at = len(self._text)  # never closed: nothing behind it can be told apart from text
        elif char != "\n":
            self._at += 1


def _plain(key: str) -> str:
    """A key without its quotation marks and escapes."""
    if key[0] == "'" or (key[0] == '"' and "\\" not in key):
        return key[1:-1]
    if key[0] != '"':
        return key
    try:
        return str(tomllib.loads(f"k = {key}")["k"])
    except ValueError:
        return key[1:-1]
