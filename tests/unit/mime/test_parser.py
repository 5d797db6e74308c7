"""The parser as a whole: the grammar of its events, and what must hold for any input however it is cut."""

from __future__ import annotations

import base64
import email
import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.mime.event import (
    Defect,
    Event,
    HeaderComplete,
    LeafData,
    LeafEnd,
    LeafStart,
    MessageEnd,
    Severity,
)
from gateway.mime.limits import Limits
from gateway.mime.parser import Parser

SMALL = Limits(
    depth=4,
    parts=8,
    header_octets=120,
    header_fields=6,
    field_octets=60,
    filenames=4,
    boundary_octets=20,
    delimiter_octets=16,
)
# What messages are made of, and what breaks them.
FRAGMENTS = [
    *(
        b"--foo\r\n",
        b"--foo--\r\n",
        b"--bar\r\n",
        b"--bar--\r\n",
        b"\r\n--foo\r\n",
        b"\n--bar\n",
        b"\r--foo\r",
    ),
    *(b"--fooX\r\n", b"--foo   \r\n", b"----\r\n", b"--\r\n", b"-", b"--", b"--fo", b"\r\n", b"\n", b"\r"),
    *(b"\r\n\r\n", b" ", b"\t", b"=", b"\x00", b"\xff", b"\xef\xbb\xbf", b"From me Mon\r\n", b"junk\r\n"),
    *(
        b"Content-Type: multipart/mixed; boundary=foo\r\n",
        b"Content-Type: multipart/digest; boundary=bar\r\n",
    ),
    *(b"Content-Type: multipart/mixed\r\n", b"Content-Type: multipart/mixed; boundary=foo; boundary=bar\r\n"),
    *(
        b'Content-Type: multipart/mixed; boundary=""\r\n',
        b"Content-Type: multipart/mixed; boundary=foobar\r\n",
    ),
    *(b"Content-Type: message/rfc822\r\n", b"Content-Type: text/html; charset=utf-8; name=a.b\r\n"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    *(b"Content-Transfer-Encoding: x-uuencode\r\n", b"content-transfer-encoding : bogus\r\n"),
    *(
        b"Content-Disposition: attachment; filename*0*=utf-8''a%2E; filename*1=exe\r\n",
        b"Subject: s\r\n t\r\n",
    ),
    *(
        b"QUJDRA==\r\n",
        b"QUJD",
        b"Q",
        b"=3D",
        b"=\r\n",
        b"= \r\n",
        b"=5",
        b"begin 644 a.b\n#0V%T\n`\nend\n",
        b"A" * 70,
    ),
    *(
        base64.encodebytes(
            b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\n\r\nx\r\n--foo--\r\n"
        ),
    ),
]
soup = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=6), max_size=40).map(b"".join)


def parse(data: bytes, cuts: list[int] | None = None, limits: Limits | None = None) -> list[Event]:
    """Every event of `data` fed in pieces cut at `cuts`, adjacent data joined."""
    parser = Parser(limits or Limits())
    edges = [0, *sorted(cuts or []), len(data)]
    events: list[Event] = []
    for start, end in itertools.pairwise(edges):
        events += parser.feed(data[start:end])
    return joined([*events, *parser.close()])


def joined(events: list[Event]) -> list[Event]:
    """The events with adjacent `LeafData` made one."""
    result: list[Event] = []
    for event in events:
        if isinstance(event, LeafData) and result and isinstance(result[-1], LeafData):
            result[-1] = LeafData(result[-1].data + event.data)
        else:
            result.append(event)
    return result


def leaves(events: list[Event]) -> list[tuple[LeafStart, bytes, LeafEnd]]:
    """Each leaf with its content."""
    result = []
    for event in events:
        if isinstance(event, LeafStart):
            start, content = event, b""
        elif isinstance(event, LeafData):
            content += event.data
        elif isinstance(event, LeafEnd):
            result.append((start, content, event))
    return result


def names(events: list[Event]) -> set[str]:
    """The names of the defects."""
    return {event.name for event in events if isinstance(event, Defect)}


def check_grammar(events: list[Event], size: int) -> None:
    """Leaves do not overlap, each begun is ended, headers stand between them, and the end is the end."""
    open_leaf: LeafStart | None = None
    for event in events[:-1]:
        assert not isinstance(event, MessageEnd)
        if isinstance(event, LeafStart):
            assert open_leaf is None
            open_leaf = event
        elif isinstance(event, LeafData):
            assert open_leaf is not None
            assert event.data
        elif isinstance(event, LeafEnd):
            assert open_leaf is not None
            assert event.path == open_leaf.path
            assert 0 <= event.start <= event.end <= size
            open_leaf = None
        elif isinstance(event, HeaderComplete):
            assert open_leaf is None
        elif isinstance(event, Defect):
            assert 0 <= event.offset <= size
    assert open_leaf is None
    assert events[-1] == MessageEnd(size)


def test_events_of_a_plain_message() -> None:
    events = parse(b"Subject: x\r\n\r\nHello\r\n")
    header, start, data, end, last = events
    assert isinstance(header, HeaderComplete)
    assert (header.path, header.message) == ("", True)
    assert isinstance(start, LeafStart)
    assert start == LeafStart("1", start.kind, "text/plain", (), "", (), "identity", "")
    assert data == LeafData(b"Hello\r\n")
    assert end == LeafEnd("1", 14, 21, faithful=False)
    assert last == MessageEnd(21)


