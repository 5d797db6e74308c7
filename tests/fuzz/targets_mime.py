"""Targets of `gateway.mime`: parser, walk, fields, parameters, encoded-words, transfer encodings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.mime import defect, fields, parameters, words
from gateway.mime.encoding import _DECODERS, Decoder, decoder_for, doubts
from gateway.mime.encoding_gzip import _FREE, _RATIO
from gateway.mime.fields import Junk
from gateway.mime.header import Header
from gateway.mime.limits import Limits
from gateway.mime.reading import GZIP64, IDENTITY, UUENCODE, interpret
from tests.fuzz import fragments
from tests.fuzz.invariants import (
    DEFAULT,
    SMALL,
    Shown,
    check_events,
    check_walk,
    cuts_of,
    pieces,
    walked,
)
from tests.fuzz.target import target

ENCODINGS = (IDENTITY, *_DECODERS)
_WORD = re.compile(rb"=\?[^\r\n]{0,200}\?=")
_STRUCTURED = re.compile(
    rb"^content-(?:type|disposition):((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE
)
_BODY = re.compile(
    rb"^content-transfer-encoding:[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.{1,4000}?)(?:\r?\n--|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
Decoded = tuple[bytes, frozenset[defect.Deviation], bool, str | None]


def whole(message: bytes) -> Iterator[bytes]:
    """The message itself."""
    yield message


@target("parser", whole, fragments.MESSAGES, runs=1_500)
def parser(data: bytes) -> None:
    """The event stream of a message."""
    check_events(data, DEFAULT)
    check_events(data, SMALL)


@target("walker", whole, fragments.MESSAGES, runs=800)
def walker(data: bytes) -> None:
    """The walk through all readings of a message."""
    check_walk(data, DEFAULT)
    check_walk(data, SMALL)


def _header(message: bytes) -> Iterator[bytes]:
    for block in re.split(rb"\r\n\r\n|\n\n", message)[:6]:
        if b":" in block[:200]:
            yield block


@target(
    "fields", _header, [*fragments.FIELDS, *fragments.ENDINGS, *fragments.ODDITIES, *fragments.PARAMETERS]
)
def header(data: bytes) -> None:
    """A header's fields in every mode, and what they say about the body."""
    for junk in Junk:
        for number in range(8):
            message, cut, unfolded = bool(number & 1), bool(number & 2), bool(number & 4)
            most = 4 if number == 7 else 5_000
            found = fields.parse(
                data, 1_000, message=message, max_fields=most, whole=not cut, junk=junk, unfolded=unfolded
            )
            _check_fields(found.header, data, most)
            assert 0 <= found.end <= len(data)
            assert len({one for one, _ in found.deviations}) == len(found.deviations)
            assert all(1_000 <= place <= 1_000 + len(data) for _, place in found.deviations)
            for limits in (DEFAULT, SMALL):
                _check_reading(found.header, limits)


def _check_fields(found: Header, data: bytes, most: int) -> None:
    assert len(found.fields) <= most
    reached = 1_000
    for one in found.fields:
        assert reached <= one.start < one.end <= 1_000 + len(data)
        reached = one.end
        assert one.name == one.name.lower()
        assert b"\n" not in one.value
        assert b"\r" not in one.value
        text = found.decoded(one.name)
        assert text is not None
        text.encode("utf-8")
        assert text == found.decoded_all(one.name)[0]


def _check_reading(found: Header, limits: Limits) -> None:
    reading = interpret(found, "text/plain", limits)
    assert len(reading.others) <= limits.readings
    for one in (reading, *(other for _, other in reading.others)):
        assert one.content_type == one.content_type.lower()
        assert "/" in one.content_type
        assert len(one.boundaries) <= limits.boundaries
        assert all(len(boundary) <= limits.boundary_octets for boundary in one.boundaries)
        assert len(one.filenames) <= limits.filenames
        assert all(one.filenames)
        assert one.encoding in ENCODINGS
        "".join([*one.filenames, *one.charsets, one.disposition]).encode("utf-8")
    views = [(one.content_type, one.boundaries, one.encoding) for _, one in reading.others]
    assert len(set(views)) == len(views)
    assert (reading.content_type, reading.boundaries, reading.encoding) not in views


