"""Reading of TOML files, and the wording where that is not possible."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.problem import Problem
from gateway.toml_file import Document, read


def _problem(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "x.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = read(file)
    assert isinstance(result, Problem)
    assert result.file == file
    return str(result).removeprefix(f"{tmp_path}/")


def test_values_and_places(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xef\xbb\xbf# Notepad\r\n[a]\r\nb = '''1\r\n2'''\r\nc = \"\xc3\xa9\"\r\n")
    document = read(file)
    assert isinstance(document, Document)
    assert document.data == {"a": {"b": "1\n2", "c": "é"}}
    assert str(document.at(("a", "c"), "is wrong")) == f"{file}:5: a.c: is wrong"
    assert str(document.problem(("a", "b"), "other", "is wrong")) == f"{file}:3: other: is wrong"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a = mx.school\n", 'x.toml:1: text must stand in quotation marks: "mx.school"'),
        ("\na = /var/lib # c\n", 'x.toml:2: text must stand in quotation marks: "/var/lib"'),
        ("a = “x”\n", 'x.toml:1: write straight quotation marks, "like these"; found “x”'),
        ("a = True\n", "x.toml:1: write true, in small letters and without quotation marks; found True"),
        ("a = no\n", "x.toml:1: write false, in small letters and without quotation marks; found no"),
        ("a =\n", 'x.toml:1: the value is missing behind the "="'),
        ("a = [1, ,]\n", "x.toml:1: a value is missing here"),
        ('a = "x\n', "x.toml:1: the text is not closed; a quotation mark is missing at its end"),
        ('a = """x\n\n\n', "x.toml:1: the file ends inside a text; a closing quotation mark is missing"),
        ("a = 'x\n", "x.toml:1: the file ends inside a text; a closing quotation mark is missing"),
        (
            "b = 1\na = [1,\n",
            "x.toml:2: the file ends in the middle of a value; a closing bracket, or the value itself, is missing",
        ),
        (
            "a = [1 2]\n",
            "x.toml:1: a comma is missing between two values of a list, or a quotation mark is missing, "
            'or the "]" at its end before this',
        ),
        (
            'a = [\n"b",\n"c, "d",\n]\n',
            "x.toml:3: a comma is missing between two values of a list, or a quotation mark is missing, "
            'or the "]" at its end before this',
        ),
        (
            "a = {b = 1 c = 2}\n",
            "x.toml:1: a comma is missing in a table, or a quotation mark is missing, "
            'or the "}" at its end before this',
        ),
        ("a = {b = 1, b = 2}\n", "x.toml:1: a name stands twice in this table; keep one of the two"),
        ("[a\n", "x.toml:1: the name of the section is not closed; write [name] or [[name]]"),
        (
            "[]\n",
            "x.toml:1: the name of the section is missing or holds a character that needs quotation marks",
        ),
        ("[a]]\n", "x.toml:1: only a comment may stand behind the name of the section; found ]"),
        ("a\n", 'x.toml:1: write name = value; there is no "=" behind a'),
        ("a: 1\n", 'x.toml:1: write "=" between the name and its value, not ":": a = …'),
        (
            "= 1\n",
            "x.toml:1: write name = value, a [section], or a comment behind #; names are of a-z, 0-9, - and _",
        ),
        ("a = 1\na = 2\n", "x.toml:2: the key a stands here a second time; keep one of the two"),
        (
            "[a]\n[a]\n",
            "x.toml:2: the section [a] stands here a second time; put all its keys under the first, "
            "or write [[a]] each time where several are allowed",
        ),
        (
            "[[a]]\nx = 1\n[[a.x]]\n",
            "x.toml:3: [a.x] stands here although its keys were given already; keep one of the two",
        ),
        (
            'a = "C:\\path"\n',
            "x.toml:1: a backslash in \" \" is written twice (\\\\); or put the text in ' ' instead",
        ),
        (
            'a = "\\u12"\n',
            "x.toml:1: \\u needs four hexadecimal digits behind it; write \\\\ for a backslash",
        ),
        ("a = 01\n", "x.toml:1: a number may not begin with 0; found 01"),
        (
            "a = 25 MiB # size\n",
            'x.toml:1: this must stand in quotation marks, as it is not a plain number: "25 MiB"',
        ),
        (
            "a = 127.0.0.1:25\n",
            'x.toml:1: this must stand in quotation marks, as it is not a plain number: "127.0.0.1:25"',
        ),
        ("a = 1 b = 2\n", "x.toml:1: only a comment may stand behind the value; found b = 2"),
        ('a = "x\x01"\n', "x.toml:1: there is a control character here (U+0001); delete it"),
        ("\x00\n", "x.toml:1: there is a control character here (U+0000); delete it"),
        (b"a = 1\nb = '\xe9'\n", "x.toml:2: this line is not UTF-8; save the file with the encoding UTF-8"),
        ("a = " + "[" * 5000, "x.toml: lists or tables are nested too deeply"),
    ],
)
def test_wording(tmp_path: Path, content: str | bytes, expected: str) -> None:
    assert _problem(tmp_path, content) == expected


def test_whatever_else_tomllib_says_is_passed_on(tmp_path: Path) -> None:
    assert _problem(tmp_path, 'a = "\\uD800"\n').startswith("x.toml:1: this is not valid TOML (")
    assert _problem(tmp_path, "a = " + "9" * 5000).startswith("x.toml: this is not valid TOML (")


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    cases = {
        tmp_path / "none.toml": "there is no such file; give the path of a file that exists",
        tmp_path / "file" / "x": "there is no such file; give the path of a file that exists",
        tmp_path: "this is a folder; give the path of a file",
        tmp_path / "a\0b": "the file cannot be read (its name is not valid)",
        tmp_path / ("x" * 300): "the file cannot be read (File name too long)",
    }
    for file, message in cases.items():
        assert read(file) == Problem(file, None, "", message)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert read(tmp_path / "file") == Problem(
        tmp_path / "file",
        None,
        "",
        "the file may not be read by the user that Postern runs as; change its owner or permissions",
    )


def test_file_that_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"# " + b"x" * 2046)
    assert isinstance(read(file, 2048), Document)
    assert read(file, 2047) == Problem(file, None, "", "the file is larger than 1 KiB, which cannot be right")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "rules.toml"
    os.mkfifo(pipe)
    assert isinstance(read(pipe), Problem)
