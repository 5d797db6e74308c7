"""What must hold of a walk through any message: the same steps however it is cut, nothing lost, within the limits.

The invariants are those of the fuzz targets (`tests.fuzz.invariants`); here messages are generated from their grammar,
with what breaks it.
"""

from __future__ import annotations

import base64
import binascii
import quopri

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.event import Kind
from gateway.mime.limits import Limits
from tests.fuzz import fragments, fragments_files
from tests.fuzz.invariants import DEFAULT, SMALL, Shown, check_events, check_walk, walked

BOUNDARIES = [b"foo", b"bar", b"foobar", b"foo--", b"b"]
boundary = st.sampled_from(BOUNDARIES)
ending = st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r"])
field = st.sampled_from(fragments.FIELDS)
content = st.one_of(
    st.sampled_from(fragments.BODIES),
    st.sampled_from(fragments.DELIMITERS),
    st.sampled_from(fragments_files.ENCLOSED),
    st.binary(max_size=30),
).filter(bool)


def uuencoded(octets: bytes) -> bytes:
    """A file, uuencoded."""
    lines = [binascii.b2a_uu(octets[place : place + 45]) for place in range(0, len(octets), 45)]
    return b"begin 644 a.exe\r\n" + b"".join(lines) + b"`\r\nend\r\n"


@st.composite
def leaf(draw: st.DrawFn) -> bytes:
    """A part that is none of parts."""
    fields = b"".join(draw(st.lists(field, max_size=3)))
    return (
        fields
        + draw(st.sampled_from([b"\r\n", b"\r\n", b" \r\n", b""]))
        + b"".join(draw(st.lists(content, max_size=3)))
    )


@st.composite
def multipart(draw: st.DrawFn, inner: st.SearchStrategy[bytes]) -> bytes:
    """A multipart, perhaps with another boundary than it says, or without an end."""
    name = draw(boundary)
    said = draw(st.sampled_from([name, name, name, b"foo; boundary=bar", b'"' + name + b'"']))
    kind = draw(st.sampled_from([b"mixed", b"digest", b"alternative"]))
    made = (
        b"Content-Type: multipart/"
        + kind
        + b"; boundary="
        + said
        + b"\r\n"
        + draw(st.just(b"") | field)
        + b"\r\n"
    )
    for part in draw(st.lists(inner, max_size=3)):
        suffix = draw(st.sampled_from([b"", b"", b"", b" ", b"x", b"--"]))
        made += b"\r\n--" + name + suffix + b"\r\n" + part
    return made + draw(st.sampled_from([b"\r\n--" + name + b"--\r\n", b""])) + draw(st.just(b"") | leaf())


@st.composite
def enclosing(draw: st.DrawFn, inner: st.SearchStrategy[bytes]) -> bytes:
    """A message or part that holds another one: as it is, encoded, or as a file in a text."""
    octets = draw(inner)
    how = draw(st.integers(0, 4))
    if how == 0:
        return b"Content-Type: message/rfc822\r\n\r\n" + octets
    if how == 1:
        head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return head + base64.encodebytes(octets)
    if how == 2:
        return b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(octets)
    if how == 3:
        return b"Content-Type: text/plain\r\n\r\nHello\r\n" + uuencoded(octets)
    return (
        b"Content-Type: application/octet-stream; name=a.eml\r\n\r\nFrom: a\r\nMIME-Version: 1.0\r\n" + octets
    )


entity = st.recursive(leaf(), lambda inner: multipart(inner) | enclosing(inner), max_leaves=6)


@st.composite
def message(draw: st.DrawFn) -> bytes:
    """A message, its line endings perhaps changed and a piece perhaps taken out."""
    octets = draw(
        st.sampled_from([b"", b"From: a\r\nSubject: b\r\n", b"\xef\xbb\xbf", b"From x\r\n"])
    ) + draw(entity)
    octets = octets.replace(b"\r\n", draw(ending))
    if draw(st.booleans()):
        first = draw(st.integers(0, len(octets)))
        octets = octets[:first] + octets[first + draw(st.integers(0, 9)) :]
    return octets


@settings(max_examples=120, deadline=None)
@given(message())
def test_steps_do_not_depend_on_the_cuts_and_nothing_is_lost(octets: bytes) -> None:
    check_walk(octets, DEFAULT)


@settings(max_examples=120, deadline=None)
@given(message())
def test_limits_are_kept(octets: bytes) -> None:
    check_walk(octets, SMALL)


@settings(max_examples=150, deadline=None)
@given(message())
def test_every_octet_of_the_likeliest_reading_belongs_to_something(octets: bytes) -> None:
    check_events(octets, DEFAULT)
    check_events(octets, SMALL)


@settings(max_examples=100, deadline=None)
@given(message(), st.integers(0, 3), st.integers(1, 300))
def test_any_limits_are_kept(octets: bytes, views: int, decoded: int) -> None:
    limits = Limits(views=views, decoded_octets=decoded, parts=views + 1, depth=2)
    walk = walked(octets, limits=limits)
    shown = [step for step in walk.steps if isinstance(step, Shown)]
    assert sum(len(one.octets) for one in shown) <= decoded
    assert len({one.view for one in shown}) <= views + 1
    assert len([one for one in shown if one.start.kind is Kind.ENCLOSED]) <= views + 1
    assert max((one.start.depth for one in shown), default=0) <= 3


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.integers(0, 3))
def test_an_attached_file_comes_out_whole_whatever_stands_around_it(octets: bytes, depth: int) -> None:
    made = b"Content-Type: application/x-y; name=a.b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    made += base64.encodebytes(octets)
    for level in range(depth):
        name = b"level%d" % level
        made = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n%b\r\n--%b--\r\n" % (
            name,
            name,
            made,
            name,
        )
    shown = [step for step in walked(made).steps if isinstance(step, Shown)]
    assert octets in [one.octets for one in shown if one.start.content_type == "application/x-y"]
