"""Class I: text in charsets and encodings that a filter may not read. The canary word is what has to be found."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from tests.support.evasion.build import (
    BASE64,
    CANARY,
    CRLF,
    MIME,
    OCTETS,
    PLAIN,
    QP,
    attached,
    b64,
    message,
    nested,
    quoted,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

WORD = CANARY.encode()
EIGHT = b"Content-Transfer-Encoding: 8bit"
HTML = b"Content-Type: text/html; charset=utf-8"
WIDE = "".join([chr(ord(letter) + 0xFEE0) for letter in CANARY])  # full-width letters


def text(octets: bytes, charset: bytes = b"utf-8", *, kind: bytes = b"text/plain") -> bytes:
    """A message that is one text, base64 where its octets are not fit for a line."""
    fields = [MIME, b"Content-Type: " + kind + b"; charset=" + charset]
    if b"\0" in octets or not octets.isascii():
        return message([*fields, BASE64], b64(octets))
    return message([*fields, EIGHT], octets + CRLF)


def texts(table: Mapping[str, tuple[bytes, bytes]], *, kind: bytes = b"text/plain") -> Iterator[Made]:
    """A message for each entry: charset and octets. The first also attached to a text, nested and with LF."""
    for number, (name, (charset, octets)) in enumerate(table.items()):
        made = text(octets, charset, kind=kind)
        yield name, made
        if not number:
            yield (
                f"{name}, attached",
                attached([b"Content-Type: " + kind + b"; charset=" + charset, BASE64], b64(octets)),
            )
            yield f"{name}, nested", nested(made)
            yield f"{name}, LF", with_lf(made)


def pages(table: Mapping[str, str]) -> Iterator[Made]:
    """A message for each entry: HTML."""
    yield from texts({name: (b"utf-8", page.encode()) for name, page in table.items()}, kind=b"text/html")


@recipe("I157", "text in a transfer encoding", Target.KEYWORD)
def encoded() -> Iterator[Made]:
    words = b"A " + WORD + b" of note.\r\n"
    yield "base64", message([MIME, PLAIN, BASE64], b64(words))
    yield "quoted-printable", message([MIME, PLAIN, QP], quoted(words))
    yield "quoted-printable, soft breaks", message([MIME, PLAIN, QP], b"A womb=\r\natfl=\r\nute of note.\r\n")
    yield "base64, HTML", message([MIME, HTML, BASE64], b64(b"<p>" + words + b"</p>"))
    yield "base64, no charset", message([MIME, b"Content-Type: text", BASE64], b64(words))
    yield "base64, no type", message([MIME, BASE64], b64(words))
    yield (
        "base64, attached",
        attached([OCTETS, b"Content-Disposition: attachment; filename=a.txt", BASE64], b64(words)),
    )
    yield "base64, octets without name", attached([OCTETS, BASE64], b64(words))
    yield "base64, enriched", message([MIME, b"Content-Type: text/enriched", BASE64], b64(words))
    yield "base64, unknown text", message([MIME, b"Content-Type: text/x-foo", BASE64], b64(words))
    yield "base64 not declared", message([MIME, PLAIN, b"Content-Transfer-Encoding: x-base64"], b64(words))
    yield "nested", nested(message([MIME, PLAIN, BASE64], b64(words)))


@recipe("I158", "UTF-7", Target.KEYWORD)
def utf7() -> Iterator[Made]:
    whole = b"+" + base64.b64encode(CANARY.encode("utf-16-be")).rstrip(b"=") + b"-"
    each = b"".join([b"+" + base64.b64encode(b"\0" + bytes([o])).rstrip(b"=") + b"-" for o in WORD])
    yield from texts(
        {
            "whole word": (b"utf-7", whole),
            "each letter": (b"utf-7", each),
            "some letters": (b"utf-7", b"womb+AGE-tfl+AHU-te"),
            "unicode-1-1-utf-7": (b"unicode-1-1-utf-7", whole),
            "quoted label": (b'"UTF-7"', whole),
            "no end of shift": (b"utf-7", whole[:-1] + b" and more"),
            "two shifts": (b"utf-7", b"womb+AGE-+AHQ-flute"),
            "zero width": (b"utf-7", b"womb+IAs-atflute"),
        }
    )
    yield "HTML", text(b"<p>" + whole + b"</p>", b"utf-7", kind=b"text/html")
    yield "HTML, meta", text(b"<meta charset=utf-7><p>" + whole, b"us-ascii", kind=b"text/html")


@recipe("I159", "UTF-16 and UTF-32", Target.KEYWORD)
def wide() -> Iterator[Made]:
    line = f"A {CANARY} of note."
    le, be = line.encode("utf-16-le"), line.encode("utf-16-be")
    yield from texts(
        {
            "LE": (b"utf-16le", le),
            "LE, mark": (b"utf-16le", b"\xff\xfe" + le),
            "BE": (b"utf-16be", be),
            "BE, mark": (b"utf-16be", b"\xfe\xff" + be),
            "UTF-16, LE mark": (b"utf-16", b"\xff\xfe" + le),
            "UTF-16, BE mark": (b"utf-16", b"\xfe\xff" + be),
            "UTF-16, LE, no mark": (b"utf-16", le),
            "UTF-16, BE, no mark": (b"utf-16", be),
            "BE label, LE octets": (b"utf-16be", le),
            "LE label, BE octets": (b"utf-16le", be),
            "BE label, LE mark": (b"utf-16be", b"\xff\xfe" + le),
            "ASCII label, mark": (b"us-ascii", b"\xff\xfe" + le),
            "ASCII label, no mark": (b"us-ascii", le),
            "UTF-8 label, mark": (b"utf-8", b"\xfe\xff" + be),
            "UTF-32": (b"utf-32", line.encode("utf-32")),
            "UTF-32LE": (b"utf-32le", line.encode("utf-32-le")),
            "UTF-32BE": (b"utf-32be", line.encode("utf-32-be")),
            "UTF-32, UTF-16 label": (b"utf-16", line.encode("utf-32-le")),
            "UCS-2": (b"iso-10646-ucs-2", be),
            "UCS-4": (b"iso-10646-ucs-4", line.encode("utf-32-be")),
            "odd octet first": (b"utf-16le", b" " + le),
        }
    )
    yield "HTML", text("<p>".encode("utf-16-le") + le, b"utf-16le", kind=b"text/html")


@recipe("I161", "EBCDIC", Target.KEYWORD)
def ebcdic() -> Iterator[Made]:
    line = f"A {CANARY} of note."
    yield from texts(
        {
            "IBM037": (b"ibm037", line.encode("cp037")),
            "cp037": (b"cp037", line.encode("cp037")),
            "ebcdic-cp-us": (b"ebcdic-cp-us", line.encode("cp037")),
            "IBM500": (b"ibm500", line.encode("cp500")),
            "cp500": (b"cp500", line.encode("cp500")),
            "IBM01140": (b"ibm01140", line.encode("cp1140")),
            "IBM273": (b"ibm273", line.encode("cp273")),
            "IBM1026": (b"ibm1026", line.encode("cp1026")),
            "x-ebcdic": (b"x-ibm037", line.encode("cp037")),
        }
    )
    yield "HTML", text(f"<p>{line}</p>".encode("cp037"), b"ibm037", kind=b"text/html")


@recipe("I162", "escapes of ISO 2022", Target.KEYWORD)
def iso2022() -> Iterator[Made]:
    jp = b"iso-2022-jp"
    double = b"\x1b$B" + b"".join([b"#" + bytes([octet]) for octet in WORD]) + b"\x1b(B"
    yield from texts(
        {
            "to ASCII, within ASCII": (jp, b"womb\x1b(Batflute"),
            "between all letters": (jp, b"\x1b(B".join([bytes([octet]) for octet in WORD])),
            "to Roman": (jp, b"womb\x1b(Jatflute\x1b(B"),
            "to Kanji and back": (jp, b"womb\x1b$B\x1b(Batflute"),
            "full-width letters": (jp, double),
            "full-width letters, 1978": (jp, double.replace(b"$B", b"$@")),
            "csISO2022JP": (b"csISO2022JP", b"womb\x1b(Batflute"),
            "JP-2": (b"iso-2022-jp-2", b"womb\x1b.A\x1b(Batflute"),
            "JP-1": (b"iso-2022-jp-1", b"womb\x1b(Batflute"),
            "JP-3": (b"iso-2022-jp-3", b"womb\x1b(Batflute"),
            "JP-ext": (b"iso-2022-jp-ext", b"womb\x1b(Batflute"),
            "KR, shift in": (b"iso-2022-kr", b"\x1b$)C\r\nwomb\x0fatflute"),
            "KR, shift out and in": (b"iso-2022-kr", b"\x1b$)C\r\nwomb\x0e\x0fatflute"),
            "CN": (b"iso-2022-cn", b"womb\x1b$)A\x0e\x0fatflute"),
            "ASCII label": (b"us-ascii", b"womb\x1b(Batflute"),
            "cp50220": (b"cp50220", b"womb\x1b(Batflute"),
        }
    )
    yield "HTML", text(b"<p>womb\x1b(Batflute</p>", jp, kind=b"text/html")


@recipe("I163", "escapes of HZ", Target.KEYWORD)
def hz() -> Iterator[Made]:
    double = b"~{" + b"".join([b"#" + bytes([octet]) for octet in WORD]) + b"~}"
    yield from texts(
        {
            "line continued": (b"hz-gb-2312", b"womb~\natflute"),
            "line continued, CR LF": (b"hz-gb-2312", b"womb~\r\natflute"),
            "empty shift": (b"hz-gb-2312", b"womb~{~}atflute"),
            "between all letters": (b"hz-gb-2312", b"~{~}".join([bytes([octet]) for octet in WORD])),
            "full-width letters": (b"hz-gb-2312", double),
            "back from nowhere": (b"hz-gb-2312", b"womb~}atflute"),
            "hz": (b"hz", b"womb~{~}atflute"),
            "hz-gb": (b"HZ-GB", b"womb~{~}atflute"),
        }
    )
    yield "HTML", text(b"<p>womb~{~}atflute</p>", b"hz-gb-2312", kind=b"text/html")


@recipe("I165", "a charset that is not the one declared", Target.KEYWORD)
def mismatch() -> Iterator[Made]:
    line = f"<p>A {CANARY} of note.</p>"
    le, html = line.encode("utf-16-le"), b"text/html"
    seven = b"<p>+AHcAbwBtAGIAYQB0AGYAbAB1AHQAZQ-</p>"
    cyrillic = f"<p>{CANARY}</p>".encode("cp037")
    for name, (charset, octets) in {
        "mark of UTF-16": (b"us-ascii", b"\xff\xfe" + le),
        "mark of UTF-16, big": (b"utf-8", b"\xfe\xff" + line.encode("utf-16-be")),
        "meta within UTF-16": (b"us-ascii", f"<meta charset=utf-16>{line}".encode("utf-16-le")),
        "meta of UTF-7": (b"us-ascii", b"<meta charset=utf-7>" + seven),
        "meta of UTF-7, old form": (
            b"utf-8",
            b'<meta http-equiv=Content-Type content="text/html; charset=utf-7">' + seven,
        ),
        "meta of UTF-8, EBCDIC header": (b"ibm037", b"<meta charset=utf-8>" + line.encode()),
        "meta of EBCDIC": (b"utf-8", b"<meta charset=ibm037>" + cyrillic),
        "UTF-16 label, ASCII octets": (b"utf-16", line.encode()),
        "UTF-32 label, ASCII octets": (b"utf-32", line.encode()),
        "UTF-7 label, ASCII octets": (b"utf-7", line.encode()),
        "EBCDIC label, ASCII octets": (b"ibm037", line.encode()),
        "unknown label": (b"x-unknown", line.encode()),
        "unknown label, UTF-16": (b"x-unknown", le),
        "empty label": (b'""', line.encode()),
        "two parameters": (b"utf-16le; charset=us-ascii", le),
        "two parameters, last": (b"us-ascii; charset=utf-16le", le),
        "extended parameter": (b"us-ascii; charset*=us-ascii''utf-16le", le),
        "encoded-word": (b'"=?us-ascii?Q?utf-16le?="', le),
        "spaces": (b'" utf-16le "', le),
        "other case": (b"UtF-16Le", le),
        "comment": (b"utf-16le (x)", le),
        "underscore": (b"utf_16le", le),
        "no hyphen": (b"utf16le", le),
        "quotation marks": (b"'utf-16le'", le),
        "base64 as label": (b"base64", line.encode()),
        "rot13 as label": (b"rot13", line.encode()),
        "XML declaration": (b"us-ascii", b'<?xml version="1.0" encoding="utf-7"?>' + seven),
    }.items():
        yield name, message([MIME, b"Content-Type: " + html + b"; charset=" + charset, BASE64], b64(octets))
    yield "no label, UTF-16", message([MIME, b"Content-Type: text/html", BASE64], b64(b"\xff\xfe" + le))
    yield (
        "no label, UTF-7 by meta",
        message([MIME, b"Content-Type: text/html"], b"<meta charset=utf-7>" + seven + CRLF),
    )
    yield (
        "plain, two labels",
        message(
            [
                MIME,
                b"Content-Type: text/plain; charset=us-ascii",
                b"Content-Type: text/plain; charset=utf-16le",
                BASE64,
            ],
            b64(CANARY.encode("utf-16-le")),
        ),
    )
