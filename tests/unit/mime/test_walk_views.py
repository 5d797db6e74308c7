"""Every kind of other reading leads to leaves of its own view, with the octets that its readers see."""

from __future__ import annotations

import base64
import binascii

import pytest

from tests.support.walking import entity, multipart, walk

BASE64 = b"Content-Transfer-Encoding: base64\r\n"
QP = b"Content-Transfer-Encoding: quoted-printable\r\n"
TWO_BOUNDARIES = b"Content-Type: multipart/mixed; boundary=foo; boundary=bar\r\n"

# A message, the view, and path and content of what only that view shows.
HEADERS = {
    "blank line": (
        b"Subject: x\r\n \r\nX-More: y\r\n\r\nbody",
        "header ends at blank line",
        [("1", b"X-More: y\r\n\r\nbody")],
    ),
    "blank line within a part": (
        multipart(b"X-A: b\r\n\t\r\nX-C: d\r\n\r\nbody"),
        "header ends at blank line",
        [("1", b"X-C: d\r\n\r\nbody")],
    ),
    "ends at junk": (
        b"Subject: x\r\njunk\r\n" + BASE64 + b"\r\nQUJD",
        "header ends at junk",
        [("1", b"junk\r\n" + BASE64 + b"\r\nQUJD")],
    ),
    "has junk": (
        b"Subject: x\r\njunk\r\nKeywords: y\r\n" + BASE64 + b"\r\nQUJD",
        "header has junk",
        [("1", b"ABC")],
    ),
    "goes on": (b"Subject: x\r\n\r\n" + BASE64 + b"\r\nQUJD", "header goes on", [("1", b"ABC")]),
    "goes on, twice": (
        b"Subject: x\r\n\r\nContent-Type: a/b\r\n\r\n" + BASE64 + b"\r\nQUJD",
        "header goes on",
        [("1", b"ABC")],
    ),
    "goes on behind a delimiter": (
        b"Subject: x\r\n\r\n--foo\r\n" + BASE64 + b"\r\nQUJD",
        "header goes on",
        [("1", b"ABC")],
    ),
    "fields in folds": (
        b"Subject: x\r\n " + BASE64 + b"\r\nQUJD",
        "fields on folded lines",
        [("1", b"ABC")],
    ),
    "a multipart in a fold": (
        b"Subject: x\r\n\tContent-Type: multipart/mixed; boundary=foo\r\n\r\n" + entity(b"\r\none"),
        "fields on folded lines",
        [("1", b"one")],
    ),
}
FIELDS = {
    "types": (
        b"Content-Type: text/html\r\nContent-Type: image/png\r\n\r\nABC",
        "type image/png",
        [("1", b"ABC")],
    ),
    "a leaf or a multipart": (
        b"Content-Type: text/html\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n"
        + entity(b"\r\none"),
        "type text/html",
        [("1", entity(b"\r\none"))],
    ),
    "a boundary on a leaf": (
        b"Content-Type: text/html; boundary=foo\r\n\r\n" + entity(b"\r\none"),
        "type multipart/mixed",
        [("1", b"one")],
    ),
    "no boundary": (
        b"Content-Type: multipart/mixed\r\n\r\n" + entity(b"\r\none"),
        "type text/plain",
        [("1", entity(b"\r\none"))],
    ),
    "the first boundary, though the second comes first": (
        TWO_BOUNDARIES + b"\r\n" + entity(b"\r\none\r\n" + entity(b"\r\ntwo"), boundary=b"bar"),
        "boundary 1 of multipart/mixed",
        [(".pre", b"--bar\r\n\r\none"), ("1", b"two"), (".post", b"--bar--\r\n")],
    ),
    "the second boundary, though the first comes first": (
        TWO_BOUNDARIES + b"\r\n" + entity(b"\r\none\r\n" + entity(b"\r\ntwo", boundary=b"bar")),
        "boundary 2 of multipart/mixed",
        [(".pre", b"--foo\r\n\r\none"), ("1", b"two"), (".post", b"--foo--\r\n")],
    ),
    "encodings, the one that changes nothing last": (
        BASE64 + b"Content-Transfer-Encoding: 7bit\r\n\r\nQUJD",
        "encoding identity",
        [("1", b"QUJD")],
    ),
    "encodings, both of which change something": (
        QP + BASE64 + b"\r\nQUJD",
        "encoding base64",
        [("1", b"ABC")],
    ),
    "an encoding misspelt": (
        b"Content-Transfer-Encoding: base=64\r\n\r\nQUJD",
        "encoding identity",
        [("1", b"QUJD")],
    ),
    "an encoding that nobody knows": (
        b"Content-Transfer-Encoding: foo\r\n\r\nQUJD",
        "encoding base64",
        [("1", b"ABC")],
    ),
    "type and encoding": (
        b"Content-Type: text/html\r\nContent-Type: a/b\r\n" + QP + BASE64 + b"\r\nQUJD",
        "type a/b, encoding base64",
        [("1", b"ABC")],
    ),
}
DELIMITERS = {
    "exact": (multipart(b"\r\none\r\n--fooX\r\n\r\ntwo"), "exact", [("1", b"one\r\n--fooX\r\n\r\ntwo")]),
    "exact within": (
        multipart(
            b"Content-Type: multipart/mixed; boundary=bar\r\n\r\n"
            + entity(b"\r\none\r\n--bar--X\r\n\r\ntwo", boundary=b"bar")
        ),
        "exact",
        [("1.1", b"one\r\n--bar--X\r\n\r\ntwo")],
    ),
    "innermost": (
        multipart(
            b"Content-Type: multipart/mixed; boundary=bar\r\n\r\n--bar\r\n\r\none\r\n--foo\r\n\r\ntwo\r\n--bar--"
        ),
        "innermost",
        [("1.1", b"one\r\n--foo\r\n\r\ntwo")],
    ),
    "outermost": (
        multipart(
            b"Content-Type: multipart/mixed; boundary=foo--\r\n\r\n"
            + entity(b"Content-Type: text/html\r\n\r\none", boundary=b"foo--")
        ),
        "outermost",
        [(".post", b"Content-Type: text/html\r\n\r\none")],
    ),
}
ENCODINGS = {
    "base64 by line": (BASE64 + b"\r\nX\r\nQUJD\r\nREVG", [("1", b"ABCDEF")]),
    "base64 from character 2": (BASE64 + b"\r\nXQUJDREVG", [("1", b"ABCDEF")]),
    "base64 from character 3": (BASE64 + b"\r\nX.YQUJD", [("1", b"ABC")]),
    "base64 from character 4": (BASE64 + b"\r\nXYZQUJD", [("1", b"ABC")]),
    "base64 without - and _": (BASE64 + b"\r\nQ-U_J-D", [("1", b"ABC")]),
    "identity": (BASE64 + b"\r\nplain text!", [("1", b"plain text!")]),
    "quoted-printable without stray =": (QP + b"\r\na==41=Z", [("1", b"aAZ")]),
    "quoted-printable with escapes across lines": (QP + b"\r\n=4\r\n1=5=\r\n8", [("1", b"AX")]),
    "base64": (b"Subject: s\r\n\r\n" + base64.b64encode(b"ABC" * 16), [("1", b"ABC" * 16)]),
}


