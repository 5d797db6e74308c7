"""Structure: how multiparts, messages, delimiters and limits become parts with paths."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from gateway.mime.event import Defect, Event, HeaderComplete, Kind, LeafData, LeafEnd, LeafStart, Severity
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser

FOO = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n"


def parse(data: bytes, limits: Limits | None = None) -> list[Event]:
    parser = Parser(limits or Limits())
    return parser.feed(data) + parser.close()


def contents(events: list[Event]) -> list[tuple[str, bytes]]:
    """Path and content of each leaf, in order."""
    result: list[tuple[str, bytes]] = []
    for event in events:
        if isinstance(event, LeafStart):
            result.append((event.path, b""))
        elif isinstance(event, LeafData):
            result[-1] = (result[-1][0], result[-1][1] + event.data)
    return result


def defects(events: list[Event]) -> list[str]:
    return [event.name for event in events if isinstance(event, Defect)]


def headers(events: list[Event]) -> list[tuple[str, bool]]:
    return [(event.path, event.message) for event in events if isinstance(event, HeaderComplete)]


def starts(events: list[Event]) -> list[LeafStart]:
    return [event for event in events if isinstance(event, LeafStart)]


def test_multipart_with_preamble_and_epilogue() -> None:
    events = parse(FOO + b"pre\r\n--foo\r\n\r\none\r\n--foo\r\n\r\ntwo\r\n--foo--\r\npost")
    assert contents(events) == [(".pre", b"pre"), ("1", b"one"), ("2", b"two"), (".post", b"post")]
    assert [start.kind for start in starts(events)] == [Kind.PREAMBLE, Kind.BODY, Kind.BODY, Kind.EPILOGUE]
    assert {start.parent_type for start in starts(events)} == {"multipart/mixed"}
    assert headers(events) == [("", True), ("1", False), ("2", False)]
    assert defects(events) == []


def test_margins_of_white_space_are_no_leaves() -> None:
    events = parse(FOO + b" \r\n\r\n--foo\r\n\r\none\r\n--foo--\r\n \r\n")
    assert contents(events) == [("1", b"one")]


def test_margin_begins_at_its_first_visible_octet() -> None:
    events = parse(FOO + b" \r\n x \r\n--foo--\r\n")
    assert contents(events) == [(".pre", b"x ")]
    end = next(event for event in events if isinstance(event, LeafEnd))
    assert end.start == len(FOO) + 4


def test_nested_multiparts_number_their_parts() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=bar\r\n\r\n--bar\r\n\r\na\r\n--bar\r\n\r\nb\r\n--bar--\r\n"
    events = parse(FOO + b"--foo\r\n" + inner + b"--foo\r\n\r\nc\r\n--foo--")
    assert contents(events) == [("1.1", b"a"), ("1.2", b"b"), ("2", b"c")]
    assert [start.parent_type for start in starts(events)] == ["multipart/alternative"] * 2 + [
        "multipart/mixed"
    ]


def test_an_outer_delimiter_ends_inner_parts() -> None:
    events = parse(
        FOO
        + b"--foo\r\nContent-Type: multipart/mixed; boundary=bar\r\n\r\n--bar\r\n\r\na\r\n--foo\r\n\r\nb\r\n--bar\r\n"
        b"--foo--\r\n"
    )
    assert contents(events) == [("1.1", b"a"), ("2", b"b\r\n--bar")]
    assert defects(events) == ["close-missing"]


def test_nested_message_paths() -> None:
    events = parse(
        FOO + b"--foo\r\nContent-Type: message/rfc822\r\n\r\nSubject: n\r\n\r\nbody\r\n--foo\r\n"
        b"Content-Type: message/global\r\n\r\nContent-Type: multipart/mixed; boundary=bar\r\n\r\n"
        b"--bar\r\n\r\nx\r\n--bar--\r\n--foo--"
    )
    assert headers(events) == [
        ("", True),
        ("1", False),
        ("1", True),
        ("2", False),
        ("2", True),
        ("2.1", False),
    ]
    assert contents(events) == [("1.1", b"body"), ("2.1", b"x")]


def test_a_message_that_is_itself_a_message() -> None:
    events = parse(b"Content-Type: message/rfc822\r\n\r\nSubject: n\r\n\r\nbody")
    assert headers(events) == [("", True), ("1", True)]
    assert contents(events) == [("1.1", b"body")]


def test_digest_parts_are_messages_by_default() -> None:
    events = parse(
        b"Content-Type: multipart/digest; boundary=foo\r\n\r\n--foo\r\n\r\nSubject: a\r\n\r\nx\r\n--foo\r\n"
        b"Content-Type: text/plain\r\n\r\ny\r\n--foo--"
    )
    assert headers(events) == [("", True), ("1", False), ("1", True), ("2", False)]
    assert contents(events) == [("1.1", b"x"), ("2", b"y")]


def test_default_type_and_lower_case_types() -> None:
    assert starts(parse(b"Subject: x\r\n\r\ny"))[0].content_type == "text/plain"
    (start,) = starts(parse(b"Content-Type: TEXT/HTML; Charset=UTF-8\r\nContent-Disposition: INLINE\r\n\r\n"))
    assert (start.content_type, start.charsets, start.disposition) == ("text/html", ("utf-8",), "inline")


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
def test_line_endings(ending: bytes) -> None:
    message = FOO + b"--foo\r\nSubject: s\r\n\r\none\r\n--foo--\r\npost"
    events = parse(message.replace(b"\r\n", ending))
    assert contents(events) == [("1", b"one"), (".post", b"post")]
    assert (set(defects(events)) == {"bare-cr", "delimiter-after-bare-cr"}) == (ending == b"\r")


def test_empty_input_is_a_message_without_anything() -> None:
    events = parse(b"")
    assert headers(events) == [("", True)]
    assert contents(events) == [("1", b"")]


def test_empty_header() -> None:
    assert contents(parse(b"\r\nbody")) == [("1", b"body")]


def test_header_without_body() -> None:
    events = parse(b"Subject: x\r\n")
    assert contents(events) == [("1", b"")]
    assert defects(events) == ["header-unfinished"]


def test_part_header_cut_short_by_a_delimiter() -> None:
    events = parse(FOO + b"--foo\r\nContent-Type: text/html\r\n--foo\r\n\r\nx\r\n--foo--")
    assert contents(events) == [("1", b""), ("2", b"x")]
    assert defects(events) == ["header-unfinished"]


def test_separator_missing() -> None:
    events = parse(b"Subject: x\r\nHello there\r\n\r\nmore")
    assert contents(events) == [("1", b"Hello there\r\n\r\nmore")]
    assert defects(events) == ["missing-separator"]


def test_fields_behind_a_blank_line_are_suspect() -> None:
    events = parse(FOO + b"--foo\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--foo--")
    assert defects(events) == ["fields-in-body"]


def test_an_empty_part_before_another_is_not_suspect() -> None:
    events = parse(FOO + b"--foo\r\n\r\n\r\n--foo\r\nContent-Type: text/plain\r\n\r\nx\r\n--foo--")
    assert defects(events) == []


@pytest.mark.parametrize(
    ("parameter", "delimiter", "expected"),
    [
        (b"boundary=foo; boundary=bar", b"foo", ["boundary-ambiguous"]),
        (b"boundary=foo; boundary=bar", b"bar", ["boundary-ambiguous"]),
        (b"boundary='foo'", b"foo", ["boundary-ambiguous"]),
        (b"boundary*=''%66oo", b"foo", []),
        (b"boundary*0=fo; boundary*1=o", b"foo", []),
        (b'boundary="=?us-ascii?Q?foo?="', b"foo", ["encoded-word-in-field", "boundary-ambiguous"]),
        (b"boundary=boundary=foo", b"foo", ["boundary-ambiguous"]),
        (b"x=y", b"foo", ["boundary-missing"]),
        (b'boundary=""', b"", ["boundary-length"]),
        (b"boundary=" + b"f" * 300, b"f" * 300, ["boundary-length"]),
    ],
)
def test_boundaries_that_can_be_read_in_several_ways(
    parameter: bytes, delimiter: bytes, expected: list[str]
) -> None:
    head = b"Content-Type: multipart/mixed; " + parameter + b"\r\n\r\n"
    events = parse(head + b"--" + delimiter + b"\r\n\r\nx\r\n--" + delimiter + b"--\r\n")
    assert contents(events)[0] == ("1", b"x")
    assert defects(events) == expected


def test_no_delimiter_at_all() -> None:
    events = parse(FOO + b"nothing\r\nhere")
    assert contents(events) == [(".pre", b"nothing\r\nhere")]
    assert defects(events) == ["no-parts"]


def test_close_delimiter_without_parts() -> None:
    assert defects(parse(FOO + b"--foo--")) == ["no-parts"]


def test_no_close_delimiter() -> None:
    events = parse(FOO + b"--foo\r\n\r\nx")
    assert contents(events) == [("1", b"x")]
    assert defects(events) == ["close-missing"]


def test_a_part_behind_the_close_delimiter_is_read() -> None:
    events = parse(FOO + b"--foo\r\n\r\na\r\n--foo--\r\nx\r\n--foo\r\n\r\nb\r\n--foo--")
    assert contents(events) == [("1", b"a"), (".post", b"x"), ("2", b"b")]
    assert defects(events) == ["part-after-close"]


def test_reused_boundary() -> None:
    events = parse(FOO + b"--foo\r\n" + FOO + b"--foo\r\n\r\nx\r\n--foo--")
    assert ("1.1", b"x") in contents(events)
    assert {"boundary-reused", "delimiter-ambiguous"} <= set(defects(events))


def test_unknown_main_type_with_a_boundary_is_read_as_multipart() -> None:
    events = parse(b"Content-Type: multiparts/mixed; boundary=foo\r\n\r\n--foo\r\n\r\nx\r\n--foo--")
    assert contents(events) == [("1", b"x")]
    assert defects(events) == ["unknown-multipart"]


def test_boundary_on_a_leaf_is_suspect() -> None:
    assert defects(parse(b"Content-Type: text/plain; boundary=foo\r\n\r\nx")) == ["boundary-on-leaf"]


class TestEncodedComposites:
    """Multiparts and messages with a transfer encoding, which RFC 2045 section 6.4 forbids."""

    def test_message(self) -> None:
        inner = b"Subject: n\r\n\r\nbody"
        events = parse(
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(inner)
        )
        assert contents(events) == [("1", inner)]  # the walk reads it as a message
        assert defects(events) == ["composite-decoded"]

    def test_multipart(self) -> None:
        inner = b"--foo\r\n\r\nx\r\n--foo--"
        head = FOO.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
        events = parse(head + base64.encodebytes(inner))
        assert contents(events) == [("1", inner)]
        assert starts(events)[0].boundaries == (b"foo",)
        assert defects(events) == ["composite-decoded"]

    @pytest.mark.parametrize("encoding", [b"base64", b"quoted-printable"])
    def test_multipart_that_only_says_so(self, encoding: bytes) -> None:
        head = FOO.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n")
        events = parse(head + b"--foo\r\n\r\nx\r\n--foo--")
        assert contents(events) == [("1", b"x")]
        assert defects(events) == ["composite-encoding"]

    def test_encoding_defects_are_reported(self) -> None:
        inner = base64.encodebytes(b"Subject: n\r\n\r\nbody") + b"####"
        events = parse(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inner)
        assert defects(events) == ["composite-decoded", "base64-junk"]


class TestLimits:
    """What passes a limit is reported as such, and its octets are still seen."""

    def test_depth(self) -> None:
        message = b"".join(
            [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(6)]
        )
        events = parse(message + b"\r\ndeep", Limits(depth=3))
        assert defects(events)[0] == "depth-limit"
        (start,) = starts(events)
        assert (start.path, start.content_type) == ("1.1.1", "multipart/mixed")
        assert contents(events)[0][1].endswith(b"\r\ndeep")

    def test_the_outer_parts_go_on_behind_what_was_too_deep(self) -> None:
        inner = b"Content-Type: multipart/mixed; boundary=bar\r\n\r\n--bar\r\n\r\nx\r\n--bar--\r\n"
        events = parse(FOO + b"--foo\r\n" + inner + b"--foo\r\n\r\ny\r\n--foo--", Limits(depth=1))
        assert contents(events) == [("1", b"--bar\r\n\r\nx\r\n--bar--"), ("2", b"y")]

    def test_parts(self) -> None:
        events = parse(FOO + b"--foo\r\n\r\nx\r\n" * 5 + b"--foo--", Limits(parts=3))
        assert [path for path, _ in contents(events)] == ["1", "2", "3", "4"]
        assert contents(events)[3] == ("4", b"\r\nx\r\n--foo\r\n\r\nx\r\n--foo--")
        assert defects(events) == ["too-many-parts"]

    def test_close_delimiters_without_end(self) -> None:
        events = parse(FOO + b"--foo--\r\n" * 9, Limits(parts=3))
        assert defects(events)[-1] == "too-many-parts"

    def test_header_octets(self) -> None:
        message = b"A: b\r\nX: " + b"x" * 100 + b"\r\nContent-Type: text/html\r\n\r\nbody"
        events = parse(message, Limits(header_octets=60))
        (header,) = [event for event in events if isinstance(event, HeaderComplete)]
        assert [field.name for field in header.header.fields] == ["a"]
        assert defects(events) == ["header-too-large"]
        assert contents(events) == [("1", message[6:])]
        assert starts(events)[0].content_type == "application/octet-stream"

    def test_header_fields(self) -> None:
        message = b"A: b\r\n" * 5 + b"\r\nbody"
        events = parse(message, Limits(header_fields=3))
        assert defects(events) == ["too-many-fields"]
        assert contents(events) == [("1", b"A: b\r\n" * 2 + b"\r\nbody")]

    def test_a_header_as_large_as_the_limit_passes(self) -> None:
        message = b"A: " + b"x" * 55 + b"\r\n\r\nbody"
        assert defects(parse(message, Limits(header_octets=60))) == []
        assert defects(parse(message, Limits(header_octets=59))) == ["header-too-large"]

    def test_delimiter_line(self) -> None:
        limits = replace(Limits(), delimiter_octets=10)
        events = parse(FOO + b"--foo" + b" " * 20 + b"\r\n\r\nx\r\n--foo--", limits)
        assert defects(events) == ["delimiter-too-long"]
        assert contents(events)[-1] == ("1", b"--foo" + b" " * 20 + b"\r\n\r\nx\r\n--foo--")
        assert defects(parse(FOO + b"--foo" + b" " * 9 + b"\r\n\r\nx\r\n--foo--", limits)) == []

    def test_candidate_file_names_of_the_whole_message(self) -> None:
        part = b"--foo\r\nContent-Type: a/b; name=x; name=y\r\n\r\nz\r\n"
        events = parse(FOO + part * 3 + b"--foo--", replace(Limits(), names=4))
        assert [start.filenames for start in starts(events)] == [("x", "y"), ("x", "y"), ("x",)]
        assert defects(events).count("too-many-filenames") == 1

    def test_candidate_boundaries(self) -> None:
        """However many boundaries a multipart has, a line is put to a few of them only."""
        many = b"".join([b";boundary=%x" % number for number in range(0x100, 0x100 + 900)])
        message = (
            b"Content-Type: multipart/mixed" + many + b"\r\n\r\n" + b"--\r\n" * 50_000 + b"--107\r\n\r\nx"
        )
        events = parse(message)
        assert "too-many-boundaries" in defects(events)
        assert contents(events)[-1] == ("1", b"x")
        assert "no-parts" in defects(parse(message.replace(b"--107", b"--108")))

    def test_boundary_length(self) -> None:
        events = parse(FOO + b"--foo\r\n\r\nx\r\n--foo--", replace(Limits(), boundary_octets=2))
        assert "boundary-too-long" in defects(events)
        assert any(isinstance(event, Defect) and event.severity is Severity.LIMIT for event in events)


def test_field_places_are_those_of_the_message() -> None:
    message = b"A: b\r\nX-Long: c\r\n d\r\nE: f\r\n\r\nbody"
    (header,) = [event for event in parse(message) if isinstance(event, HeaderComplete)]
    assert [message[field.start : field.end] for field in header.header.fields] == [
        b"A: b\r\n",
        b"X-Long: c\r\n d\r\n",
        b"E: f\r\n",
    ]
    assert header.header.fields[1].value == b"c d"


def test_uuencoded_leaf_gets_the_name_within() -> None:
    message = b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 evil.exe\r\n#0V%T\r\n`\r\nend\r\n"
    events = parse(message)
    assert starts(events)[0].filenames == ("evil.exe",)
    assert starts(events)[0].encoding == "x-uuencode"
    assert contents(events) == [("1", b"Cat")]
