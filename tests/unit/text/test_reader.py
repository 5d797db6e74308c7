"""Which leaves are text, and every way in which they may be read."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.event import Flow
from gateway.text.normalise import fold
from gateway.text.reader import is_html, is_text, readings, variants


def texts(
    data: bytes, content_type: str = "text/plain", *charsets: str, flow: Flow = Flow.FIXED
) -> list[str]:
    return [fold(text) for text in readings(data, [content_type], charsets, flow).texts]


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "text/calendar", "text/csv", "text/x-anything", "message/delivery-status"),
        "application/json",
    ],
)
def test_text_types(content_type: str) -> None:
    assert is_text(content_type)
    assert not is_html(content_type)
    assert texts(b"a <b>", content_type) == ["a <b>"]


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/xhtml+xml", "image/svg+xml", "text/enriched"]
)
def test_html_types(content_type: str) -> None:
    assert is_text(content_type)
    assert is_html(content_type)
    assert texts(b"wom<b></b>bat", content_type) == ["wombat"]


@pytest.mark.parametrize(
    "content_type", ["image/png", "application/pdf", "application/octet-stream", "multipart/mixed"]
)
def test_other_types(content_type: str) -> None:
    assert not is_text(content_type)
    assert texts(b"a", content_type) == []


def test_html_by_one_type_and_text_by_the_other() -> None:
    assert readings(b"wom<b>bat", ["text/plain", "text/html"], ()).texts == ("wombat", "wom<b>bat")


@pytest.mark.parametrize(
    ("data", "content_type", "charsets"),
    [
        (b"Dear all,\r\nsee http://example.org/?a=b&c=12\r\n", "text/plain", ["utf-8"]),
        ("Caf\u00e9 \u2013 \u201cquoted\u201d".encode(), "text/plain", ["utf-8"]),
        (b"caf\xe9", "text/plain", ["iso-8859-1"]),
        (b"plain", "text/plain", []),
        (b"<p style='color:#333'>a <a href='http://x/?a=b'>b</a></p>", "text/html", ["utf-8"]),
        (b"<meta charset=iso-8859-1><p>caf\xc3\xa9", "text/html", ["utf-8"]),
    ],
)
def test_ordinary_mail_has_one_reading(data: bytes, content_type: str, charsets: list[str]) -> None:
    read = readings(data, [content_type], charsets)
    assert len(read.texts) == 1
    assert read.complete


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("wombat".encode("utf-16-be"), "utf-16be"),
        ("wombat".encode("utf-16-be"), "utf-16le"),
        (b"womb\x1b(Bat", "utf-8"),
        (b"wom\0bat", "utf-8"),
        (b"wom\rbat", "utf-8"),
        (b"wom=\r\nbat", "utf-8"),
        (b"=?utf-8?B?d29tYmF0?=", "utf-8"),
        ("\u202etabmow\u202c".encode(), "utf-8"),
        ("w\u043embat".encode(), "utf-8"),
        ("\u202etabm\u043ew\u202c".encode(), "utf-8"),
        ("w\u043embat".encode("koi8-r"), "koi8-r"),
        ("\U0001d430ombat".encode(), "utf-8"),
    ],
)
def test_a_word_in_disguise(data: bytes, charset: str) -> None:
    assert "wombat" in texts(data, "text/plain", charset)


def test_a_bare_carriage_return_may_be_a_break_as_well() -> None:
    assert texts(b"wom\rbat") == ["wom bat", "wombat"]


def test_lines_that_flow() -> None:
    assert texts(b"wom \r\nbat", flow=Flow.DELETE_SPACE) == ["wom bat", "wombat"]
    assert texts(b"> free \r\n> bonus", flow=Flow.FLOWED) == ["> free bonus"]


def test_folded_lines_of_a_calendar() -> None:
    assert "summary:wombat" in texts(b"SUMMARY:wom\r\n bat", "text/calendar")


@pytest.mark.parametrize(
    "declaration",
    [
        b'<meta charset="windows-1251">',
        b"<META charset=windows-1251>",
        b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        b'<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
@pytest.mark.parametrize("charsets", [[], ["utf-8"], ["iso-8859-1"]])
def test_declaration_within_html(declaration: bytes, charsets: list[str]) -> None:
    data = declaration + "привет".encode("cp1251")
    assert any("привет" in text for text in texts(data, "text/html", *charsets))


def test_the_header_goes_before_the_declaration() -> None:
    data = b'<meta charset="koi8-r">' + "привет".encode("cp1251")
    first, second = texts(data, "text/html", "windows-1251")[:2]
    assert ("привет" in first, "привет" in second) == (True, False)


def test_an_impossible_declaration_is_not_believed() -> None:
    assert texts(b'<meta charset="utf-16">wombat', "text/html") == ["wombat"]


def test_documents_within_documents() -> None:
    inner = b"wom<i hidden>x</i>bat"
    for _ in range(2):
        inner = b"<iframe src='data:text/html;base64," + base64.b64encode(inner) + b"'>"
    assert any("wombat" in text for text in texts(inner, "text/html"))


def test_documents_within_documents_have_a_limit() -> None:
    data = b"<a href=data:text/html," * 10_000
    assert sum(map(len, texts(data, "text/html"))) <= 12 * len(data)


CRAMMED = "w\u043em\u202ebat\u202c".encode() + b"+AHc- ~{~} \x1b(B =3D =?utf-8?q?a?= \r"


def test_there_are_never_too_many() -> None:
    labels = ["koi8-r", "windows-1251", "big5", "utf-16", "cp037"]
    read = readings(CRAMMED, ["text/html", "text/plain"], labels)
    assert len(read.texts) == 12
    assert not read.complete


def test_large_text_is_read_in_fewer_ways() -> None:
    read = readings(CRAMMED + b" " * (4 << 20), ["text/plain"], ["utf-8"])
    assert len(read.texts) == 4
    assert not read.complete


def test_variants_of_ordinary_text() -> None:
    assert list(variants("plain")) == ["plain"]
    assert list(variants("café")) == ["café"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("filler", [b" ", b"<meta charset ", b"<meta ", b"charset ", b"<?xml "])
def test_a_declaration_that_never_comes(filler: bytes) -> None:
    data = (b"<meta charset=" + filler * 4_096)[:4_096]
    for number in range(200):
        assert readings(data + b"%d" % number, ["text/html"], ()).texts


HOSTILE = [
    *(
        b"<b>",
        b"<i hidden>",
        b"<a href='%41'>",
        b"<style>.a{",
        b"<i style='color:",
        b"=?a?q?",
        b"=3D",
        b"=\n",
    ),
    *(
        b"\xe2\x80\xae",
        b"\xd0\xb4\xd0\xbeo ",
        b"\r",
        b"\x1b$B",
        b"~{~}",
        b"+AHc",
        b"\0a",
        b"(",
        b"w",
        b" \n>",
    ),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("content_type", ["text/html", "text/plain"])
def test_hostile_text_makes_little_work(unit: bytes, content_type: str) -> None:
    data = unit * (300_000 // len(unit))
    read = readings(data, [content_type], ["utf-8", "utf-7", "utf-16"])
    assert sum(map(len, read.texts)) <= 12 * len(data)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=80),
    st.sampled_from(["text/html", "text/plain", "text/calendar"]),
    st.sampled_from(list(Flow)),
)
def test_anything_is_read(data: bytes, content_type: str, flow: Flow) -> None:
    read = readings(data, [content_type], ["iso-2022-jp"], flow)
    assert 1 <= len(read.texts) <= 12
    assert len(set(read.texts)) == len(read.texts)


def test_texts_beyond_the_first_may_be_bounded() -> None:
    data = b"<p>wom<b hidden>x</b>bat"
    assert len(readings(data, ["text/html"], (), extra=len(data)).texts) == 2
    bounded = readings(data, ["text/html"], (), extra=len(data) - 1)
    assert bounded.texts == readings(data, ["text/html"], ()).texts[:1]
    assert not bounded.complete
    assert readings(b"plain", ["text/plain"], (), extra=-5) == readings(b"plain", ["text/plain"], ())
