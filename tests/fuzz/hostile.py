"""Messages made to cost time: each grows with a number, and a careless reader takes the square of it or worse."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable

from tests.fuzz import fragments_files

_MIXED = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n"
_TEXT = b"Content-Type: text/plain\r\n\r\n"
_HTML = b"Content-Type: text/html\r\n\r\n"
_BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"


def _nested(count: int) -> bytes:
    return b"".join(
        [
            b"Content-Type: multipart/mixed; boundary=b%05d\r\n\r\n--b%05d\r\n" % (at, at)
            for at in range(count)
        ]
    )


def _ambiguous_parts(count: int) -> bytes:
    part = b"--foo\r\nContent-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nx\r\n--b\r\n\r\ny\r\n"
    return _MIXED + part * count


def _empty_ambiguous_parts(count: int) -> bytes:
    return (
        _MIXED + b"--foo\r\nContent-Transfer-Encoding: bogus\r\nContent-Type: a/b; boundary=c\r\n\r\n" * count
    )


def _octet_strings(count: int) -> bytes:
    return _TEXT + fragments_files.CMS[0].removesuffix(b"\4\5a: b\n") + b"\4\1x" * count


def _properties(count: int) -> bytes:
    one = struct.pack("<HHII", 0x1E, 0x3707, 1, 4) + b"a.b\0"
    value = struct.pack("<I", count) + one * count
    attribute = b"\2" + struct.pack("<HHI", 0x9005, 6, len(value)) + value + b"\0\0"
    return b"Content-Type: application/ms-tnef\r\n\r\n" + fragments_files.TNEF[0] + attribute


# A message of each kind, larger with the number; and the number to begin with.
CONSTRUCTIONS: dict[str, tuple[Callable[[int], bytes], int]] = {
    "fields": (lambda count: b"A: b\r\n" * count + b"\r\nx", 1_000),
    "folded lines": (lambda count: b"A: b\r\n" + b" c\r\n" * count + b"\r\nx", 1_000),
    "lines that are no fields": (lambda count: (b"junk\r\nSubject: x\r\n" * count) + b"\r\nx", 500),
    "blank continuations": (lambda count: b"A: b\r\n" + b" \r\n" * count + b"\r\nx", 1_000),
    "types": (
        lambda count: (
            b"".join([b"Content-Type: a/b%d; boundary=c\r\n" % at for at in range(count)]) + b"\r\nx"
        ),
        300,
    ),
    "encodings": (
        lambda count: (
            b"".join([b"Content-Transfer-Encoding: x%d\r\n" % at for at in range(count)]) + b"\r\nx"
        ),
        300,
    ),
    "brackets": (
        lambda count: b"Content-Type: a/b" + b"(" * count + b";x=y" + b")" * count + b"\r\n\r\nx",
        200,
    ),
    "quotes": (lambda count: b"Content-Type: a/b" + b'; x="' * count + b"\r\n\r\nx", 400),
    "file names": (
        lambda count: (
            b"Content-Disposition: attachment"
            + b"".join([b"; filename*%d=x" % at for at in range(count)])
            + b"\r\n\r\nx"
        ),
        300,
    ),
    "encoded-words": (
        lambda count: b'Content-Type: a/b; name="' + b"=?utf-8?q?x?= " * count + b'"\r\n\r\nx',
        300,
    ),
    "delimiters": (lambda count: _MIXED + b"--foo\r\n" * count, 400),
    "delimiters behind bare CR": (lambda count: _MIXED + b"x\r--foo\r\r" * count, 400),
    "closes": (lambda count: _MIXED + b"--foo--\r\n" * count, 400),
    "near delimiters": (lambda count: _MIXED + b"--fo\r\n-" * count, 1_000),
    "long delimiters": (lambda count: _MIXED + b"--foo" + b"x" * count, 2_000),
    "nested multiparts": (_nested, 2_500),
    "ambiguous parts": (_ambiguous_parts, 60),
    "empty ambiguous parts": (_empty_ambiguous_parts, 60),
    "base64 padding": (lambda count: _BASE64 + b"QQ==" * count, 1_000),
    "base64 junk": (lambda count: _BASE64 + b"Q!Q?" * count, 1_000),
    "stray equals signs": (
        lambda count: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=x= \t" * count,
        1_000,
    ),
    "white space behind an equals sign": (
        lambda count: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + (b"=" + b" " * 998) * count,
        20,
    ),
    "uuencoded lines": (
        lambda count: b"Content-Transfer-Encoding: x-uuencode\r\n\r\n" + b"begin 644 a\n!\n" * count,
        500,
    ),
    "begin lines": (lambda count: _TEXT + b"begin 644 a\r\n" * count, 300),
    "uuencoded files": (lambda count: _TEXT + b"begin 644 a.b\n#0V%T\n`\nend\n" * count, 150),
    "yEnc lines": (lambda count: _TEXT + b"=ybegin line=1 size=1 name=a\r\nx\r\n" * count, 150),
    "BinHex lines": (lambda count: _TEXT + b"(This file must be converted with BinHex 4.0)\r\n" * count, 150),
    "pieces of an octet string": (_octet_strings, 500),
    "MAPI properties": (_properties, 200),
    "TNEF attributes": (
        lambda count: (
            b"Content-Type: application/ms-tnef\r\n\r\n"
            + fragments_files.TNEF[0]
            + fragments_files.TNEF[4] * count
        ),
        150,
    ),
    "parts in a preamble": (lambda count: _MIXED + (b"--bar\r\n" + _TEXT + b"x\r\n") * count, 150),
    "headers that go on": (lambda count: b"Content-Type: text/html\r\n\r\n" * count + b"x", 60),
    "data: URIs": (lambda count: _HTML + b"<a href='data:,x' download=\"a" * count, 300),
    "bare CR": (lambda count: b"Subject: x\r\n\r\n" + b"a\rb" * count, 2_000),
}


def nested_in_base64(depth: int) -> bytes:
    """Messages within messages, each encoded, each with more than one reading."""
    made = b"Subject: x\rb\r\n\r\nHello\r\n"
    for _ in range(depth):
        head = b"Subject: a\rb\r\nContent-Type: message/rfc822; name=a.eml\r\n"
        made = head + _BASE64 + base64.encodebytes(made)
    return made
