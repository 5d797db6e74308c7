"""The walk as a whole: what is shown, once and in order, where it stands, and what becomes of the bodies."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.limits import Limits
from gateway.mime.walk import Leaf, Walker
from tests.support.walking import Memory, Walked, entity, multipart, walk

BASE64 = b"Content-Transfer-Encoding: base64\r\n"
OCTETS = b"Content-Type: application/octet-stream\r\n"
UU = b"begin 644 a.exe\n#0V%T\n`\nend\n"
AMBIGUOUS = (
    b"Subject: s\r\njunk\r\nContent-Type: text/plain\r\n"
    b"Content-Type: multipart/mixed; boundary=foo; boundary=bar\r\n\r\n"
    + entity(
        b"Content-Transfer-Encoding: 7bit\r\n" + BASE64 + b"\r\nQUJDR#",
        b"Content-Type: message/rfc822; name=x.eml\r\n\r\nX: y\r\n \r\nZ: a\r\n\r\n" + UU,
        OCTETS + BASE64 + b"\r\n" + base64.encodebytes(b"From: a\r\nContent-Type: text/html\r\n\r\n<p>"),
    )
    + b"--bar\r\n"
    + BASE64
    + b"\r\nREVG\r\n--bar--\r\n"
)


def summary(walked: Walked) -> list[object]:
    """All that a walk has shown."""
    return [
        [(leaf.view, leaf.start, leaf.content, leaf.opaque) for leaf in walked.leaves],
        walked.headers,
        walked.noted,
    ]


class TestOnce:
    """Nothing is shown twice."""

    def test_in_no_reading_that_differs_elsewhere(self) -> None:
        message = (
            b"Subject: s\r\nContent-Type: multipart/mixed; boundary=foo; boundary=bar\r\n"
            b"Content-Type: text/plain\r\n\r\n"
        ) + entity(b"Content-Type: a/b; name=c\r\n" + BASE64 + b"\r\nQUJD", b"\r\ntext")
        walked = walk(message)
        assert walked.contents() == [("1", b"ABC"), ("2", b"text")]
        assert sum([leaf.content == b"ABC" for leaf in walked.leaves]) == 1

    def test_nor_what_stands_within_it(self) -> None:
        message = multipart(BASE64 + b"\r\n" + base64.encodebytes(UU), b"\r\nx\r\n--fooX\r\n\r\ny")
        walked = walk(message)
        assert "delimiters exact" in walked.views()
        assert [leaf.view for leaf in walked.leaves if leaf.content == b"Cat"] == [""]

    def test_ambiguous_message(self) -> None:
        walked = walk(AMBIGUOUS)
        shown = [(leaf.view, leaf.start, leaf.content) for leaf in walked.leaves]
        assert len(walked.views()) > 5
        assert len(set(shown)) == len(shown)

    def test_headers(self) -> None:
        walked = walk(multipart(b"\r\none\r\n--fooX\r\n\r\ntwo", b"Subject: in\r\n\r\nthree"))
        headers = [seen.event.header for seen in walked.headers if seen.event.header.fields]
        assert len(headers) == len(set(headers))


class TestHeaders:
    """Headers are told for every reading that has them otherwise."""

    def test_of_the_likeliest_reading_all_are_told(self) -> None:
        walked = walk(multipart(b"X-A: b\r\n\r\none", b"X-C: d\r\n\r\ntwo"))
        assert [(seen.event.path, seen.view) for seen in walked.headers] == [("", ""), ("1", ""), ("2", "")]

    def test_of_another_reading_those_that_differ(self) -> None:
        walked = walk(b"Subject: one\r\njunk\r\nSubject: two\r\n\r\nbody")
        subjects = [(seen.view, seen.event.header.decoded_all("subject")) for seen in walked.headers]
        assert subjects == [("", ["one", "two"]), ("header ends at junk", ["one"])]

    def test_that_only_another_reading_finds(self) -> None:
        walked = walk(b"Subject: one\r\n\r\nSubject: two\r\nContent-Type: text/html\r\n\r\nbody")
        found = [seen for seen in walked.headers if seen.view == "header goes on"]
        assert [seen.event.header.decoded_all("subject") for seen in found] == [["one", "two"]]
        assert found[0].event.message
        assert found[0].event.path == ""


class TestPlaces:
    """Where things stand in the message, also those that stand within a leaf."""

    def test_defects_within_a_leaf_have_the_place_of_the_leaf(self) -> None:
        inner = b"From: a\r\nContent-Type: text/html\r\nMissing\r\nSubject : b\r\nX\0: y\r\n\r\nABC"
        message = multipart(b"\r\nfirst", OCTETS + BASE64 + b"\r\n" + base64.encodebytes(inner))
        walked = walk(message)
        found = walked.defect("nul-in-header")
        assert found.path == "2:message"
        assert message[found.offset :].startswith(base64.encodebytes(inner)[:40])

    def test_and_within_a_leaf_within_a_leaf(self) -> None:
        inner = b"From: a\r\nContent-Type: text/html\r\nX\0: y\r\n\r\nABC"
        outer = b"From: a\r\n" + OCTETS + BASE64 + b"\r\n" + base64.encodebytes(inner)
        message = multipart(OCTETS + BASE64 + b"\r\n" + base64.encodebytes(outer))
        found = walk(message).defect("nul-in-header")
        assert found.offset == message.index(base64.encodebytes(outer)[:40])

    def test_defects_of_the_message_have_their_own(self) -> None:
        message = multipart(b"\r\none", b"X\0: y\r\n\r\ntwo")
        assert walk(message).defect("nul-in-header").offset == message.index(b"\0")

    def test_files_within_a_leaf(self) -> None:
        message = multipart(b"\r\nfirst", b"\r\n=ybegin line=128 size=9 name=a\r\nxyz\r\n")
        found = walk(message).defect("yenc-malformed")
        assert found.path == "2:yenc-1"
        assert message[found.offset :].startswith(b"=ybegin")


class TestOpaque:
    """Only well-formed base64 of the likeliest reading says all there is."""

    def test_a_leaf(self) -> None:
        message = multipart(b"\r\none", OCTETS + BASE64 + b"\r\nQUJD")
        assert [leaf.opaque for leaf in walk(message).leaves] == [
            None,
            (message.index(b"QUJD"), message.index(b"QUJD") + 4),
        ]

    @pytest.mark.parametrize(
        "part",
        [
            b"\r\nQUJD",
            BASE64 + b"\r\nQUJ#D",
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\nABC",
            b"Content-Transfer-Encoding: x-uuencode\r\n\r\n" + UU,
        ],
    )
    def test_others_are_not(self, part: bytes) -> None:
        assert {leaf.opaque for leaf in walk(multipart(part)).leaves} == {None}

    @pytest.mark.parametrize(
        "message",
        [
            b"Subject: s\r\n\r\n" + BASE64 + b"\r\nQUJD",
            b"Content-Transfer-Encoding: foo\r\n\r\nQUJD",
            b"Subject: s\r\n\r\n" + base64.b64encode(b"ABC" * 20),
        ],
    )
    def test_in_another_reading(self, message: bytes) -> None:
        walked = walk(message)
        assert len(walked.views()) > 1
        assert {leaf.opaque for leaf in walked.leaves} == {None}

    def test_within_a_leaf(self) -> None:
        inner = b"From: a\r\n" + OCTETS + BASE64 + b"\r\nQUJD"
        walked = walk(multipart(OCTETS + BASE64 + b"\r\n" + base64.encodebytes(inner)))
        assert [leaf.opaque is None for leaf in walked.leaves] == [False, True]
        assert walk(multipart(OCTETS + b"\r\n" + inner)).leaves[0].opaque is None


class TestBodies:
    """Each body is closed, and not before what stands in it was shown."""

    def test_after_the_next_step(self) -> None:
        walker: Walker[Memory] = Walker(Limits(), Memory)
        message = multipart(*[b"\r\n" + b"some text " * 300] * 3)
        bodies: list[Memory] = []
        for step in walker.feed(message):
            assert all(body.closed for body in bodies)
            if isinstance(step, Leaf):
                assert not step.body.closed
                bodies.append(step.body)
        assert [body.closed for body in bodies] == [1, 1, 1]

    def test_within_which_something_was_found(self) -> None:
        walker: Walker[Memory] = Walker(Limits(), Memory)
        bodies: list[Memory] = []
        list(walker.feed(b"Subject: s\r\n\r\n" + UU))
        for step in walker.close(Memory(b"Subject: s\r\n\r\n" + UU)):
            if isinstance(step, Leaf):
                bodies.append(step.body)
                assert not any(body.closed for body in bodies)
        assert [body.closed for body in bodies] == [1, 1]

    @pytest.mark.parametrize(
        "limits", [Limits(), Limits(parts=2), Limits(views=3), Limits(decoded_octets=40), Limits(depth=1)]
    )
    def test_whatever_the_message(self, limits: Limits) -> None:
        walked = walk(AMBIGUOUS, limits)
        assert len(walked.bodies) > 2
        assert all(body.closed for body in walked.bodies)


class TestCuts:
    """How the message comes, and how it is read back, makes no difference."""

    @pytest.mark.parametrize("step", [1, 7, 100])
    def test_fed(self, step: int) -> None:
        assert summary(walk(AMBIGUOUS, step=step)) == summary(walk(AMBIGUOUS))

    @pytest.mark.parametrize("block", [1, 7, 100])
    def test_read_back(self, block: int) -> None:
        assert summary(walk(AMBIGUOUS, block=block)) == summary(walk(AMBIGUOUS))


PIECES = [
    *(b"\r\n", b"\n", b" \r\n", b"junk\r\n", b"X-A: b\r\n", b"Subject: s\r\n", b"\r"),
    *(BASE64, b"Content-Transfer-Encoding: quoted-printable\r\n", b"Content-Type: text/html\r\n"),
    *(b"Content-Type: multipart/mixed; boundary=foo\r\n", b"Content-Type: message/rfc822\r\n"),
    *(b"--foo\r\n", b"--foo--\r\n", b"--fooX\r\n", b"QUJD", b"=41=\r\n", UU, b"From a\r\n"),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join), st.integers(1, 60))
def test_any_message_is_walked_through_alike_however_it_is_cut(message: bytes, step: int) -> None:
    whole = walk(message)
    assert summary(walk(message, step=step, block=step)) == summary(whole)
    assert all(body.closed for body in whole.bodies)
    assert len(whole.leaves) < 5_000


def test_the_end_of_an_empty_message() -> None:
    walked = walk(b"")
    assert walked.contents() == [("1", b"")]
    assert not walked.noted
