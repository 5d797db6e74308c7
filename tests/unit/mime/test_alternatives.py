"""Which other readings the parser names: over which octets, under which name, however the input is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.boundary import Matching
from gateway.mime.entity import Alternative, Entity, HeaderMode
from gateway.mime.event import HeaderComplete, LeafStart
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser
from gateway.mime.reading import Reading
from tests.support.walking import entity, multipart

BASE64 = b"Content-Transfer-Encoding: base64\r\n"


def alternatives(message: bytes, cuts: list[int] | None = None) -> list[Alternative]:
    """The other readings of a message that is cut at `cuts`."""
    parser = Parser(Limits())
    for start, end in itertools.pairwise([0, *sorted(cuts or []), len(message)]):
        parser.feed(message[start:end])
    parser.close()
    return parser.alternatives


def spans(message: bytes) -> list[tuple[str, bytes]]:
    """Name and octets of each."""
    return [(one.view, message[one.start : one.end]) for one in alternatives(message)]


PART = b"Content-Type: text/html\r\nContent-Type: image/png\r\n\r\nABC"
MIXED = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (PART, [("type image/png", b"ABC")]),
        (multipart(PART, b"\r\nmore"), [("type image/png", b"ABC")]),
        (multipart(PART.replace(b"ABC", b"")), []),
        (
            b"A: b\r\n \r\nC: d\r\n\r\nbody",
            [("header ends at blank line", b"A: b\r\n \r\nC: d\r\n\r\nbody")],
        ),
        (
            multipart(b"A: b\r\njunk\r\nTo: d\r\n\r\nbody"),
            [("header ends at junk", b"A: b\r\njunk\r\nTo: d\r\n\r\nbody")],
        ),
        (
            multipart(b"A: b\r\n\r\nContent-Type: a/b\r\n\r\nbody"),
            [("header goes on", b"A: b\r\n\r\nContent-Type: a/b\r\n\r\nbody")],
        ),
        (
            multipart(b"Subject: b\r\n Content-Type: a/b\r\n\r\nbody"),
            [("fields on folded lines", b"Subject: b\r\n Content-Type: a/b\r\n\r\nbody")],
        ),
        (
            multipart(BASE64 + b"Content-Transfer-Encoding: 7bit\r\n\r\nQUJD"),
            [("encoding identity", b"QUJD")],
        ),
        (
            multipart(b"Content-Type: message/rfc822; name=x\r\n\r\nSubject: in\r\n\r\nABC"),
            [("one leaf", b"Subject: in\r\n\r\nABC")],
        ),
        (
            MIXED + entity(b"\r\none\r\n--fooX\r\n\r\ntwo"),
            [("delimiters exact", entity(b"\r\none\r\n--fooX\r\n\r\ntwo"))],
        ),
        (
            multipart(b"Content-Type: multipart/mixed; boundary=bar\r\n\r\n" + entity(PART, boundary=b"bar")),
            [("type image/png", b"ABC")],
        ),
        (multipart(b"\r\none", b"Content-Type: a/b; name=c\r\n" + BASE64 + b"\r\nQUJD"), []),
    ],
)
def test_what_they_span(message: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert [one for one in spans(message) if one[1]] == expected


def test_where_readers_differ_about_the_multipart_it_is_read_whole() -> None:
    body = b"--foo\r\n\r\none\r\n--foo--\r\nrest\r\n"
    message = b"Content-Type: text/html\r\n" + MIXED + body
    assert spans(message) == [("type text/html", body)]


def test_within_an_outer_multipart_they_end_with_it() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=bar\r\n\r\n--bar\r\n" + PART
    message = multipart(inner, b"\r\nnext")
    assert spans(message) == [
        ("type image/png", b"ABC"),
        ("delimiters innermost", message[message.index(b"--foo") :]),
    ]


def test_a_body_that_is_not_quite_base64() -> None:
    message = multipart(BASE64 + b"\r\nQUJ#D", b"\r\nnext")
    found = alternatives(message)
    assert {message[one.start : one.end] for one in found} == {b"QUJ#D"}
    assert [one.view for one in found] == [
        f"encoding {one.entity.reading.encoding}" for one in found if one.entity.reading
    ]
    assert all(one.entity.leaf for one in found)
    assert "encoding base64 by line" in [one.view for one in found]


def test_how_they_are_to_be_read() -> None:
    (found,) = alternatives(multipart(b"A: b\r\n \r\nC: d\r\n\r\nbody"))
    assert found.entity == Entity(
        "1", False, 1, parent_type="multipart/mixed", mode=HeaderMode(blank_ends=True)
    )
    (found,) = alternatives(PART)
    assert found.entity.reading is not None
    assert found.entity.reading.content_type == "image/png"
    assert found.entity.message
    (found,) = alternatives(MIXED + entity(b"\r\none\r\n--fooX\r\n\r\ntwo"))
    assert found.entity.matching is Matching.EXACT
    assert found.entity.reading == Reading("multipart/mixed", boundaries=(b"foo",))


def test_they_are_read_as_they_are_named() -> None:
    message = multipart(b"\r\nfirst", PART)
    (found,) = alternatives(message)
    parser = Parser(Limits(), found.entity, base=found.start)
    events = [*parser.feed(message[found.start : found.end]), *parser.close()]
    start = next(event for event in events if isinstance(event, LeafStart))
    assert (start.path, start.content_type, start.parent_type) == ("2", "image/png", "multipart/mixed")
    assert not [event for event in events if isinstance(event, HeaderComplete)]
    assert parser.alternatives == []


def test_a_matching_names_no_further_one() -> None:
    message = MIXED + entity(b"\r\none\r\n--fooX\r\n\r\ntwo")
    for matching in (Matching.EXACT, Matching.OUTERMOST, Matching.INNERMOST):
        parser = Parser(Limits(), Entity(matching=matching))
        parser.feed(message)
        parser.close()
        assert parser.alternatives == []


def test_whoever_takes_them_empties_the_list() -> None:
    parser = Parser(Limits())
    parser.feed(multipart(PART + b" more" * 200, b"\r\nmore" * 200))
    assert len(parser.alternatives) == 1
    parser.alternatives.clear()
    parser.close()
    assert parser.alternatives == []


LINES = [
    *(b"\r\n", b"\n", b" \r\n", b"junk\r\n", b"A: b\r\n", b"To: c\r\n", b" Content-Type: a/b\r\n"),
    *(BASE64, b"Content-Transfer-Encoding: foo\r\n", b"Content-Type: text/html\r\n", MIXED[:-2]),
    *(b"Content-Type: multipart/mixed; boundary=foo; boundary=bar\r\n", b"Content-Type: message/rfc822\r\n"),
    *(b"--foo\r\n", b"--foo--\r\n", b"--fooX\r\n", b"--bar\r\n", b"QUJD#", b"=41=\r\n", b"x" * 600),
]


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=16).map(b"".join),
    st.lists(st.integers(0, 2_000), max_size=6),
)
def test_any_cut_names_the_same(message: bytes, cuts: list[int]) -> None:
    whole = alternatives(message)
    assert alternatives(message, [min(cut, len(message)) for cut in cuts]) == whole
    assert alternatives(message, list(range(1, len(message)))) == whole
    for one in whole:
        assert 0 <= one.start <= one.end <= len(message)
        assert one.view