def _values(message: bytes) -> Iterator[bytes]:
    for value in _STRUCTURED.findall(message):
        yield value.replace(b"\r", b"").replace(b"\n", b"").strip()


@target("parameters", _values, fragments.PARAMETERS, longest=2_000)
def parameter(data: bytes) -> None:
    """The parameters of a field: what they may be is bounded by what stands there."""
    found = parameters.parse(data)
    names = {one.name.partition("*")[0] for one in found.parameters} | {"boundary"}
    assert len(found.parameters) <= data.count(b"=")
    for one in found.parameters:
        assert one.readings
        assert one.name == one.name.lower()
        assert len(set(one.readings)) == len(one.readings) <= 6
        assert all(len(octets) <= len(data) for octets in one.readings)
    for name in names:
        candidates = parameters.candidates(found, name)
        assert len(set(candidates)) == len(candidates)
        # A parameter within the value of another stands in both.
        assert all(len(octets) <= 2 * len(data) for octets, _ in candidates)


def _words(message: bytes) -> Iterator[bytes]:
    yield from _WORD.findall(message)


@target("words", _words, fragments.WORDS, longest=1_000)
def encoded_words(data: bytes) -> None:
    """Encoded-words: text comes out, that is no longer than what can stand for it."""
    for text in (
        data.decode("latin-1"),
        data.decode("utf-8", "replace"),
        data.decode("utf-8", "surrogateescape"),
    ):
        decoded = words.decode(text)
        assert len(decoded) <= 4 * len(text)  # an octet that cannot be decoded is a character
        assert "=?" in text or decoded == text
    words.decode_octets(data).encode("utf-8")


def _bodies(message: bytes) -> Iterator[bytes]:
    for body in _BODY.findall(message):
        yield b"1\n" + body


@target("decoder", _bodies, [*fragments.BODIES, *fragments.ODDITIES, *fragments.ENDINGS], runs=1_500)
def decoder(data: bytes) -> None:
    """Every transfer decoder: the same however its input is cut, and no more than the encoding allows.

    The first line says how often what follows it is repeated, for what only happens in long input.
    """
    head, _, rest = data.partition(b"\n")
    times = min(int(head), 100_000 // (len(rest) or 1)) if head.isdigit() and len(head) < 6 else 1
    body = rest * max(times, 1)
    for encoding in ENCODINGS:
        whole = _decoded(body, [], encoding)
        for cuts in cuts_of(body, all_below=3_000):
            assert _decoded(body, cuts, encoding) == whole, f"{encoding}: something else when cut at {cuts}"
        assert len(whole[0]) <= _most(encoding, len(body)), encoding
        for other in doubts(encoding, whole[1]):
            assert other in ENCODINGS


def _most(encoding: str, size: int) -> int:
    """How many octets may come of `size` encoded ones."""
    if encoding == GZIP64:
        return _FREE + _RATIO * size + 1
    if encoding == UUENCODE:  # a line that lost its spaces may be two octets, and stand for 45
        return 23 * size + 45
    return size


def _decoded(body: bytes, cuts: list[int], encoding: str) -> Decoded:
    one: Decoder = decoder_for(encoding)
    octets = [one.feed(piece) for piece in pieces(body, cuts)]
    octets.append(one.close())
    return b"".join(octets), frozenset(one.deviations), one.faithful, one.filename


def leaves_of(message: bytes) -> Iterator[Shown]:
    """The leaves that a walk through the message shows, for the seeds of targets that take leaves."""
    for step in walked(message).steps:
        if isinstance(step, Shown):
            yield step
