"""Class D: quoted-printable that decoders read differently. The payload has a harmless name, or is said to be text."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.evasion.build import (
    CRLF,
    EICAR,
    FILE,
    HARMLESS,
    MIME,
    MIXED,
    PLAIN,
    QP,
    TEXT,
    attached,
    bodies,
    cte,
    leaves,
    lines,
    message,
    quoted,
)
from tests.support.evasion.recipe import Made, Target, recipe

ESCAPES = [b"=%02X" % octet for octet in EICAR]
FLAT = b"".join(ESCAPES)


@recipe("D089", "a soft line break after every octet", Target.EICAR)
def soft_breaks() -> Iterator[Made]:
    singles = [EICAR[at : at + 1] for at in range(len(EICAR))]
    table = {
        "escaped": b"=\r\n".join(ESCAPES) + CRLF,
        "escaped, small letters": b"=\r\n".join(ESCAPES).lower() + CRLF,
        "plain": b"=\r\n".join([b"=3D" if one == b"=" else one for one in singles]) + CRLF,
        "two after each": b"=\r\n=\r\n".join(ESCAPES) + CRLF,
        "one in the middle": EICAR[:30] + b"=\r\n" + EICAR[30:] + CRLF,
        "every other escaped": b"=\r\n".join(
            [e if n % 2 else s for n, (e, s) in enumerate(zip(ESCAPES, singles, strict=True))]
        )
        + CRLF,
        "nothing escaped but one": EICAR[:5] + ESCAPES[5] + EICAR[6:] + CRLF,
        "mixed case": FLAT.replace(b"=5A", b"=5a").replace(b"=4F", b"=4f") + CRLF,
    }
    yield from bodies(table, QP)


@recipe("D090", "white space behind a soft line break", Target.EICAR)
def soft_space() -> Iterator[Made]:
    gaps = {
        "space": b" ",
        "tab": b"\t",
        "spaces": b" " * 80,
        "tab and space": b"\t \t",
        "vertical tab": b"\v",
    }
    table = {name: (b"=" + gap + CRLF).join(ESCAPES) + CRLF for name, gap in gaps.items()}
    table["bare CR"] = b"=\r".join(ESCAPES) + CRLF
    table["bare LF"] = b"=\n".join(ESCAPES) + CRLF
    table["CR CR LF"] = b"=\r\r\n".join(ESCAPES) + CRLF
    table["NUL"] = b"=\0\r\n".join(ESCAPES) + CRLF
    table["empty line behind"] = EICAR[:30] + b"=\r\n=\r\n" + EICAR[30:] + CRLF
    yield from bodies(table, QP)


@recipe("D091", "escapes that are none", Target.EICAR)
def illegal() -> Iterator[Made]:
    start, rest = EICAR[:1], EICAR[1:]
    table = {
        "two equals signs": b"=\r\n".join([b"=" + escape for escape in ESCAPES]) + CRLF,
        "equals sign dropped": b"=".join([start, rest]) + CRLF,
        "equals signs before letters": EICAR.replace(b"STANDARD", b"=STANDARD") + CRLF,
        "no hexadecimal": EICAR[:30] + b"=ZZ" + EICAR[30:] + CRLF,
        "one digit": FLAT[:60] + b"=5" + FLAT[60:] + CRLF,
        "zero between": FLAT[:3] + b"=0" + FLAT[3:] + CRLF,
        "space between": b"= " + FLAT + CRLF,
        "small letters": FLAT.lower() + CRLF,
        "8-bit octets": b"\xff=\xff" + FLAT + CRLF,
        "underscore": FLAT + b"_=\r\n",
    }
    yield from bodies(table, QP)


@recipe("D093", "an escape over two lines", Target.EICAR)
def split_escape() -> Iterator[Made]:
    table = {
        "second digit behind a line end": b"=5\r\n8" + FLAT[3:] + CRLF,
        "line end first": b"=\r\n" + FLAT + CRLF,
        "soft line break within": b"=5=\r\n8" + FLAT[3:] + CRLF,
        "soft line break within, all": b"".join([e[:2] + b"=\r\n" + e[2:] for e in ESCAPES]) + CRLF,
        "soft line break before the digits": b"==\r\n58" + FLAT[3:] + CRLF,
        "line end within, all": b"".join([e[:2] + CRLF + e[2:] for e in ESCAPES]) + CRLF,
        "bare LF within": b"=5\n8" + FLAT[3:] + CRLF,
        "space and line end within": b"=5 \r\n8" + FLAT[3:] + CRLF,
        "last one unfinished": FLAT + b"=4",
    }
    yield from bodies(table, QP)


@recipe("D094", "a very long line", Target.EICAR)
def long_line() -> Iterator[Made]:
    text = HARMLESS.rstrip() + b" "
    table = {
        "5,000 characters": text * 90 + FLAT + CRLF,
        "payload first": FLAT + text * 90 + CRLF,
        "escapes only": FLAT * 30 + CRLF,
        "70,000 characters": text * 1_500 + FLAT + CRLF,
        "spaces before": b" " * 5_000 + FLAT + CRLF,
        "spaces behind": FLAT + b" " * 5_000 + CRLF,
        "soft breaks of nothing": b"=\r\n" * 5_000 + FLAT + CRLF,
    }
    yield from bodies(table, QP)


@recipe("D095", "an equals sign at the very end", Target.EICAR, may_miss=["none"])
def trailing_equals() -> Iterator[Made]:
    yield from bodies(
        {
            "before the delimiter": FLAT + b"=\r\n",
            "before the delimiter's line end": FLAT + b"=\r\n\r\n",
            "space behind it": FLAT + b"= \r\n",
            "bare CR": FLAT + b"=\r\r\n",
            "two": FLAT + b"==\r\n",
        },
        QP,
    )
    yield (
        "no delimiter behind",
        message([MIME, MIXED], b"--foo\r\n" + TEXT + b"--foo\r\n" + lines(*FILE, QP, b"") + FLAT + b"="),
    )
    yield (
        "delimiter joined on",
        message(
            [MIME, MIXED],
            b"--foo\r\n"
            + lines(PLAIN, QP, b"")
            + b"Minutes=\r\n--foo\r\n"
            + lines(*FILE, QP, b"")
            + quoted(EICAR)
            + b"--foo--\r\n",
        ),
    )
    yield from leaves(
        {
            "cut name": cte(b"quoted-printabl"),
            "other name": cte(b"quotedprintable"),
            "x-": cte(b"x-quoted-printable"),
            "qp": cte(b"qp"),
            "quoted": cte(b'"quoted-printable"'),
            "twice, empty": cte(b"quoted-printable", b""),
            "twice, base64": cte(b"base64", b"quoted-printable"),
            "comment": cte(b"quoted-printable (x)"),
            "none": [],
        },
        b"=\r\n".join(ESCAPES) + CRLF,
    )
    yield (
        "in a message",
        attached([b"Content-Type: message/rfc822", QP], quoted(attached([*FILE, QP], FLAT + CRLF))),
    )
