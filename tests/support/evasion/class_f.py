"""Class F: where a header ends and a body begins. The payload is base64 with a harmless name."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
    CRLF,
    FILE,
    MIME,
    MIXED,
    OCTETS,
    PART,
    PAYLOAD,
    PLAIN,
    TEXT,
    envelope,
    lines,
    message,
    mixed,
    nested,
    parts,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

BODY = parts(TEXT, PART)
FIELDS = lines(*FILE, BASE64)
TOP = lines(*envelope(), MIME, MIXED)


@recipe("F123", "an empty line that is not quite empty", Target.EICAR)
def blank() -> Iterator[Made]:
    for name, gap in {
        "space": b" \r\n",
        "tab": b"\t\r\n",
        "vertical tab": b"\v\r\n",
        "form feed": b"\f\r\n",
        "NUL": b"\0\r\n",
        "spaces": b"      \r\n",
        "no-break space": b"\xc2\xa0\r\n",
        "CR": b"\r\r\n",
        "two blank lines": b" \r\n \r\n",
        "blank line, empty line": b" \r\n\r\n",
        "zero width space": b"\xe2\x80\x8b\r\n",
        "soft hyphen": b"\xc2\xad\r\n",
        "backspace": b"\b\r\n",
    }.items():
        yield f"{name}, part", mixed(FIELDS + gap + PAYLOAD)
        yield f"{name}, part as text", mixed(lines(PLAIN, BASE64) + gap + PAYLOAD)
        yield f"{name}, message", TOP + gap + BODY
    yield "space, alone", lines(*envelope(), MIME, PLAIN, BASE64) + b" \r\n" + PAYLOAD
    yield "space, nested", nested(TOP.replace(b"foo", b"bar") + b" \r\n" + BODY.replace(b"foo", b"bar"))
    yield "space, LF", with_lf(mixed(FIELDS + b" \r\n" + PAYLOAD))


@recipe("F125", "an empty line of other line ends", Target.EICAR)
def line_ends() -> Iterator[Made]:
    fields, top = FIELDS.removesuffix(CRLF), TOP.removesuffix(CRLF)
    for name, gap in {
        "CR CR": b"\r\r",
        "LF LF": b"\n\n",
        "CR LF CR": b"\r\n\r",
        "LF CR LF": b"\n\r\n",
        "CR CR LF CR CR LF": b"\r\r\n\r\r\n",
        "CR LF LF": b"\r\n\n",
        "CR LF CR CR LF": b"\r\n\r\r\n",
        "LF CR LF CR": b"\n\r\n\r",
    }.items():
        yield f"{name}, part", mixed(fields + gap + PAYLOAD)
        yield f"{name}, part as text", mixed(lines(PLAIN, BASE64).removesuffix(CRLF) + gap + PAYLOAD)
        yield f"{name}, message", top + gap + BODY


@recipe("F126", "the transfer encoding behind the empty line", Target.EICAR)
def encoding_below() -> Iterator[Made]:
    yield "part", mixed(lines(*FILE, b"", BASE64, b"") + PAYLOAD)
    yield "part, as text", mixed(lines(PLAIN, b"", BASE64, b"") + PAYLOAD)
    yield "part, no second empty line", mixed(lines(*FILE, b"", BASE64) + PAYLOAD)
    yield "two empty lines", mixed(lines(*FILE, b"", b"", BASE64, b"") + PAYLOAD)
    yield "with another field", mixed(lines(*FILE, b"", b"X-Note: x", BASE64, b"") + PAYLOAD)
    yield "message", lines(*envelope(), MIME, OCTETS, b"", BASE64, b"") + PAYLOAD
    yield "message, as text", lines(*envelope(), MIME, PLAIN, b"", BASE64, b"") + PAYLOAD
    yield "message, type and encoding", lines(*envelope(), b"", MIME, OCTETS, BASE64, b"") + PAYLOAD
    yield "message, multipart", lines(*envelope(), b"", MIME, MIXED, b"") + BODY
    yield "part, type and encoding", mixed(lines(b"", OCTETS, BASE64, b"") + PAYLOAD)
    yield "behind a blank line", mixed(lines(*FILE, b"", b" ", BASE64, b"") + PAYLOAD)
    yield "nested", nested(lines(*envelope(), MIME, OCTETS, b"", BASE64, b"") + PAYLOAD)
    yield "LF", with_lf(mixed(lines(*FILE, b"", BASE64, b"") + PAYLOAD))


@recipe("F127", "an empty line within the header", Target.EICAR)
def split_header() -> Iterator[Made]:
    yield "part", mixed(lines(OCTETS, b"", ATTACHED, BASE64, b"") + PAYLOAD)
    yield "part, blank line", mixed(lines(OCTETS, b" ", ATTACHED, BASE64, b"") + PAYLOAD)
    yield "part, two", mixed(lines(OCTETS, b"", ATTACHED, b"", BASE64, b"") + PAYLOAD)
    yield "part, first line", mixed(lines(b"", OCTETS, ATTACHED, BASE64, b"") + PAYLOAD)
    yield "part, as text", mixed(lines(PLAIN, b"", b"Content-Description: x", BASE64, b"") + PAYLOAD)
    yield "part, CR", mixed(OCTETS + b"\r\r" + lines(ATTACHED, BASE64, b"") + PAYLOAD)
    yield "part, LF", mixed(OCTETS + b"\n\n" + lines(ATTACHED, BASE64, b"") + PAYLOAD)
    yield "message", lines(*envelope(), b"", MIME, MIXED, b"") + BODY
    yield "message, blank line", lines(*envelope(), b" ", MIME, MIXED, b"") + BODY
    yield "message, before the type", lines(*envelope(), MIME, b"", MIXED, b"") + BODY
    yield "message, first line", CRLF + TOP + CRLF + BODY
    yield "message, two first lines", CRLF + CRLF + TOP + CRLF + BODY
    yield (
        "nested",
        nested(
            lines(*envelope(), b"", MIME, MIXED, b"").replace(b"foo", b"bar") + BODY.replace(b"foo", b"bar")
        ),
    )


@recipe("F129", "no empty line at all", Target.EICAR, may_miss=["nothing but parts"])
def no_separator() -> Iterator[Made]:
    words = b"this is not a field\r\n"
    yield "words", TOP + words + CRLF + BODY
    yield "words, no empty line", TOP + words + BODY
    yield "straight to the delimiter", TOP + BODY
    yield "part, words", mixed(FIELDS + words + CRLF + PAYLOAD)
    yield "part, words, no empty line", mixed(FIELDS + words + PAYLOAD)
    yield "part, straight to the payload", mixed(FIELDS + PAYLOAD)
    yield "part as text, straight to the payload", mixed(lines(PLAIN, BASE64) + PAYLOAD)
    yield "alone, straight to the payload", lines(*envelope(), MIME, OCTETS, BASE64) + PAYLOAD
    yield "alone as text, straight to the payload", lines(*envelope(), MIME, PLAIN, BASE64) + PAYLOAD
    yield (
        "payload in a field",
        message([MIME, MIXED], parts(TEXT, lines(*FILE, BASE64, b"X-Note: x")[:-2] + CRLF + PAYLOAD)),
    )
    yield (
        "payload folded into a field",
        mixed(lines(*FILE, BASE64) + b" " + PAYLOAD.replace(CRLF, b"\r\n ").rstrip() + CRLF),
    )
    yield "nothing but a part", PART
    yield "nothing but parts", BODY
    yield "nested", nested((TOP + BODY).replace(b"foo", b"bar"))
    yield "LF", with_lf(TOP + words + CRLF + BODY)


@recipe("F130", "a mailbox line before the header", Target.EICAR)
def mailbox_line() -> Iterator[Made]:
    whole = mixed(PART)
    for name, line in {
        "From": b"From ann@elsewhere.example Mon Jan  1 09:00:00 2024",
        "quoted From": b">From ann@elsewhere.example Mon Jan  1 09:00:00 2024",
        "Return-Path without colon": b"Return-Path <ann@elsewhere.example>",
        "words": b"Delivered by the school",
        "From, twice": b"From ann\r\nFrom bob",
        "MMDF": b"\x01\x01\x01\x01",
        "babyl": b"BABYL OPTIONS:",
        "space": b" ",
        "HTTP": b"HTTP/1.0 200 OK",
        "size": b"1234",
        "dot": b".",
        "hyphens": b"--",
        "continuation": b" X-Note: x",
    }.items():
        yield name, line + CRLF + whole
        if name in ("From", "words"):
            yield f"{name}, nested", nested(line + CRLF + whole.replace(b"foo", b"bar"))
            yield f"{name}, part", mixed(line + CRLF + PART)
            yield f"{name}, LF", with_lf(line + CRLF + whole)
            yield f"{name}, as text", line + CRLF + message([MIME, PLAIN, BASE64], PAYLOAD)


@recipe("F131", "a byte order mark before the header", Target.EICAR)
def byte_order_mark() -> Iterator[Made]:
    marks = {
        "UTF-8": b"\xef\xbb\xbf",
        "UTF-16": b"\xff\xfe",
        "UTF-16, big": b"\xfe\xff",
        "twice": b"\xef\xbb\xbf" * 2,
    }
    for name, mark in marks.items():
        yield name, mark + mixed(PART)
        yield f"{name}, part", mixed(mark + PART)
        yield f"{name}, part, before the encoding", mixed(mark + lines(BASE64, OCTETS, b"") + PAYLOAD)
        yield f"{name}, nested", nested(mark + mixed(PART).replace(b"foo", b"bar"))
    typed_first = lines(MIXED, MIME, *envelope(), b"") + BODY
    yield "before the type", b"\xef\xbb\xbf" + typed_first
    yield "before the encoding", b"\xef\xbb\xbf" + lines(BASE64, MIME, PLAIN, *envelope(), b"") + PAYLOAD
    yield "NUL before the type", b"\0" + typed_first
    yield "zero width space before the type", b"\xe2\x80\x8b" + typed_first
    yield "and an empty line", b"\xef\xbb\xbf\r\n" + mixed(PART)