def test_feed_after_close_is_refused_and_close_may_be_repeated() -> None:
    parser = Parser(Limits())
    assert parser.feed(b"A: b\r\n") == []
    assert parser.close()[-1] == MessageEnd(6)
    assert parser.close() == []
    with pytest.raises(ValueError, match="closed"):
        parser.feed(b"x")


def test_large_attachment_comes_out_block_by_block() -> None:
    content = bytes(range(256)) * 4096
    head = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    message = head + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"\r\n--foo--\r\n"
    parser = Parser(Limits())
    sizes, decoded = [], b""
    for index in range(0, len(message), 65536):
        for event in parser.feed(message[index : index + 65536]):
            if isinstance(event, LeafData):
                sizes.append(len(event.data))
                decoded += event.data
    assert [event.faithful for event in parser.close() if isinstance(event, LeafEnd)] == []
    assert decoded == content
    assert max(sizes) <= 65536
    assert len(sizes) > 10


@settings(max_examples=300, deadline=None)
@given(soup, st.lists(st.integers(0, 400), max_size=8))
@example(b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nA: b\r\n--foo--", [])
def test_any_cut_gives_the_same_events(data: bytes, cuts: list[int]) -> None:
    whole = parse(data)
    check_grammar(whole, len(data))
    assert parse(data, [min(cut, len(data)) for cut in cuts]) == whole
    assert parse(data, list(range(1, len(data)))) == whole


@settings(max_examples=300, deadline=None)
@given(soup, st.lists(st.integers(0, 400), max_size=8))
def test_any_cut_gives_the_same_events_at_the_limits(data: bytes, cuts: list[int]) -> None:
    whole = parse(data, limits=SMALL)
    check_grammar(whole, len(data))
    assert parse(data, [min(cut, len(data)) for cut in cuts], SMALL) == whole
    assert parse(data, list(range(1, len(data))), SMALL) == whole


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_octets_are_read(data: bytes) -> None:
    check_grammar(parse(data), len(data))


@settings(max_examples=300, deadline=None)
@given(soup)
def test_every_octet_belongs_to_something(data: bytes) -> None:
    events = parse(data)
    spans = [(event.start, event.end) for event in events if isinstance(event, LeafEnd)]
    for event in events:
        if isinstance(event, HeaderComplete):
            spans += [(field.start, field.end) for field in event.header.fields]
    reported = names(events) & {"junk-line", "mbox-line", "byte-order-mark", "composite-decoded"}
    position = 0
    for start, end in [*sorted(spans), (len(data), len(data))]:
        for line in data[position:start].replace(b"\r", b"\n").split(b"\n"):
            assert not line.strip(b" \t\f\v") or line.startswith(b"--") or reported
        position = max(position, end)


@settings(max_examples=150, deadline=None)
@given(soup)
def test_leaves_that_are_not_encoded_are_the_octets_of_their_span(data: bytes) -> None:
    events = parse(data)
    if "composite-decoded" in names(events):
        return
    for start, content, end in leaves(events):
        if start.encoding == "identity":
            assert content == data[end.start : end.end]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.booleans())
def test_parts_of_a_regular_message_are_what_the_standard_library_finds(
    contents: list[bytes], bare_lf: bool
) -> None:
    message = b"Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=limit\r\n"
    for index, content in enumerate(contents):
        message += b"\r\n--limit\r\nContent-Type: application/x-%d; name=n%d\r\n" % (index, index)
        message += b"Content-Transfer-Encoding: base64\r\n\r\n"
        message += base64.encodebytes(content).replace(b"\n", b"\r\n")
    message += b"\r\n--limit--\r\n"
    if bare_lf:
        message = message.replace(b"\r\n", b"\n")
    events = parse(message)
    expected = [
        (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
        for part in email.message_from_bytes(message).walk()
        if not part.is_multipart()
    ]
    assert [
        (start.content_type, start.filenames[0], content) for start, content, _ in leaves(events)
    ] == expected
    assert not [event for event in events if isinstance(event, Defect) and event.severity > Severity.NOTE]
    assert all(end.faithful for _, _, end in leaves(events))


REGULAR = (
    b"Received: from a\r\n\tby b\r\nSubject: =?utf-8?q?x?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=outer\r\n\r\npreamble\r\n--outer\r\n"
    b"Content-Type: multipart/alternative;\r\n boundary=inner\r\n\r\n--inner\r\n\r\ntext\r\n--inner\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>a=3D=\r\nb\r\n"
    b"--inner--\r\n\r\n--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nnested\r\n--outer\r\n"
    b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJDRA==\r\n'
    b"--outer--\r\nepilogue\r\n"
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(REGULAR)), st.integers(0, 12), st.sampled_from([b"", *FRAGMENTS])),
        max_size=5,
    ),
    st.integers(1, 50),
)
def test_mutated_messages_are_read(edits: list[tuple[int, int, bytes]], step: int) -> None:
    data = REGULAR
    for position, removed, inserted in edits:
        data = data[:position] + inserted + data[position + removed :]
    whole = parse(data)
    check_grammar(whole, len(data))
    assert parse(data, list(range(step, len(data), step))) == whole