@pytest.mark.parametrize(("message", "view", "leaves"), HEADERS.values(), ids=HEADERS)
def test_where_the_header_ends(message: bytes, view: str, leaves: list[tuple[str, bytes]]) -> None:
    assert walk(message).contents(view) == leaves


@pytest.mark.parametrize(("message", "view", "leaves"), FIELDS.values(), ids=FIELDS)
def test_what_the_header_says(message: bytes, view: str, leaves: list[tuple[str, bytes]]) -> None:
    assert walk(message).contents(view) == leaves


@pytest.mark.parametrize(("message", "matching", "leaves"), DELIMITERS.values(), ids=DELIMITERS)
def test_which_lines_are_delimiters(message: bytes, matching: str, leaves: list[tuple[str, bytes]]) -> None:
    shown = walk(message).contents(f"delimiters {matching}")
    for leaf in leaves:
        assert leaf in shown


@pytest.mark.parametrize(
    ("encoding", "message", "leaves"), [(name, *rest) for name, rest in ENCODINGS.items()], ids=ENCODINGS
)
def test_how_the_body_is_decoded(encoding: str, message: bytes, leaves: list[tuple[str, bytes]]) -> None:
    walked = walk(message)
    assert walked.contents(f"encoding {encoding}") == leaves
    assert {leaf.start.encoding for leaf in walked.of(f"encoding {encoding}")} == {encoding}


