"""Class C: base64 that decoders read differently. The payload has a harmless name, or is said to be text."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
    CRLF,
    EICAR,
    FILE,
    HARMLESS,
    MIME,
    OCTETS,
    PAYLOAD,
    PLAIN,
    attached,
    b64,
    bodies,
    entity,
    everywhere,
    lines,
    message,
    mixed,
    nested,
    uuencoded,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

WHOLE = base64.b64encode(EICAR)
# In front, so that the encoded form has both characters in which the alphabets differ.
BOTH = base64.b64encode(b"\xfb\xef\xff\xfe " + EICAR)


def widths(*each: int, text: bytes = WHOLE, ending: bytes = CRLF) -> bytes:
    """`text` in lines whose lengths go round in `each`."""
    found, at, number = [], 0, 0
    while at < len(text):
        width = each[number % len(each)]
        found.append(text[at : at + width] + ending)
        at, number = at + width, number + 1
    return b"".join(found)


@recipe("C073", "characters that are not of the alphabet", Target.EICAR)
def junk() -> Iterator[Made]:
    each = {"hash": b"#", "colon": b":", "dot": b".", "per cent": b"%", "hyphen": b"-", "underscore": b"_"}
    more = {"space": b" ", "tab": b"\t", "tilde": b"~", "backslash": b"\\", "comma": b",", "DEL": b"\x7f"}
    table = {f"{name} after every one": widths(1, ending=junk) for name, junk in (each | more).items()}
    table = {name: body + CRLF for name, body in table.items()}
    table["hash after every fourth"] = widths(4, ending=b"#") + CRLF
    table["hash at the beginning"] = b"#" + PAYLOAD
    table["CR after every one"] = widths(1, ending=b"\r") + CRLF
    table["vertical tab after every line"] = PAYLOAD.replace(CRLF, b"\v\r\n")
    table["line of signs first"] = b"!!!! ???? ;;;;\r\n" + PAYLOAD
    table["comment in the middle"] = WHOLE[:20] + b"(#,;)" + WHOLE[20:] + CRLF
    table["entity"] = WHOLE[:20] + b"&#;" + WHOLE[20:] + CRLF
    yield from bodies(table, BASE64)


@recipe("C074", "padding in the middle", Target.EICAR)
def early_padding() -> Iterator[Made]:
    pieces = {count: b64(EICAR[:count]) + b64(EICAR[count:]) for count in (1, 2, 7, 8, 40, 67)}
    table = {f"after {count} octets": body for count, body in pieces.items()}
    table["on one line"] = b64(EICAR[:8]).rstrip() + b64(EICAR[8:])
    table["three pieces"] = b64(EICAR[:7]) + b64(EICAR[7:15]) + b64(EICAR[15:])
    table["empty line between"] = b64(EICAR[:8]) + CRLF + b64(EICAR[8:])
    table["harmless file first"] = b64(HARMLESS + b".") + PAYLOAD
    table["harmless file last"] = b64(EICAR[:67] + b"*") + b64(HARMLESS)
    yield from bodies(table, BASE64)


@recipe("C075", "each octet with its own padding", Target.EICAR)
def padded_octets() -> Iterator[Made]:
    ones = [base64.b64encode(EICAR[at : at + 1]) for at in range(len(EICAR))]
    twos = [base64.b64encode(EICAR[at : at + 2]) for at in range(0, len(EICAR), 2)]
    yield from bodies(
        {
            "on one line": b"".join(ones) + CRLF,
            "a line each": lines(*ones),
            "with spaces": b" ".join(ones) + CRLF,
            "pairs of octets": b"".join(twos) + CRLF,
            "pairs of octets, a line each": lines(*twos),
            "one padding character each": b"".join([one[:3] for one in ones]) + CRLF,
        },
        BASE64,
    )


@recipe("C077", "padding that belongs nowhere", Target.EICAR)
def extra_padding() -> Iterator[Made]:
    yield from bodies(
        {
            "four first": b"====\r\n" + PAYLOAD,
            "one first": b"=\r\n" + PAYLOAD,
            "one first, same line": b"=" + PAYLOAD,
            "at every line's beginning": lines(*[b"=" + line for line in widths(20).split()]),
            "at every line's end": lines(*[line + b"=" for line in widths(20).split()]),
            "two at every line's end": lines(*[line + b"==" for line in widths(20).split()]),
            "after every group": widths(4, ending=b"=") + CRLF,
            "within groups": re.sub(rb"(....)(..)(..)", rb"\1\2=\3", WHOLE) + CRLF,
            "behind the first character": WHOLE[:1] + b"=" + WHOLE[1:] + CRLF,
            "behind three characters": WHOLE[:3] + b"=" + WHOLE[3:] + CRLF,
            "a hundred": WHOLE[:40] + b"=" * 100 + WHOLE[40:] + CRLF,
            "a hundred at the end": WHOLE.rstrip(b"=") + b"=" * 100 + CRLF,
            "none at the end": WHOLE.rstrip(b"=") + CRLF,
            "one missing": base64.b64encode(EICAR + b"ab")[:-1] + CRLF,
        },
        BASE64,
    )


@recipe("C078", "lines of odd lengths", Target.EICAR)
def odd_lines() -> Iterator[Made]:
    table = {f"{width} a line": widths(width) for width in (1, 2, 3, 5, 6, 7, 75, 77)}
    for stray in (b"X", b"XX", b"XXX"):
        table[f"groups of four and {len(stray)} stray"] = widths(4, ending=stray + CRLF)
    table["growing"] = widths(4, 8, 16, 32)
    table["shrinking"] = widths(31, 17, 5, 3, 1)
    table["empty lines between"] = widths(4, ending=b"\r\n\r\n")
    table["blank lines between"] = widths(5, ending=b"\r\n \t\r\n")
    table["spaces before"] = b"".join([b"    " + line + CRLF for line in widths(12).split()])
    table["bare CR"] = widths(9, ending=b"\r") + CRLF
    table["no line end"] = WHOLE
    yield from bodies(table, BASE64)


@recipe("C079", "one line without an end", Target.EICAR)
def one_line() -> Iterator[Made]:
    padding = b"A harmless line of text, of which there are very many.\r\n"
    start = base64.b64encode(EICAR + b"\r\n" + padding * 14_000)
    end = base64.b64encode(padding * 14_000 + EICAR)
    yield "payload first", attached([*FILE, BASE64], start + CRLF)
    yield "payload last", attached([*FILE, BASE64], end + CRLF)
    yield "payload last, as text", attached([PLAIN, BASE64], end + CRLF)
    yield "nothing else", attached([*FILE, BASE64], WHOLE + CRLF)
    yield "9,000 characters", attached([*FILE, BASE64], base64.b64encode(padding * 120 + EICAR) + CRLF)


@recipe("C081", "characters before the payload", Target.EICAR)
def leading() -> Iterator[Made]:
    yield from bodies(
        {
            "one and an empty line": b"A\r\n\r\n" + PAYLOAD,
            "two and an empty line": b"AB\r\n\r\n" + PAYLOAD,
            "three and an empty line": b"ABC\r\n\r\n" + PAYLOAD,
            "one": b"A\r\n" + PAYLOAD,
            "three": b"ABC\r\n" + PAYLOAD,
            "three, padded": b"ABC=\r\n\r\n" + PAYLOAD,
            "two, padded": b"AB==\r\n" + PAYLOAD,
            "five": b"ABCDE\r\n\r\n" + PAYLOAD,
            "empty lines": CRLF * 20 + PAYLOAD,
            "words": b"the file\r\n\r\n" + PAYLOAD,
            "fields": b"Content-Description: x\r\n\r\n" + PAYLOAD,
            "begin-base64": b"begin-base64 644 agenda.dat\r\n" + PAYLOAD + b"====\r\n",
            "three, hash, words": WHOLE[:3] + b"#abcd0123\r\n" + WHOLE[3:] + CRLF,
        },
        BASE64,
    )


@recipe("C082", "a second file behind the padding", Target.EICAR)
def trailing() -> Iterator[Made]:
    other = b64(HARMLESS * 4)
    yield from bodies(
        {
            "harmless behind four": PAYLOAD + b"====\r\n" + other,
            "payload behind four": other + b"====\r\n" + PAYLOAD,
            "harmless behind one": PAYLOAD + b"=\r\n" + other,
            "payload behind one": other + b"=\r\n" + PAYLOAD,
            "payload behind a hyphen": other + b"-\r\n" + PAYLOAD,
            "payload behind a dot": other + b".\r\n" + PAYLOAD,
            "payload behind an empty line": b64(HARMLESS) + CRLF + PAYLOAD,
            "payload plain behind": other + CRLF + EICAR + CRLF,
            "payload plain before": EICAR + CRLF + CRLF + other,
            "payload with its own field": other + b"Content-Transfer-Encoding: base64\r\n\r\n" + PAYLOAD,
            "words behind": PAYLOAD + b"-- \r\nThis was sent by the newsletter of the school.\r\n",
        },
        BASE64,
    )


@recipe("C083", "the alphabet for addresses", Target.EICAR)
def url_safe() -> Iterator[Made]:
    swapped = BOTH.translate(bytes.maketrans(b"+/", b"-_"))
    assert swapped != BOTH
    assert b"-" in swapped
    assert b"_" in swapped
    yield from bodies(
        {
            "both": swapped + CRLF,
            "no padding": swapped.rstrip(b"=") + CRLF,
            "hyphen only": BOTH.translate(bytes.maketrans(b"+", b"-")) + CRLF,
            "underscore only": BOTH.translate(bytes.maketrans(b"/", b"_")) + CRLF,
            "mixed with the other": swapped[:8] + BOTH[8:] + base64.b64encode(b"\xfb\xef\xff") + CRLF,
            "signs dropped": PAYLOAD[:16] + b"-_-_" + PAYLOAD[16:],
            "comma for the slash": BOTH.translate(bytes.maketrans(b"/", b",")) + CRLF,
        },
        BASE64,
    )


@recipe("C085", "said to be base64, but plain", Target.EICAR)
def plain_after_all() -> Iterator[Made]:
    yield from everywhere("payload", [BASE64], EICAR + CRLF)
    yield "among text", attached([PLAIN, BASE64], HARMLESS + EICAR + CRLF + HARMLESS)
    yield (
        "quoted-printable",
        attached([*FILE, BASE64], b"=\r\n".join([b"=%02X" % octet for octet in EICAR]) + CRLF),
    )
    uu = lines(b"begin 644 agenda.dat", *uuencoded(EICAR), b"`", b"end")
    yield "uuencoded", attached([*FILE, BASE64], uu)
    yield "base64 in quoted-printable", attached([*FILE, BASE64], PAYLOAD.replace(b"V", b"=56"))
    yield "a message", attached([OCTETS, BASE64], attached([*FILE, BASE64], PAYLOAD))


@recipe("C086", "base64, but not said to be", Target.EICAR, may_miss=True)
def plain_declared() -> Iterator[Made]:
    yield from everywhere("no field", [], PAYLOAD)
    for value in (b"7bit", b"8bit", b"binary", b"quoted-printable"):
        yield value.decode(), attached([*FILE, b"Content-Transfer-Encoding: " + value], PAYLOAD)
    yield "in a line of text", attached([PLAIN], b"Save this as agenda: " + WHOLE + CRLF)
    yield (
        "data address",
        attached([b"Content-Type: text/html"], b'<a href="data:;base64,' + WHOLE + b'">x</a>\r\n'),
    )
    yield "no empty line", mixed(lines(OCTETS, ATTACHED, BASE64) + PAYLOAD)
    yield "no fields", message([MIME], PAYLOAD)


@recipe(
    "C087",
    "NUL and 8-bit octets within base64",
    Target.EICAR,
    may_miss=["high bit set", "high bit set, as text"],
)
def binary_junk() -> Iterator[Made]:
    table = {
        "NUL between groups": widths(4, ending=b"\0"),
        "NUL after every character": widths(1, ending=b"\0"),
        "8-bit between groups": widths(4, ending=b"\xff"),
        "8-bit after every character": widths(1, ending=b"\x80"),
        "zero width space": widths(4, ending=b"\xe2\x80\x8b"),
        "no-break space": widths(4, ending=b"\xa0"),
        "NUL first": b"\0" + WHOLE,
        "NUL in the padding": WHOLE.rstrip(b"=") + b"=\0=",
        "byte order mark": b"\xef\xbb\xbf" + WHOLE,
        "UTF-16": WHOLE.decode().encode("utf-16"),
        "end of file": WHOLE[:40] + b"\x1a" + WHOLE[40:],
        "high bit set": bytes([octet | 0x80 for octet in WHOLE]),
    }
    yield from bodies({name: body + CRLF for name, body in table.items()}, BASE64)
    yield "NUL, nested", nested(mixed(entity([PLAIN, BASE64], widths(4, ending=b"\0") + CRLF)))
    yield "NUL, LF", with_lf(mixed(entity([PLAIN, BASE64], widths(3, ending=b"\0\r\n"))))


WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
