"""Class A: header fields that can be read in two ways: their lines, their number and size, the types they name. The
payload is base64 throughout, its name harmless."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
    CRLF,
    EICAR,
    FILE,
    MIME,
    MIXED,
    OCTETS,
    PART,
    PAYLOAD,
    PLAIN,
    QP,
    TEXT,
    attached,
    b64,
    cte,
    entity,
    envelope,
    leaves,
    lines,
    message,
    mixed,
    parts,
    quoted,
    with_lf,
)
from tests.support.evasion.class_a import BODY, SEVEN, tops
from tests.support.evasion.recipe import Made, Target, recipe


@recipe("A021", "lines that end with LF alone", Target.EICAR)
def bare_lf() -> Iterator[Made]:
    fields = [*FILE, BASE64]
    yield "header of the part", mixed(with_lf(entity(fields, b"")) + PAYLOAD)
    yield "fields, but not the empty line", mixed(b"\n".join(fields) + CRLF + CRLF + PAYLOAD)
    yield "only the empty line", mixed(CRLF.join(fields) + b"\r\n\n" + PAYLOAD)
    yield "header of the message", with_lf(message([MIME, MIXED], b"")) + BODY
    yield "body of the message", message([MIME, MIXED], b"") + with_lf(BODY)
    yield "body of the part", mixed(entity(fields, with_lf(PAYLOAD)))
    yield (
        "before the delimiter",
        mixed().replace(b".\r\n--foo", b".\n--foo").replace(b"--foo--", b"--foo") + PART,
    )
    yield "every other line", _every_other_lf(mixed(PART))
    yield "before the encoding", mixed(OCTETS + CRLF + b"X-Note: x\n" + BASE64 + CRLF + CRLF + PAYLOAD)
    yield "everything", with_lf(mixed(PART))


def _every_other_lf(octets: bytes) -> bytes:
    found = octets.split(CRLF)
    return b"".join([line + (b"\n" if number % 2 else CRLF) for number, line in enumerate(found[:-1])])


@recipe("A022", "lines that end with CR CR LF and the like", Target.EICAR)
def odd_endings() -> Iterator[Made]:
    fields = [*FILE, BASE64]
    for name, ending in {
        "CR CR LF": b"\r\r\n",
        "LF CR": b"\n\r",
        "CR LF CR": b"\r\n\r",
        "CR": b"\r",
        "CR LF CR CR": b"\r\n\r\r",
        "vertical tab": b"\v",
        "form feed": b"\f",
        "NEL": b"\xc2\x85",
        "line separator": b"\xe2\x80\xa8",
    }.items():
        yield f"{name} in the part", mixed(ending.join([*fields, b""]) + CRLF + PAYLOAD)
        yield f"{name} behind one field", mixed(OCTETS + ending + BASE64 + CRLF + CRLF + PAYLOAD)
    for name, ending in {"CR CR LF": b"\r\r\n", "LF CR": b"\n\r", "CR": b"\r"}.items():
        yield f"{name} in the message", ending.join([*envelope(), MIME, MIXED, b""]) + CRLF + BODY
        yield (
            f"{name} before the type",
            ending.join([*envelope(), MIME, b"X-Note: x", MIXED]) + CRLF + CRLF + BODY,
        )
        yield f"{name} everywhere", mixed(PART).replace(CRLF, ending)


@recipe("A023", "a line that is no field, within the header", Target.EICAR)
def junk_line() -> Iterator[Made]:
    yield from leaves(
        {
            "letters": [b"XXXXXXXX", BASE64],
            "controls": [b"\x01\x02", BASE64],
            "8-bit": [b"\xff\xfe\xfd", BASE64],
            "a space": [b" ", BASE64],
            "a tab": [b"\t", BASE64],
            "a dot": [b".", BASE64],
            "a hyphen": [b"-", BASE64],
            "two hyphens": [b"--", BASE64],
            "a boundary of nobody": [b"--bar", BASE64],
            "From": [b"From ann Mon Jan  1 09:00:00 2024", BASE64],
            "words": [b"this is not a field at all", BASE64],
            "only a colon": [b":", BASE64],
            "NUL": [b"\0", BASE64],
            "vertical tab": [b"\v", BASE64],
            "a CR": [b"\r", BASE64],
            "behind": [BASE64, b"XXXXXXXX"],
            "ten of them": [*[b"XXXXXXXX"] * 10, BASE64],
        }
    )
    yield "first in the part", attached([b"XXXXXXXX", *FILE, BASE64], PAYLOAD)
    yield "space first in the part", attached([b" ", BASE64, OCTETS], PAYLOAD)
    yield "continuation first in the part", attached([b" X-Note: x", BASE64, OCTETS], PAYLOAD)
    yield from tops(
        {"in the message": [MIME, b"XXXXXXXX", MIXED], "controls in the message": [b"\x01\x02", MIME, MIXED]}
    )


@recipe("A025", "no MIME-Version, or an odd one", Target.EICAR)
def mime_version() -> Iterator[Made]:
    yield from tops(
        {
            "none": [MIXED],
            "with a comment": [b"MIME-Version: 1.0 (x)", MIXED],
            "2.0": [b"MIME-Version: 2.0", MIXED],
            "twice": [MIME, MIME, MIXED],
            "twice, different": [MIME, b"MIME-Version: 2.0", MIXED],
            "empty": [b"MIME-Version:", MIXED],
            "comment first": [b"MIME-Version: (a) 1 . 0", MIXED],
            "behind the type": [MIXED, MIME],
            "space before the colon": [b"MIME-Version : 1.0", MIXED],
            "no": [b"MIME-Version: no", MIXED],
        }
    )
    yield "none, alone", message([OCTETS, BASE64], PAYLOAD)
    yield "none, alone as text", message([PLAIN, BASE64], PAYLOAD)
    yield "none, encoding only", message([BASE64], PAYLOAD)


@recipe("A026", "a field that is too large", Target.EICAR)
def huge_field() -> Iterator[Made]:
    yield "before the type", message([MIME, b"X-Pad: " + b"x" * (2 << 20), MIXED], BODY)
    yield "folded", message([MIME, b"X-Pad: " + (b"x" * 70 + b"\r\n ") * 20_000 + b"x", MIXED], BODY)
    yield "in the part", attached([*FILE, b"X-Pad: " + b"x" * (3 << 19), BASE64], PAYLOAD)
    yield "in the part, as text", attached([PLAIN, b"X-Pad: " + b"x" * (3 << 19), BASE64], PAYLOAD)
    yield "in the type", message([MIME, MIXED + b"; x=" + b"x" * 300_000 + b"; y=z"], BODY)
    yield (
        "in the type, before the boundary",
        message([MIME, b"Content-Type: multipart/mixed; x=" + b"x" * 300_000 + b"; boundary=foo"], BODY),
    )


@recipe("A027", "a great number of fields", Target.EICAR)
def many_fields() -> Iterator[Made]:
    pads = [b"X-%d: v" % number for number in range(20_000)]
    yield "before the type", message([MIME, *pads, MIXED], BODY)
    yield "in the part", attached([*FILE, *pads, BASE64], PAYLOAD)
    yield "in the part, as text", attached([PLAIN, *pads, BASE64], PAYLOAD)
    yield "of one name", attached([*FILE, *[SEVEN] * 6_000, BASE64], PAYLOAD)
    yield "types", message([MIME, *[PLAIN] * 6_000, MIXED], BODY)
    yield "4,000 before the type", message([MIME, *pads[:4_000], MIXED], BODY)


@recipe("A029", "nearly multipart", Target.EICAR)
def nearly_multipart() -> Iterator[Made]:
    values = [
        *(b"multiparts/mixed", b"x-multipart/mixed", b"ultipart/mixed", b"multipart", b"multipart/"),
        *(
            rb"multi\part/mixed",
            b"mULtiPart/MIXED",
            b"multipart /mixed",
            b"multipart/ mixed",
            b"multipart//mixed",
        ),
        *(
            b"multipart-mixed",
            b'"multipart/mixed"',
            b"multipart/mixed/x",
            b"multi part/mixed",
            b"/mixed",
            b"mixed",
        ),
        *(
            b"multipart\\mixed",
            b"multipart/mixed,text/plain",
            b"multipart/mixed text/plain",
            b"",
            b"text/mixed",
        ),
        *(
            b"application/mixed",
            b"message/mixed",
            b"\xefmultipart/mixed",
            b"multipart/mixed:",
            b"'multipart/mixed'",
        ),
        *(b"multipart;", b"; multipart/mixed", b"text/plain; multipart/mixed"),
    ]
    yield from tops(
        {
            ascii(value)[2:-1] or "nothing": [MIME, b"Content-Type: " + value + b"; boundary=foo"]
            for value in values
        }
    )


@recipe("A030", "a file that is said to have parts", Target.EICAR)
def file_as_multipart() -> Iterator[Made]:
    for value in (
        *(b"multipart/mixed; boundary=bar", b"multipart/mixed", b"multipart/related; boundary=bar"),
        *(
            b"multipart/alternative; boundary=bar",
            b"message/rfc822",
            b"message/delivery-status",
            b"message/partial",
        ),
        *(
            b"message/global",
            b"multipart/x-file; boundary=bar",
            b"multipart/mixed; boundary=foo",
            b"message/x-file",
        ),
        *(b"multipart/appledouble; boundary=bar", b"multipart/digest; boundary=bar", b"text/rfc822-headers"),
    ):
        yield value.decode(), attached([b"Content-Type: " + value, ATTACHED, BASE64], PAYLOAD)
    yield "text with a boundary", attached([PLAIN + b"; boundary=bar", BASE64], PAYLOAD)
    yield "alone", message([MIME, b"Content-Type: multipart/mixed; boundary=bar", BASE64], PAYLOAD)
    yield "alone, a message", message([MIME, b"Content-Type: message/rfc822", BASE64], PAYLOAD)
    yield "quoted-printable", attached([b"Content-Type: multipart/mixed; boundary=bar", QP], quoted(EICAR))


@recipe("A031", "a multipart with a transfer encoding", Target.EICAR)
def encoded_multipart() -> Iterator[Made]:
    yield "base64", message([MIME, MIXED, BASE64], b64(BODY))
    yield "base64, LF within", message([MIME, MIXED, BASE64], b64(with_lf(BODY)))
    yield "base64, LF", with_lf(message([MIME, MIXED, BASE64], b64(BODY)))
    yield "quoted-printable", message([MIME, MIXED, QP], quoted(BODY))
    yield "x-uuencode declared, base64 used", message([MIME, MIXED, *cte(b"x-uuencode")], b64(BODY))
    yield "declared only", message([MIME, MIXED, BASE64], BODY)
    yield "quoted-printable declared only", message([MIME, MIXED, QP], BODY.replace(b"=", b"=3D"))
    inner = parts(TEXT, PART, delimiter=b"--bar")
    kind = b"Content-Type: multipart/mixed; boundary=bar"
    yield "inner, base64", attached([kind, BASE64], b64(inner))
    yield "inner, quoted-printable", attached([kind, QP], quoted(inner))
    yield "inner, declared only", attached([kind, BASE64], inner)
    yield "inner, base64 twice", attached([kind, BASE64, BASE64], b64(inner))
    twice = b64(parts(TEXT, entity([kind, BASE64], b64(inner))))
    yield "outer and inner", message([MIME, MIXED, BASE64], twice)
    yield "base64 with a harmless copy before", message([MIME, MIXED, BASE64], parts(TEXT) + b64(BODY))


@recipe("A033", "no Content-Disposition", Target.EICAR)
def no_disposition() -> Iterator[Made]:
    yield from leaves({"no name": [BASE64]})
    for name, fields in {
        "name in the type": [OCTETS + b"; name=agenda.dat"],
        "nothing": [OCTETS],
        "no type either": [],
        "description only": [b"Content-Description: agenda"],
        "disposition without name": [OCTETS, b"Content-Disposition: attachment"],
        "empty disposition": [OCTETS, b"Content-Disposition:"],
        "inline picture": [b"Content-Type: image/png", b"Content-ID: <a@b>", b"Content-Disposition: inline"],
        "location only": [OCTETS, b"Content-Location: agenda.dat"],
    }.items():
        yield name, attached([*fields, BASE64], PAYLOAD)
    yield "only part", message([MIME, MIXED], parts(entity([BASE64], PAYLOAD)))


@recipe("A034", "octets in field names that may not stand there", Target.EICAR)
def name_junk() -> Iterator[Made]:
    name, value = b"Content-Transfer-Encoding", b": base64"
    yield from leaves(
        {
            "field before": [b"X\x01\x02\x03\xff: \x01", BASE64],
            "field behind": [BASE64, b"X\x01\x02\x03\xff: \x01"],
            "before the name": [b"\xff" + name + value],
            "behind the name": [name + b"\xff" + value],
            "control behind the name": [name + b"\x01" + value],
            "control before the name": [b"\x02" + name + value],
            "within the name": [b"Content\x03-Transfer-Encoding" + value],
            "zero width space": [b"Content-Transfer-\xe2\x80\x8bEncoding" + value],
            "byte order mark": [b"\xef\xbb\xbf" + name + value],
            "underscores": [b"Content_Transfer_Encoding" + value],
            "quoted": [b'"Content-Transfer-Encoding"' + value],
        }
    )
    yield "first in the part", mixed(lines(b"X-\xff\xfe: \x01\x02", *FILE, BASE64) + CRLF + PAYLOAD)
    yield from tops(
        {"in the message": [MIME, b"\xff\x01: x", MIXED], "before the type": [MIME, b"\x01" + MIXED]}
    )
