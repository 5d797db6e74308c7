"""Lines of keys in TOML texts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.toml_place import line_of, lines_of

TEXT = '''\
# [comment]
title = "a # no comment"      # name = "no"
[gateway] # here
hostname = "mx"
"quoted key" = 1
'single.quoted' = 2
"esc\\u0061ped" = 3
a.b . "c d" = 4
[owner.home.address]
street = """
[gateway]
fake = 1
\\""" still text
""""
lane = \'\'\'
[[rule]]
fake = 2\'\'\'
after = true

[[rule]]
name = "one"
[[rule]]
name = "two"
  [rule.example]
  match = [
    "a, b",  # ] not yet
    # "comment",
    ["x",
     "y"],
    { k = 1, "l m" = [2,
      3] },
  ]
[[rule.part]]
size = 1
[[rule.part]]
size = 2
[[rule]]
when = 1979-05-27 07:32:00
inline = { x = 1, y = { z = "}" }, w.v = 2 }
empty = []
last = 1'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("gateway",), 3),
        (("gateway", "hostname"), 4),
        (("gateway", "quoted key"), 5),
        (("gateway", "single.quoted"), 6),
        (("gateway", "escaped"), 7),
        (("gateway", "a"), 8),
        (("gateway", "a", "b"), 8),
        (("gateway", "a", "b", "c d"), 8),
        (("owner",), 9),
        (("owner", "home"), 9),
        (("owner", "home", "address"), 9),
        (("owner", "home", "address", "street"), 10),
        (("owner", "home", "address", "lane"), 15),
        (("owner", "home", "address", "after"), 18),
        (("rule",), 20),
        (("rule", 0), 20),
        (("rule", 0, "name"), 21),
        (("rule", 1), 22),
        (("rule", 1, "name"), 23),
        (("rule", 1, "example"), 24),
        (("rule", 1, "example", "match"), 25),
        (("rule", 1, "example", "match", 0), 26),
        (("rule", 1, "example", "match", 1), 28),
        (("rule", 1, "example", "match", 1, 1), 29),
        (("rule", 1, "example", "match", 2, "k"), 30),
        (("rule", 1, "example", "match", 2, "l m", 1), 31),
        (("rule", 1, "part"), 33),
        (("rule", 1, "part", 0, "size"), 34),
        (("rule", 1, "part", 1), 35),
        (("rule", 1, "part", 1, "size"), 36),
        (("rule", 2, "when"), 38),
        (("rule", 2, "inline", "y", "z"), 39),
        (("rule", 2, "inline", "w", "v"), 39),
        (("rule", 2, "last"), 41),
    ],
)
def test_place(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("gateway", "missing"), 3),
        (("rule", 1, "missing"), 22),
        (("rule", 7, "name"), 20),
        (("rule", 1, "example", "match", 9), 25),
        (("title", "x", "y"), 2),
        (("gateway", "fake"), 3),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_what_is_missing_is_where_it_would_belong(path: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TEXT, path) == line


def test_explicit_table_wins_over_what_implied_it() -> None:
    text = "[a.b]\nx = 1\n[a]\ny = 2\n"
    assert line_of(text, ("a",)) == 3
    assert line_of(text, ("a", "b")) == 1


def test_carriage_returns_do_not_count() -> None:
    assert line_of("a = 1\r\n\r\nb = 2\r\n", ("b",)) == 3


def test_multi_line_strings_with_quotes_at_their_edges() -> None:
    text = 'a = """"x"""""\nb = \'\'\'\'x\'\'\'\'\'\nc = ""\nd = """"""\ne = "\\\\"\nf = 1\n'
    assert tomllib.loads(text)["f"] == 1
    assert [line_of(text, (key,)) for key in "abcdef"] == [1, 2, 3, 4, 5, 6]


def test_deep_nesting_gets_the_line_of_what_encloses_it() -> None:
    text = "x = 1\ny = " + "[" * 50_000 + "\n1" + "]" * 50_000
    assert line_of(text, ("y", *[0] * 100)) == 2
    text = "x = 1\n" + ".".join("a" * 50_000) + " = 1"
    assert line_of(text, ("a",) * 100) == 2
    assert len(lines_of(text)) < 100


@pytest.mark.parametrize(
    "piece", ["[", "{", '"', "'", '"""', "=", "a.", ",", "[[a]]\n", "{a=", "[a\n", "a=\n", "\\", "#", "\r"]
)
def test_hostile_texts_end(piece: str) -> None:
    assert line_of("k = 1\n" + piece * (60_000 // len(piece)), ("k",)) == 1


@settings(max_examples=300)
@given(st.text(alphabet="[]{}=\"'\n#.,ab1 \\\r\t", max_size=60))
def test_any_text_is_read_without_failing(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


# A generated document, with the line of every path noted down as it is written.

_KEYS = st.sampled_from(["a", "b", "c", '"d e"', "'f.g'", '"h\\"i"'])
_COMMENT = st.sampled_from(["", "", " # [x]", ' # y = "', "\n", "\n# [[z]] = 1\n\n"])
_VALUES = st.recursive(
    st.sampled_from(
        ["1", "-2.5", "true", '"t # ["', "'u ]'", '"""v\n[a]\nb = 1"""', "'''w\n\"'''", "07:32:00"]
    ),
    lambda inner: (
        st.tuples(st.just("["), st.lists(inner, max_size=3), _COMMENT)
        | st.tuples(st.just("{"), st.dictionaries(_KEYS, inner, max_size=3), st.just(""))
    ),
    max_leaves=8,
)


class _Writer:
    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[tuple[str | int, ...], int] = {}

    def note(self, path: tuple[str | int, ...]) -> None:
        self.lines[path] = self.text.count("\n") + 1

    def value(self, path: tuple[str | int, ...], value: Any, inline: bool = False) -> None:
        if isinstance(value, str):
            self.text += value
            return
        kind, members, comment = value
        self.text += kind
        if kind == "[":
            for number, member in enumerate(members):
                self.text += "" if inline else comment + "\n"
                self.note((*path, number))
                self.value((*path, number), member, inline)
                self.text += ", "
            self.text += "]"
            return
        for number, (key, member) in enumerate(members.items()):
            self.text += ", " if number else " "
            self.note((*path, _name(key)))
            self.text += f"{key} = "
            self.value((*path, _name(key)), member, inline=True)
        self.text += " }"


def _name(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 1")))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["table", "array"]), _COMMENT, st.dictionaries(_KEYS, _VALUES, max_size=4)),
        max_size=4,
    )
)
def test_generated_documents_agree_with_tomllib(sections: list[tuple[str, str, dict[str, Any]]]) -> None:
    writer = _Writer()
    count = 0
    for number, (kind, comment, members) in enumerate(sections):
        path: tuple[str | int, ...] = (f"t{number}",)
        if kind == "array":
            path = ("array", count)
            if count == 0:
                writer.note(("array",))
            count += 1
        writer.note(path)
        writer.text += f"[[array]]{comment}\n" if kind == "array" else f"[t{number}]{comment}\n"
        for key, value in members.items():
            writer.text += "  "
            writer.note((*path, _name(key)))
            writer.text += f"{key} = "
            writer.value((*path, _name(key)), value)
            writer.text += f"{comment}\n"
    assert dict(lines_of(writer.text)) == writer.lines
    assert set(_paths(tomllib.loads(writer.text))) == set(writer.lines)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, member in items:
        yield from _paths(member, (*path, key))
