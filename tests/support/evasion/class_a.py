"""Class A: header fields that can be read in two ways: repeated, misspelt, folded. The payload is base64 throughout,
its name harmless."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
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
    cte,
    leaves,
    message,
    mixed,
    nested,
    parts,
    quoted,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

BODY = parts(TEXT, PART)
SEVEN = b"Content-Transfer-Encoding: 7bit"


def tops(table: dict[str, list[bytes]]) -> Iterator[Made]:
    """A message for each entry: the fields of the top header over an honest multipart body."""
    for number, (name, fields) in enumerate(table.items()):
        made = message(fields, BODY)
        yield name, made
        if not number:
            yield f"{name}, nested", nested(made)
            yield f"{name}, LF", with_lf(made)


@recipe("A001", "two transfer encodings, the right one first", Target.EICAR)
def right_first() -> Iterator[Made]:
    others = (b"quoted-printable", b"7bit", b"8bit", b"binary", b"x-uuencode")
    yield from leaves({f"then {other.decode()}": cte(b"base64", other) for other in others})
    yield "first of three", attached([*FILE, *cte(b"base64", b"7bit", b"quoted-printable")], PAYLOAD)
    yield "with fields between", attached([BASE64, OCTETS, ATTACHED, QP], PAYLOAD)
    yield "other case", attached([*FILE, b"CONTENT-TRANSFER-ENCODING: BASE64", SEVEN], PAYLOAD)
    yield "quoted-printable first", attached([*FILE, *cte(b"quoted-printable", b"base64")], quoted(EICAR))


@recipe("A002", "two transfer encodings, the right one last", Target.EICAR)
def right_last() -> Iterator[Made]:
    others = (b"quoted-printable", b"7bit", b"8bit", b"binary", b"x-uuencode")
    yield from leaves({f"after {other.decode()}": cte(other, b"base64") for other in others})
    yield "last of three", attached([*FILE, *cte(b"7bit", b"quoted-printable", b"base64")], PAYLOAD)
    yield "middle of three", attached([*FILE, *cte(b"7bit", b"base64", b"8bit")], PAYLOAD)
    yield "other case", attached([*FILE, SEVEN, b"content-transfer-encoding: base64"], PAYLOAD)
    yield "quoted-printable last", attached([*FILE, *cte(b"base64", b"quoted-printable")], quoted(EICAR))


@recipe("A003", "an unknown or empty transfer encoding beside the right one", Target.EICAR)
def unknown_beside() -> Iterator[Made]:
    yield from leaves(
        {
            "unknown first": cte(b"xxxxxxx", b"base64"),
            "unknown last": cte(b"base64", b"xxxxxxx"),
            "empty first": cte(b"", b"base64"),
            "empty last": cte(b"base64", b""),
            "blank first": cte(b"  \t", b"base64"),
            "comment first": cte(b"(7bit)", b"base64"),
            "unknown on both sides": cte(b"xxxxxxx", b"base64", b"yyyyyyy"),
            "semicolon first": cte(b";", b"base64"),
        }
    )


@recipe("A005", "a part that is said to be a file and to have parts", Target.EICAR)
def leaf_or_multipart() -> Iterator[Made]:
    inner = b"Content-Type: multipart/mixed; boundary=bar"
    yield from leaves({"multipart added": [inner, BASE64]})
    yield "multipart first", attached([inner, *FILE, BASE64], PAYLOAD)
    yield "multipart, then text", attached([inner, PLAIN, BASE64], PAYLOAD)
    yield "message, then file", attached([b"Content-Type: message/rfc822", *FILE, BASE64], PAYLOAD)
    yield "file, then message", attached([*FILE, b"Content-Type: message/rfc822", BASE64], PAYLOAD)
    whole = parts(TEXT, PART, delimiter=b"--bar")
    yield "really parts, file first", attached([OCTETS, inner], whole)
    yield "really parts, file last", attached([inner, OCTETS], whole)
    yield "really parts, text first", attached([PLAIN, inner], whole)
    yield "really parts, text last", attached([inner, PLAIN], whole)
    yield "really a message", attached([PLAIN, b"Content-Type: message/rfc822"], mixed(PART))


@recipe("A006", "two Content-Type fields on the message", Target.EICAR)
def two_types() -> Iterator[Made]:
    html = b"Content-Type: text/html; charset=utf-8"
    yield from tops(
        {
            "text first": [MIME, PLAIN, MIXED],
            "text last": [MIME, MIXED, PLAIN],
            "HTML first": [MIME, html, MIXED],
            "HTML last": [MIME, MIXED, html],
            "picture first": [MIME, b"Content-Type: image/png", MIXED],
            "between two texts": [MIME, PLAIN, MIXED, html],
            "empty first": [MIME, b"Content-Type:", MIXED],
            "empty last": [MIME, MIXED, b"Content-Type:"],
            "other boundary first": [MIME, b"Content-Type: multipart/mixed; boundary=bar", MIXED],
            "other boundary last": [MIME, MIXED, b"Content-Type: multipart/mixed; boundary=bar"],
            "other case": [MIME, b"Content-type: text/plain", b"CONTENT-TYPE: Multipart/Mixed; Boundary=foo"],
            "message first": [MIME, b"Content-Type: message/rfc822", MIXED],
            "far apart": [PLAIN, *[b"X-Pad: %d" % number for number in range(100)], MIME, MIXED],
        }
    )


@recipe("A007", "something between field name and colon", Target.EICAR)
def before_colon() -> Iterator[Made]:
    gaps = {
        "space": b" ",
        "tab": b"\t",
        "three spaces": b"   ",
        "NUL": b"\0",
        "vertical tab": b"\v",
        "form feed": b"\f",
        "bare CR": b"\r",
        "folded": b"\r\n ",
        "no-break space": b"\xc2\xa0",
        "comment": b" (x)",
    }
    name, value = b"Content-Transfer-Encoding", b": base64"
    yield from leaves({what: [name + gap + value] for what, gap in gaps.items()})
    yield from tops(
        {f"type, {what}": [MIME, MIXED.replace(b":", gap + b":", 1)] for what, gap in gaps.items()}
    )


@recipe("A009", "NUL within a field", Target.EICAR)
def nul() -> Iterator[Made]:
    yield from leaves(
        {
            "behind the name": [b"Content-Transfer-Encoding\0: base64"],
            "within the name": [b"Content-Transfer\0-Encoding: base64"],
            "before the name": [b"\0Content-Transfer-Encoding: base64"],
            "before the value": [b"Content-Transfer-Encoding: \0base64"],
            "within the value": [b"Content-Transfer-Encoding: base\00064"],
            "within the value, and a space": [b"Content-Transfer-Encoding: base\0 64"],
            "behind the value": [b"Content-Transfer-Encoding: base64\0"],
            "behind the value, and more": [b"Content-Transfer-Encoding: base64\0quoted-printable"],
            "in a field before": [b"X-Note: a\0b", BASE64],
        }
    )
    yield from tops(
        {
            "in the type": [MIME, b"Content-Type: multi\0part/mixed; boundary=foo"],
            "behind the type": [MIME, b"Content-Type: multipart/mixed\0; boundary=foo"],
            "in the parameter's name": [MIME, b"Content-Type: multipart/mixed; bound\0ary=foo"],
        }
    )


@recipe("A010", "no colon", Target.EICAR)
def no_colon() -> Iterator[Made]:
    name = b"Content-Transfer-Encoding"
    yield from leaves(
        {
            "space": [name + b" base64"],
            "tab": [name + b"\tbase64"],
            "folded": [name + b"\r\n base64"],
        }
    )
    yield from tops({"type": [MIME, MIXED.replace(b":", b"", 1)]})


@recipe("A011", "more than one colon", Target.EICAR)
def two_colons() -> Iterator[Made]:
    name = b"Content-Transfer-Encoding"
    yield from leaves(
        {
            "double": [name + b":: base64"],
            "with a space": [name + b": : base64"],
            "triple": [name + b"::: base64"],
            "name twice": [name + b":" + name + b":base64"],
            "behind the value": [name + b": base64:"],
        }
    )
    yield from tops(
        {
            "type": [MIME, MIXED.replace(b":", b"::", 1)],
            "type, name twice": [MIME, b"Content-Type: " + MIXED],
            "other name before": [MIME, b"X-Type:" + MIXED, MIXED.replace(b":", b": :", 1)],
        }
    )


@recipe("A013", "nearly base64", Target.EICAR)
def nearly() -> Iterator[Made]:
    values = [
        *(b"x-base64", b"base64x", b'"base64"', b"'base64'", rb"base\64", b"base645", b"b64", b"base64;"),
        *(b"base64, quoted-printable", b"quoted-printable, base64", b"base64; x=y", b"base-64", b"base 64"),
        *(b"<base64>", b"base64.", b"=base64", b"base64/7bit", b"7bit base64", b"base64 7bit", b"base64\v"),
        *(
            b"(x)base64",
            b"base64(x)",
            b"bas(x)e64",
            b"( base64 ) base64",
            b"bAsE64",
            b"base64\xa0",
            b"ba\xadse64",
        ),
        *(b"base", b"x-b64", "b\u0430se64".encode(), b'"base"64'),
    ]
    yield from leaves({ascii(value)[2:-1]: cte(value) for value in values})


@recipe("A014", "an encoded-word as transfer encoding", Target.EICAR)
def encoded_encoding() -> Iterator[Made]:
    yield from leaves(
        {
            "B": cte(b"=?UTF-8?B?YmFzZTY0?="),
            "Q": cte(b"=?us-ascii?Q?base64?="),
            "Q, escaped": cte(b"=?us-ascii?q?=62=61se64?="),
            "two words": cte(b"=?utf-8?B?YmFz?= =?utf-8?B?ZTY0?="),
            "part of the value": cte(b"ba=?utf-8?Q?se64?="),
            "UTF-16": cte(b"=?utf-16be?B?" + base64.b64encode("base64".encode("utf-16-be")) + b"?="),
            "with a language": cte(b"=?utf-8*en?Q?base64?="),
            "quoted": cte(b'"=?utf-8?Q?base64?="'),
        }
    )


@recipe("A015", "an encoded-word as type", Target.EICAR)
def encoded_type() -> Iterator[Made]:
    head = b"Content-Type: "
    yield from tops(
        {
            "main type": [MIME, head + b"=?UTF-8?B?bXVsdGlwYXJ0?=/mixed; boundary=foo"],
            "main type, Q": [MIME, head + b"=?utf-8?Q?multipart?=/mixed; boundary=foo"],
            "type": [MIME, head + b"=?utf-8?Q?multipart/mixed?=; boundary=foo"],
            "subtype": [MIME, head + b"multipart/=?utf-8?Q?mixed?=; boundary=foo"],
            "whole value": [MIME, head + b"=?utf-8?Q?multipart/mixed;_boundary=3Dfoo?="],
            "parameter": [MIME, head + b"multipart/mixed; =?utf-8?Q?boundary=3Dfoo?="],
            "parameter's name": [MIME, head + b"multipart/mixed; =?utf-8?Q?boundary?==foo"],
        }
    )


@recipe("A017", "comments in the type", Target.EICAR)
def comments() -> Iterator[Made]:
    values = {
        "before": b"() multipart/mixed; boundary=foo",
        "within": b"multipar()t/mixed; boundary=foo",
        "behind": b"multipart/mixed(); boundary=foo",
        "before the slash": b"multipart(x)/mixed; boundary=foo",
        "behind the slash": b"multipart/(text/plain)mixed; boundary=foo",
        "nested": b"(a (b) c) multipart/mixed; boundary=foo",
        "escaped": rb"(\)) multipart/mixed; boundary=foo",
        "never closed": b"multipart/mixed; boundary=foo (",
        "never opened": b"multipart/mixed ); boundary=foo",
        "with another type": b"(text/plain;) multipart/mixed; boundary=foo",
        "other boundary within": b"multipart/mixed; (boundary=bar) boundary=foo",
        "brackets quoted within": b'("("))multipart/mixed; boundary=foo',
        "folded": b"multipart/mixed (\r\n ); boundary=foo",
    }
    yield from tops({name: [MIME, b"Content-Type: " + value] for name, value in values.items()})


@recipe("A018", "a folded transfer encoding", Target.EICAR)
def folded() -> Iterator[Made]:
    name = b"Content-Transfer-Encoding:"
    yield from leaves(
        {
            "once": [name + b"\r\n base64"],
            "with a tab": [name + b"\r\n\tbase64"],
            "over a blank line": [name + b"\r\n \r\n base64"],
            "over a blank line with a tab": [name + b"\r\n\t\r\n\tbase64"],
            "within the value": [name + b" bas\r\n e64"],
            "within the value, tab": [name + b" base\r\n\t64"],
            "ten times": [name + b"\r\n " * 10 + b"base64"],
            "vertical tab": [name + b"\r\n\vbase64"],
            "within the name": [b"Content-\r\n Transfer-Encoding: base64"],
            "behind the value": [name + b" base64\r\n "],
            "behind the value, 7bit": [name + b" base64\r\n 7bit"],
            "field in a fold": [b"X-Note: x\r\n " + BASE64],
            "behind a fold of nothing": [b"X-Note:\r\n \r\n" + BASE64],
        }
    )
    yield from tops({"type": [MIME, b"Content-Type:\r\n multipart/mixed;\r\n\tboundary\r\n =\r\n foo"]})
    yield from tops({"type in a fold": [MIME, b"X-Note-x\r\n " + MIXED]})


@recipe("A019", "much white space before the value", Target.EICAR)
def far_value() -> Iterator[Made]:
    name = b"Content-Transfer-Encoding:"
    yield from leaves(
        {
            "2,000 spaces": [name + b" " * 2_000 + b"base64"],
            "2,000 tabs": [name + b"\t" * 2_000 + b"base64"],
            "20,000 spaces": [name + b" " * 20_000 + b"base64"],
            "500 folds": [name + b"\r\n    " * 500 + b"base64"],
            "long comment": [name + b" (" + b"x" * 5_000 + b") base64"],
            "behind it": [name + b" base64" + b" " * 5_000 + b"7bit"],
        }
    )
    far = b"Content-Type: multipart/mixed;" + b" " * 20_000 + b"boundary=foo"
    pads = b"".join([b" x%d=y;" % number for number in range(3_000)])
    yield from tops(
        {
            "boundary": [MIME, far],
            "3,000 parameters": [MIME, b"Content-Type: multipart/mixed;" + pads + b" boundary=foo"],
        }
    )
