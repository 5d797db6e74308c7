"""Parameters of Content- fields: RFC 2045, RFC 2231, and what senders write instead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.parameters import Candidate, candidates, parse


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
        (b"a; filename=x.e(.png)xe", [("filename", (b"x.e(.png)xe", b"x.exe"))], ["comment-in-value"]),
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
