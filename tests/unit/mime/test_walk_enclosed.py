"""What stands within leaves: messages under other types, parts where none should be, files in every view."""

from __future__ import annotations

import base64

import pytest

from gateway.mime.event import Kind
from tests.support.walking import entity, multipart, walk

BASE64 = b"Content-Transfer-Encoding: base64\r\n"
OCTETS = b"Content-Type: application/octet-stream\r\n"
INNER = b"Subject: in\r\nContent-Type: text/html\r\n\r\nABC"
UU = b"begin 644 a.exe\n#0V%T\n`\nend\n"
DUPLICATE = b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n"


def encoded(octets: bytes) -> bytes:
    """In base64."""
    return base64.encodebytes(octets)


class TestMessagesUnderAnotherType:
    """A leaf that is not declared as a message but begins like one."""

    @pytest.mark.parametrize(
        "part",
        [
            b"Content-Type: text/plain; name=x.eml\r\n\r\n" + INNER,
            b"Content-Disposition: attachment; filename=X.EML\r\n" + BASE64 + b"\r\n" + encoded(INNER),
            b"Content-Type: application/octet-stream; name=x.mht\r\n\r\n" + INNER,
            OCTETS + b"\r\n" + INNER,
            OCTETS + BASE64 + b"\r\n" + encoded(INNER),
            b"Content-Type: message/x-other\r\n\r\n" + INNER,
            b"Content-Type: message/partial; id=a; number=1; total=1\r\n\r\n" + INNER,
            b"\r\nFrom ann@example.org Mon Jan  1 00:00:00 2024\r\n" + INNER,
        ],
    )
    def test_is_shown_as_both(self, part: bytes) -> None:
        walked = walk(multipart(part))
        assert [path for path, _ in walked.contents()] == ["1", "1:message.1"]
        assert walked.leaves[1].content.rstrip() == b"ABC"
        assert walked.leaves[1].start.content_type == "text/html"
        assert ("1:message", True, "") in [
            (seen.event.path, seen.event.message, seen.view) for seen in walked.headers
        ]

    @pytest.mark.parametrize(
        "part",
        [
            b"\r\nDear all: see below.\r\n\r\nABC",
            b"\r\nSubject: in\r\n\r\nABC",
            b"Content-Type: text/rfc822-headers\r\n\r\nSubject: in\r\nContent-Type: text/html\r\n",
            b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\nAction: failed",
        ],
    )
    def test_other_leaves_are_no_messages(self, part: bytes) -> None:
        assert [path for path, _ in walk(multipart(part)).contents()] == ["1"]

    def test_within_one_another(self) -> None:
        content = INNER
        for _ in range(3):
            content = b"Subject: out\r\n" + OCTETS + BASE64 + b"\r\n" + encoded(content)
        paths = [path for path, _ in walk(content).contents()]
        assert paths == ["1", "1:message.1", "1:message.1:message.1", "1:message.1:message.1:message.1"]

    def test_its_other_readings_are_followed(self) -> None:
        inner = b"Subject: in\r\nContent-Type: text/html\r\nContent-Type: image/png\r\n\r\nABC"
        walked = walk(multipart(OCTETS + BASE64 + b"\r\n" + encoded(inner)))
        assert walked.contents("type image/png") == [("1:message.1", b"ABC")]


