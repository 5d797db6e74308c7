"""Sinks: from the octets of a body to events."""

from __future__ import annotations

from gateway.mime.encoding import decoder_for
from gateway.mime.event import Defect, Event, Kind, LeafData, LeafEnd, LeafStart, Severity
from gateway.mime.sink import LeafSink, MarginSink, margin


def leaf(events: list[Event], encoding: str, offset: int = 10) -> LeafSink:
    start = LeafStart("1", Kind.BODY, "a/b", (), "", ("n",), encoding, "")
    return LeafSink(events.append, start, decoder_for(encoding), offset)


def test_leaf() -> None:
    events: list[Event] = []
    sink = leaf(events, "base64")
    sink.feed(b"QUJ", 10)
    sink.feed(b"D#", 13)
    sink.close(15)
    assert events[0] == LeafStart("1", Kind.BODY, "a/b", (), "", ("n",), "base64", "")
    assert events[1:] == [
        LeafData(b"ABC"),
        Defect("base64-junk", Severity.SUSPECT, "1", 10),
        LeafEnd("1", 10, 15, faithful=False),
    ]


def test_faithful_where_the_encoding_is_well_formed() -> None:
    events: list[Event] = []
    sink = leaf(events, "base64")
    sink.feed(b"QUJD", 10)
    sink.close(14)
    assert events[-1] == LeafEnd("1", 10, 14, faithful=True)


def test_other_encodings_that_the_body_may_be_in() -> None:
    told: list[tuple[str, int, int]] = []

    def doubt(encoding: str, start: int, end: int) -> None:
        told.append((encoding, start, end))

    for content in (b"QUJD", b"QU-_JD"):
        start = LeafStart("1", Kind.BODY, "a/b", (), "", (), "base64", "")
        sink = LeafSink(lambda _: None, start, decoder_for("base64"), 10, doubt)
        sink.feed(content, 10)
        sink.close(10 + len(content))
    assert told
    assert {(start, end) for _, start, end in told} == {(10, 16)}


def test_uuencoded_leaf_starts_when_its_name_is_known() -> None:
    events: list[Event] = []
    sink = leaf(events, "x-uuencode")
    sink.feed(b"begin 644 x.exe\n", 10)
    assert events == []
    sink.feed(b"#0V%T\nend\n", 26)
    sink.close(36)
    start = events[0]
    assert isinstance(start, LeafStart)
    assert start.filenames == ("n", "x.exe")
    assert events[1] == LeafData(b"Cat")


def test_empty_uuencoded_leaf_starts_at_its_end() -> None:
    events: list[Event] = []
    leaf(events, "x-uuencode").close(10)
    assert [type(event) for event in events] == [LeafStart, LeafEnd]


def test_margin_begins_where_it_is_not_white() -> None:
    events: list[Event] = []
    start = margin(Kind.EPILOGUE, "2", "multipart/mixed")
    sink = MarginSink(lambda offset: LeafSink(events.append, start, decoder_for("identity"), offset))
    sink.feed(b" \r\n", 5)
    assert events == []
    sink.feed(b"\r\n x\r\n", 8)
    sink.close(14)
    assert events == [start, LeafData(b"x\r\n"), LeafEnd("2.post", 11, 14, faithful=False)]


def test_white_margin_says_nothing() -> None:
    events: list[Event] = []
    sink = MarginSink(lambda offset: leaf(events, "identity", offset))
    sink.feed(b"\r\n\r\n", 0)
    sink.close(4)
    assert events == []


def test_margin_paths() -> None:
    assert margin(Kind.PREAMBLE, "", "multipart/mixed").path == ".pre"
    assert margin(Kind.EPILOGUE, "3.1", "multipart/mixed").path == "3.1.post"
