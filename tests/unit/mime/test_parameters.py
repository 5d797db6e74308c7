"""Parameters of Content- fields: RFC 2045, RFC 2231, and what senders write instead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.parameters import MAX_BRACKETS, Candidate, candidates, parse


def readings(field: bytes) -> list[tuple[str, tuple[bytes, ...]]]:
    return [(parameter.name, parameter.readings) for parameter in parse(field).parameters]


def names(field: bytes) -> list[str]:
    return [deviation.name for deviation in parse(field).deviations]


@pytest.mark.parametrize(
    ("field", "value", "parameters"),
    [
        (b"text/plain", b"text/plain", []),
        (b"text/plain;", b"text/plain", []),
        (b"text/plain; charset=utf-8", b"text/plain", [("charset", (b"utf-8",))]),
        (b'a/b; X="y; z"; w=v', b"a/b", [("x", (b"y; z",)), ("w", (b"v",))]),
        (b"a/b ; x = y", b"a/b", [("x", (b"y",))]),
        (b"a/b;x\t=\ty", b"a/b", [("x", (b"y",))]),
        (b"a/b; charset=us-ascii (plain)", b"a/b", [("charset", (b"us-ascii (plain)", b"us-ascii"))]),
        (b'a; f="x\\"y.z"', b"a", [("f", (b'x"y.z', b'x\\"y.z'))]),
        (b'a; f="C:\\b.exe"', b"a", [("f", (b"C:b.exe", b"C:\\b.exe"))]),
        (b"f=x.exe", b"", [("f", (b"x.exe",))]),
        (b"", b"", []),
    ],
)
def test_what_is_well_formed_or_nearly(
    field: bytes, value: bytes, parameters: list[tuple[str, tuple[bytes, ...]]]
) -> None:
    parsed = parse(field)
    assert parsed.value == value
    assert readings(field) == parameters
    assert parsed.deviations == ()


@pytest.mark.parametrize(
    ("field", "parameters", "deviations"),
    [
        (b"() a/b; x=(c)y", [("x", (b"(c)y", b"y"))], ["comment-in-value"]),
        (b"a; filename=x.exe(.png)", [("filename", (b"x.exe(.png)", b"x.exe"))], []),
        (b"a; filename=x.e(.png)xe", [("filename", (b"x.e(.png)xe", b"x.exe"))], []),
        (b"a; filename()=x.exe", [("filename", (b"x.exe",))], []),
        (b"a; filename=my file.pdf", [("filename", (b"my file.pdf", b"my"))], []),
        (b"a; b=foo bar", [("b", (b"foo bar", b"foo"))], ["junk-in-parameter"]),
        (b"a; b=c d=e", [("b", (b"c d=e", b"c")), ("d", (b"e",))], ["junk-in-parameter"]),
        (b"a/b c=d", [("c", (b"d",))], ["junk-in-parameter"]),
        (b"a; b", [], ["junk-in-parameter"]),
        (b'a; f="x".exe', [("f", (b"x", b"x.exe"))], ["junk-in-parameter"]),
        (b'a; f="x" g=y', [("f", (b"x", b"xg=y", b"x g=y")), ("g", (b"y",))], ["junk-in-parameter"]),
        (b'a; f="x;g=y', [("f", (b"x;g=y", b"x")), ("g", (b"y",))], ["unbalanced-quote"]),
        (b'a; f=x"y"', [("f", (b'x"y"', b"xy"))], ["unbalanced-quote"]),
        (b"a; f='x'", [("f", (b"'x'", b"x"))], []),
    ],
)
def test_every_reading_is_kept(
    field: bytes, parameters: list[tuple[str, tuple[bytes, ...]]], deviations: list[str]
) -> None:
    assert readings(field) == parameters
    assert names(field) == deviations


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"a; n=x", [Candidate(b"x", None)]),
        (b"a; n=x; n=y", [Candidate(b"x", None), Candidate(b"y", None)]),
        (b"a; n*=utf-8''x%2Ey", [Candidate(b"x.y", "utf-8")]),
        (b"a; n*=utf-8'en'x", [Candidate(b"x", "utf-8")]),
        (b"a; n*=''x%2ey", [Candidate(b"x.y", None)]),
        (b"a; n*=x%2ey", [Candidate(b"x.y", None)]),
        (b"a; n*=x%ZZ", [Candidate(b"x%ZZ", None)]),
        (b"a; n=p; n*=utf-8''x", [Candidate(b"x", "utf-8"), Candidate(b"p", None)]),
        (b"a; n*0=x; n*1=y; n*2=z", [Candidate(b"xyz", None)]),
        (b"a; n*0*=utf-8''x%2E; n*1=%79", [Candidate(b"x.%79", "utf-8")]),
        (b"a; n*0=x; n*1*=%2Ey", [Candidate(b"x.y", None)]),
        (b"a; n*1=y; n*0=x", [Candidate(b"xy", None), Candidate(b"yx", None)]),
        (b"a; n*0=x; n*2=z", [Candidate(b"x", None), Candidate(b"xz", None)]),
        (
            b"a; n*0=x; n*0=w; n*1=y",
            [Candidate(b"xy", None), Candidate(b"wy", None), Candidate(b"xwy", None)],
        ),
        (b"a; n*1=y", [Candidate(b"y", None)]),
        (b"a; n*99999999999999999999=y; m=x", []),
        (b"a; name=x", []),
    ],
)
def test_candidates(field: bytes, expected: list[Candidate]) -> None:
    assert candidates(parse(field), "n") == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="a/; =\"\\()*0'%x").map(str.encode))
def test_anything_is_parsed(field: bytes) -> None:
    structured = parse(field)
    assert all(parameter.readings for parameter in structured.parameters)
    assert isinstance(candidates(structured, "a"), list)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_a_quoted_value_comes_back(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').encode()
    ((name, values),) = readings(b'a; x="' + quoted + b'"')
    assert (name, values[0]) == ("x", text.encode())


def without_comments(text: bytes) -> bytes:
    """`text` without its comments, found in the plainest way: a search from each bracket on."""
    kept, position = b"", 0
    while position < len(text):
        end = comment_end(text, position) if text[position : position + 1] == b"(" else None
        if end is None:
            kept += text[position : position + 1]
        position = end or position + 1
    return kept


def comment_end(text: bytes, start: int) -> int | None:
    depth, position = 0, start
    while position < len(text):
        octet = text[position : position + 1]
        depth += {b"(": 1, b")": -1}.get(octet, 0)
        position += 2 if octet == b"\\" else 1
        if depth == 0:
            return position
    return None


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="((()))\\\\a", min_size=1, max_size=30).map(str.encode))
def test_comments_are_those_that_a_search_from_each_bracket_finds(text: bytes) -> None:
    ((_, found),) = readings(b"a; x=" + text)
    assert without_comments(text) in found


@pytest.mark.parametrize(
    ("field", "parameters"),
    [
        (b"a; x=(b;c)d; y=e", [("x", b"(b;c)d"), ("y", b"e")]),
        (b"a; x=(b;c; y=e", [("x", b"(b"), ("y", b"e")]),
        (b"a; x=(1(2(3(4;))))z; y=e", [("x", b"(1(2(3(4;))))z"), ("y", b"e")]),
        (b"a; x=(\\);)z; y=e", [("x", b"(\\);)z"), ("y", b"e")]),
        (b"a; x=\\(;)z; y=e", [("x", b"\\(;)z"), ("y", b"e")]),
        (b"a; x=(\\(;)z; y=e", [("x", b"(\\(;)z"), ("y", b"e")]),
        (b"a; x=((\\(;)z; y=e", [("x", b"((\\(;)z"), ("y", b"e")]),
        (b'a; x=(";)z; y=e', [("x", b'(";)z'), ("y", b"e")]),
        (b'a; x="(;" ; y=")"', [("x", b"(;"), ("y", b")")]),
    ],
)
def test_a_semicolon_in_a_comment_ends_nothing(field: bytes, parameters: list[tuple[str, bytes]]) -> None:
    assert [(name, first) for name, (first, *_) in readings(field)] == parameters


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", [b"\\(", b"(", b"()", b"(\\)", b'("', b'"(', b")(", b"\\", b'"', b"a=(b;", b'a="b" c=d ']
)
def test_hostile_repetition_is_parsed(unit: bytes) -> None:
    for beginning in (b"a/b;(", b"a/b; x=", b"(" * 400):
        assert len(readings(beginning + unit * (400_000 // len(unit)))) <= 400_000 // len(unit)
        assert len(readings(beginning + unit * 40 + b"\\a" * 200_000)) <= 40


def test_too_many_brackets_are_taken_for_text() -> None:
    field = b"a; x=" + b"()" * (MAX_BRACKETS // 2)
    assert readings(field) == [("x", (field[5:], b""))]
    field += b"("
    assert readings(field) == [("x", (field[5:],))]
    assert "too-many-comments" in names(field)


@pytest.mark.parametrize(
    "field",
    [
        b"a; filename*=utf-8''invoice.exe junk.txt",
        b"a; filename*0=invoice.e junk; filename*1=xe",
        b"a; filename*0*=utf-8''invoice.e junk; filename*1*=xe",
        b"attachment filename=invoice.exe",
        b"attachment, filename=invoice.exe",
        b"a; filename *0 = invoice; filename* 1= .exe",
        b"a; junk filename=invoice.exe",
    ],
)
def test_names_around_junk(field: bytes) -> None:
    assert b"invoice.exe" in [one.octets for one in candidates(parse(field), "filename")]
