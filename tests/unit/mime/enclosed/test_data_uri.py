"""Files in data: URIs of attributes."""

from __future__ import annotations

import base64

import pytest

from gateway.mime.enclosed.data_uri import data_uris
from gateway.mime.enclosed.finder import find

CONTENT = b"MZ\x90\0 a file"
URI = b"data:application/x-thing;base64," + base64.b64encode(CONTENT)


def found(html: bytes) -> list[tuple[str, tuple[str, ...], bytes]]:
    return [(one.content_type, one.filenames, b"".join(one.chunks)) for one in data_uris(html)]


@pytest.mark.parametrize(
    "html",
    [
        b'<a href="%s">x</a>' % URI,
        b"<a href='%s'>x</a>" % URI,
        b"<a href=%s>x</a>" % URI,
        b"<a href=%s x=y>x</a>" % URI,
        b'<a href=" \r\n%s">x</a>' % URI,
        b'<a href="%s">x</a>' % URI.replace(b"data", b"dAtA"),
        b'<a href="%s">x</a>' % URI.replace(b"data", b"d&#97;t&#x61;"),
        b'<a href="%s">x</a>' % URI.replace(b":", b"&colon;"),
        b'<a href="%s">x</a>' % URI.replace(b"data", b"da\r\nta").replace(b"base64", b"ba\tse64"),
        b'<a href="%s">x</a>' % URI.replace(b"TV", b"T\r\nV"),
        b'<a href="%s">x</a>' % URI.replace(b"TV", b"%54%56"),
        b'<a href="%s">x</a>' % URI.replace(b"TV", b"&#84;V"),
        b'<embed src="%s"' % URI,
    ],
)
def test_ways_to_write_one(html: bytes) -> None:
    assert found(html) == [("application/x-thing", (), CONTENT)]


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        (b' download="invoice.exe"', ("invoice.exe",)),
        (b" download='inv&#111;ice.exe'", ("invoice.exe",)),
        (b" DOWNLOAD = invoice.exe", ("invoice.exe",)),
        (b" class=download", ()),
    ],
)
def test_the_name_for_a_download(attributes: bytes, names: tuple[str, ...]) -> None:
    assert found(b'<a%s href="%s">x</a>' % (attributes, URI)) == [("application/x-thing", names, CONTENT)]
    assert found(b'<a href="%s"%s>x</a>' % (URI, attributes)) == [("application/x-thing", names, CONTENT)]


def test_percent_encoding_and_plain_text() -> None:
    assert found(b'<a href="data:,a%20b">') == [("text/plain", (), b"a b")]
    assert found(b'<a href="data:text/html;charset=utf-8,<b>x">') == [("text/html", (), b"<b>x")]


def test_several_are_all_found() -> None:
    html = b'<img src="%s"><img src="data:image/gif;base64,R0lG"><p class="data">' % URI
    assert [name for name, _, _ in found(html)] == ["application/x-thing", "image/gif"]


@pytest.mark.parametrize(
    "html", [b'<p class="data">', b'<a href="database:1,2">', b"<a data=1>data:text/plain,x", b""]
)
def test_what_is_none(html: bytes) -> None:
    assert found(html) == []


def test_one_that_is_larger_than_a_block_and_never_ends() -> None:
    content = bytes(range(256)) * 4_000
    encoded = base64.b64encode(content).replace(b"/", b"%2F").replace(b"+", b"&#43;")
    assert found(b'<a href="data:a/b;base64,' + encoded) == [("a/b", (), content)]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", [b"=&", b"=data:,", b"='data:,", b"=\"data:,='data:,", b"= d"])
def test_hostile_repetition_is_bounded(piece: bytes) -> None:
    kinds: list[str] = []
    octets = 0
    text = piece * (1_000_000 // len(piece))
    for one in data_uris(text):
        kinds.append(one.kind)
        octets += sum(map(len, one.chunks))
    assert set(kinds) <= {"data-uri", "unread"}
    assert octets <= 2 * len(text)


def test_the_finder_looks_for_them() -> None:
    (one,) = find(b'<html><a href="%s">' % URI, "text/html", ())
    assert (one.kind, b"".join(one.chunks)) == ("data-uri", CONTENT)