@pytest.mark.parametrize(
    ("declared", "encoded"),
    [
        (b"base64", base64.encodebytes),
        (b"quoted-printable", lambda octets: binascii.b2a_qp(octets).replace(b"--f", b"--=66")),
        (b"x-uuencode", lambda octets: b"begin 644 x\n" + binascii.b2a_uu(octets) + b"`\nend\n"),
    ],
)
def test_a_message_with_a_transfer_encoding_is_decoded_and_shown_as_it_stands(
    declared: bytes, encoded: object
) -> None:
    assert callable(encoded)
    inner = b"Subject: in\r\n\r\nABC"
    field = b"Content-Transfer-Encoding: " + declared + b"\r\n"
    walked = walk(b"Content-Type: message/rfc822\r\n" + field + b"\r\n" + encoded(inner))
    assert ("1.1", b"ABC") in walked.contents()
    assert "as it stands" in walked.views() or declared == b"quoted-printable"
    assert "composite-decoded" in walked.defects()


def test_a_multipart_with_a_transfer_encoding_is_decoded_and_shown_as_it_stands() -> None:
    inner = entity(b"Content-Type: text/html\r\n\r\nABC")
    walked = walk(
        b"Content-Type: multipart/mixed; boundary=foo\r\n" + BASE64 + b"\r\n" + base64.encodebytes(inner)
    )
    assert walked.contents() == [("1", inner), ("1.1", b"ABC")]
    assert walked.leaves[1].start.content_type == "text/html"
    assert walked.contents("as it stands") == [(".pre", base64.encodebytes(inner))]


def test_a_multipart_that_is_not_encoded_as_it_says_is_also_decoded() -> None:
    walked = walk(b"Content-Type: multipart/mixed; boundary=foo\r\n" + QP + b"\r\n" + entity(b"\r\n=41BC"))
    assert walked.contents() == [("1", b"=41BC")]
    assert ("1.1", b"ABC") in walked.contents("one leaf")


def test_each_of_two_boundaries_within_an_encoded_multipart() -> None:
    inner = entity(b"\r\none\r\n" + entity(b"\r\ntwo", boundary=b"bar"))
    walked = walk(TWO_BOUNDARIES + BASE64 + b"\r\n" + base64.encodebytes(inner))
    assert walked.holds(b"one\r\n--bar\r\n\r\ntwo\r\n--bar--")
    assert "boundary-ambiguous" in walked.defects()


@pytest.mark.parametrize("content_type", [b"message/rfc822", b"message/global"])
def test_a_named_message_is_a_message_and_a_file(content_type: bytes) -> None:
    inner = b"Subject: in\r\n\r\nABC"
    walked = walk(multipart(b"Content-Type: " + content_type + b"; name=a.exe\r\n\r\n" + inner))
    assert walked.contents() == [("1.1", b"ABC")]
    assert walked.contents("one leaf") == [("1", inner)]
    assert walked.of("one leaf")[0].start.filenames == ("a.exe",)


def test_a_message_without_a_name_is_no_file() -> None:
    assert walk(multipart(b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nABC")).views() == [""]


def test_a_named_multipart_is_a_file_too() -> None:
    walked = walk(b"Content-Type: multipart/mixed; boundary=foo; name=a.exe\r\n\r\n" + entity(b"\r\none"))
    assert walked.contents() == [("1", b"one")]
    assert walked.contents("one leaf") == [("1", entity(b"\r\none"))]


def test_readings_within_a_reading_are_named_one_after_the_other() -> None:
    """What a leaf of one reading holds can be read in several ways in its turn."""
    inner = b"Subject: in\r\nContent-Type: text/html\r\nContent-Type: image/png\r\n\r\nABC"
    walked = walk(
        b"Subject: x\r\n\r\nContent-Type: message/rfc822\r\n" + BASE64 + b"\r\n" + base64.encodebytes(inner)
    )
    assert ("1.1", b"ABC") in walked.contents("header goes on")
    assert walked.contents("header goes on; type image/png") == [("1.1", b"ABC")]


@pytest.mark.parametrize("message", [each[0] for each in (*HEADERS.values(), *FIELDS.values())])
def test_the_likeliest_reading_comes_first_and_whatever_is_doubted_is_said(message: bytes) -> None:
    walked = walk(message)
    assert walked.views()[0] == ""
    assert walked.defects()


def test_a_regular_message_has_one_reading() -> None:
    message = multipart(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello",
        b"Content-Type: a/b; name=c.d\r\n" + BASE64 + b"\r\nQUJD",
        b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ntext",
    )
    walked = walk(message)
    assert walked.contents() == [("1", b"Hello"), ("2", b"ABC"), ("3.1", b"text")]
    assert walked.views() == [""]
    assert not walked.noted