class TestParts:
    """Parts where a reader that goes by our boundary finds none."""

    @pytest.mark.parametrize(
        "margin",
        [
            BASE64 + b"\r\nQUJD",
            b"--bar\r\n" + BASE64 + b"\r\nQUJD\r\n--bar--",
            b"some text\r\n\r\n--bar\r\nX-A: b\r\n c\r\n" + BASE64 + b"\r\nQUJD",
            b"--bar\r\n\r\n\r\n" + OCTETS + b"\r\nABC",
        ],
    )
    @pytest.mark.parametrize("kind", [Kind.PREAMBLE, Kind.EPILOGUE])
    def test_in_a_margin(self, kind: Kind, margin: bytes) -> None:
        head = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n"
        body = entity(b"\r\none")
        message = head + (margin + b"\r\n" + body if kind is Kind.PREAMBLE else body + margin)
        walked = walk(message)
        assert walked.holds(b"ABC")
        assert walked.holds(b"one")
        assert walked.margins() == [".pre" if kind is Kind.PREAMBLE else ".post"]
        assert "part-in-margin" in walked.defects()

    @pytest.mark.parametrize("margin", [b"This is a multi-part message in MIME format.", b"--\r\nregards"])
    def test_plain_margins_are_no_parts(self, margin: bytes) -> None:
        walked = walk(
            b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n" + margin + b"\r\n" + entity(b"\r\none")
        )
        assert walked.contents() == [(".pre", margin), ("1", b"one")]
        assert not walked.defects()

    def test_several_that_follow_one_another_with_different_delimiters(self) -> None:
        margin = b"--a\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\n" + BASE64 + b"\r\nQUJD\r\n--b--"
        walked = walk(b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n" + margin)
        assert walked.holds(b"ABC")


class TestFiles:
    """Files within leaves, whatever the view that shows the leaf."""

    @pytest.mark.parametrize(
        ("message", "view", "path"),
        [
            (b"Subject: s\r\n\r\n" + UU, "", "1:uuencode-1"),
            (multipart(b"\r\n" + UU), "", "1:uuencode-1"),
            (multipart(BASE64 + b"\r\n" + encoded(UU)), "", "1:uuencode-1"),
            (b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n" + UU, "", ".pre:uuencode-1"),
            (b"Subject: s\r\n\r\n" + BASE64 + b"\r\n" + encoded(UU), "header goes on", "1:uuencode-1"),
            (
                b"Content-Transfer-Encoding: foo\r\n\r\n" + encoded(UU),
                "encoding base64",
                "1:uuencode-1",
            ),
            (
                b"Content-Transfer-Encoding: base64\r\n\r\n" + UU,
                "encoding identity",
                "1:uuencode-1",
            ),
            (multipart(OCTETS + b"\r\n" + INNER + b"\r\n" + UU), "", "1:message.1:uuencode-1"),
        ],
    )
    def test_are_shown(self, message: bytes, view: str, path: str) -> None:
        found = [leaf for leaf in walk(message).of(view) if leaf.path == path]
        assert [leaf.content for leaf in found] == [b"Cat"]
        start = found[0].start
        assert (start.kind, start.filenames, start.encoding) == (Kind.ENCLOSED, ("a.exe",), "uuencode")
        assert start.disposition == "attachment"

    def test_are_numbered(self) -> None:
        paths = [path for path, _ in walk(b"Subject: s\r\n\r\n" + UU + b"\n" + UU).contents()]
        assert paths == ["1", "1:uuencode-1", "1:uuencode-2"]

    def test_within_files(self) -> None:
        walked = walk(b"Subject: s\r\n\r\nbegin-base64 644 a.txt\n" + encoded(UU) + b"====\n")
        assert walked.contents()[1:] == [
            ("1:begin-base64-1", UU),
            ("1:begin-base64-1:uuencode-1", b"Cat"),
        ]
        assert [leaf.start.depth for leaf in walked.leaves] == [0, 1, 2]

    def test_messages_within_files(self) -> None:
        walked = walk(b"Subject: s\r\n\r\nbegin-base64 644 a.eml\n" + encoded(INNER) + b"====\n")
        assert ("1:begin-base64-1:message.1", b"ABC") in walked.contents()


class TestEndings:
    """Leaves that lead to themselves, or nearly, are not looked into for ever."""

    @pytest.mark.parametrize(
        "content",
        [
            b"\r\n" * 9_000,
            b" " * 9_000,
            b"\r\n" * 5_000 + INNER,
            b"\r\n \r\n" + INNER,
            INNER * 60,
            b"Subject: x\r\n" * 3 + INNER,
            b"From a@b\r\n" * 200,
            b"--a\r\nContent-Type: text/plain\r\n\r\n" * 80,
            b"Content-Type: text/plain\r\n" * 200,
            b"Content-Type: text/plain\r\nSubject: s\r\n\r\n" * 200,
        ],
        ids=range(10),
    )
    @pytest.mark.parametrize("name", [b"", b"; name=x.eml"])
    @pytest.mark.parametrize("content_type", [b"text/plain", b"application/octet-stream", b"message/rfc822"])
    def test_soon(self, content: bytes, name: bytes, content_type: bytes) -> None:
        part = b"Content-Type: " + content_type + name + b"\r\n"
        for message in (
            multipart(part + b"\r\n" + content),
            multipart(part + BASE64 + b"\r\n" + encoded(content)),
        ):
            walked = walk(message)
            assert walked.leaves
            assert sum([len(leaf.content) for leaf in walked.leaves]) < 200 * len(message)

    def test_a_message_that_is_as_long_as_what_it_stands_in(self) -> None:
        walked = walk(multipart(b"Content-Type: a/b; name=x.eml\r\n\r\nContent-Type:text/html"))
        assert len(walked.leaves) <= 3
