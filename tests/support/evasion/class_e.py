"""Class E: file names, and how a header carries them. The content is harmless text; the name, as one of the readers
makes it out, is that of a program."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from tests.support.evasion.build import (
    BASE64,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    attached,
    b64,
    message,
    nested,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

FILE = b64(HARMLESS)
DISPOSITION = b"Content-Disposition: attachment"


def named(table: Mapping[str, bytes], *, types: bool = True) -> Iterator[Made]:
    """A message for each entry: parameters of a Content-Disposition. The first also as parameters of the type, with
    another extension, nested, as the only part and with LF."""
    for number, (name, parameters) in enumerate(table.items()):
        made = attached([OCTETS, DISPOSITION + parameters, BASE64], FILE)
        yield name, made
        if number:
            continue
        if types:
            in_type = parameters.replace(b"filename", b"name")
            yield f"{name}, in the type", attached([OCTETS + in_type, BASE64], FILE)
            yield f"{name}, in the type, attached", attached([OCTETS + in_type, DISPOSITION, BASE64], FILE)
        yield f"{name}, nested", nested(made)
        yield f"{name}, alone", message([MIME, OCTETS, DISPOSITION + parameters, BASE64], FILE)
        yield f"{name}, as text", attached([PLAIN, DISPOSITION + parameters], HARMLESS)
        yield f"{name}, LF", with_lf(made)


@recipe("E097", "a name in pieces", Target.EXT)
def pieces() -> Iterator[Made]:
    yield from named(
        {
            "three": b"; filename*0=invoi; filename*1=ce.e; filename*2=xe",
            "reversed": b"; filename*2=xe; filename*1=ce.e; filename*0=invoi",
            "gap": b"; filename*0=invoice.; filename*2=exe",
            "gap, then harmless": b"; filename*0=invoice.exe; filename*2=.png",
            "duplicate, first": b"; filename*0=invoice.exe; filename*0=picture.png",
            "duplicate, last": b"; filename*0=picture.png; filename*0=invoice.exe",
            "duplicate second": b"; filename*0=invoice.; filename*1=exe; filename*1=png",
            "duplicate second, last": b"; filename*0=invoice.; filename*1=png; filename*1=exe",
            "quoted": b'; filename*0="invoi"; filename*1="ce.exe"',
            "leading zeros": b"; filename*00=invoice; filename*01=.exe",
            "over lines": b";\r\n filename*0=invoice;\r\n filename*1=.exe",
            "from 1": b"; filename*1=invoice; filename*2=.exe",
            "other case": b"; FileName*0=invoice; FILENAME*1=.exe",
            "plain beside": b"; filename=picture.png; filename*0=invoice; filename*1=.exe",
            "plain behind": b"; filename*0=invoice; filename*1=.exe; filename=picture.png",
            "spaces": b"; filename *0 = invoice; filename* 1= .exe",
            "pieces of other fields": b"; filename*0=invoice; name*1=.png; filename*1=.exe",
        }
    )
    type_ = OCTETS + b"; name*0=invoice; name*1=.exe"
    yield (
        "only in the type, disposition harmless",
        attached([type_, DISPOSITION + b"; filename=a.png", BASE64], FILE),
    )


@recipe("E098", "pieces of a name in reverse", Target.EXT)
def reversed_pieces() -> Iterator[Made]:
    yield from named(
        {
            "two": b"; filename*1=ce.exe; filename*0=invoi",
            "two, escaped": b"; filename*1*=ce%2Eexe; filename*0*=us-ascii''invoi",
            "eleven": b"".join([b"; filename*%d=%c" % (n, b"invoic-.exe"[n]) for n in reversed(range(11))]),
            "no first": b"; filename*2=.exe; filename*1=invoice",
            "in the order of writing": b"; filename*1=invoice; filename*0=.exe",
        }
    )


@recipe("E099", "a name in per cent escapes", Target.EXT)
def escapes() -> Iterator[Made]:
    wide = "".join([f"%00%{ord(letter):02X}" for letter in "invoice.exe"]).encode()
    yield from named(
        {
            "UTF-8": b"; filename*=utf-8''invoice%2Ee%78e",
            "no charset": b"; filename*=''invoice%2Eexe",
            "no quotation marks": b"; filename*=invoice%2Eexe",
            "language": b"; filename*=utf-8'en-GB'invoice%2Eexe",
            "unknown charset": b"; filename*=x-unknown''invoice%2Eexe",
            "quoted": b"; filename*=\"utf-8''invoice%2Eexe\"",
            "UTF-16": b"; filename*=utf-16be''" + wide,
            "UTF-16, marked": b"; filename*=utf-16''%FE%FF" + wide,
            "escapes in a plain one": b"; filename=invoice%2Eexe",
            "escapes in a quoted one": b'; filename="invoice%2Ee%78%65"',
            "twice": b"; filename*=utf-8''invoice%252Eexe",
            "broken escapes": b"; filename*=utf-8''%zzinvoice%2Eexe",
            "UTF-7": b"; filename*=utf-7''invoice%2BAC4-exe",
            "EBCDIC": b"; filename*=cp037''"
            + "".join([f"%{o:02x}" for o in "invoice.exe".encode("cp037")]).encode(),
            "all": b"; filename*=us-ascii''" + b"".join([b"%%%02x" % octet for octet in b"malware.scr"]),
            "cut quotation mark": b"; filename*=utf-8'invoice%2Eexe",
        }
    )


@recipe("E101", "pieces, some of them escaped", Target.EXT)
def mixed_pieces() -> Iterator[Made]:
    yield from named(
        {
            "first": b"; filename*0*=utf-8''invoice%2E; filename*1=exe",
            "second": b"; filename*0=invoice; filename*1*=%2Eexe",
            "both": b"; filename*0*=utf-8''invoice%2E; filename*1*=%65xe",
            "reversed": b"; filename*1=exe; filename*0*=utf-8''invoice%2E",
            "charset on the second": b"; filename*0=invoice; filename*1*=utf-8''%2Eexe",
            "escape over two": b"; filename*0*=utf-8''invoice%2; filename*1*=Eexe",
            "letter over two": b"; filename*0*=utf-16be''%00a%00.%00e%00x%00; filename*1*=e",
            "beside a plain one": b"; filename=a.png; filename*0*=utf-8''invoice%2E; filename*1=exe",
            "three kinds": b"; filename*=utf-8''a.png; filename*0=a.; filename*1=exe; filename=b.png",
        }
    )


@recipe("E102", "a plain and an extended name", Target.EXT)
def plain_and_extended() -> Iterator[Made]:
    yield from named(
        {
            "extended is bad": b"; filename=a.png; filename*=utf-8''invoice.exe",
            "extended is bad, first": b"; filename*=utf-8''invoice.exe; filename=a.png",
            "plain is bad": b"; filename=invoice.exe; filename*=utf-8''a.png",
            "plain is bad, last": b"; filename*=utf-8''a.png; filename=invoice.exe",
            "two extended, first": b"; filename*=utf-8''invoice.exe; filename*=utf-8''a.png",
            "two extended, last": b"; filename*=utf-8''a.png; filename*=utf-8''invoice.exe",
            "extended is broken": b"; filename=invoice.exe; filename*=utf-8''%",
            "extended is empty": b"; filename=invoice.exe; filename*=",
        }
    )


@recipe("E103", "a name in encoded-words", Target.EXT)
def words() -> Iterator[Made]:
    b, q = b"=?us-ascii?B?aW52b2ljZS5leGU=?=", b"=?us-ascii?Q?invoice=2Eexe?="
    wide = b"=?utf-16be?B?" + base64.b64encode("invoice.exe".encode("utf-16-be")) + b"?="
    yield from named(
        {
            "B": b'; filename="' + b + b'"',
            "Q": b'; filename="' + q + b'"',
            "unquoted B": b"; filename=" + b,
            "unquoted Q": b"; filename=" + q,
            "two words": b'; filename="=?utf-8?Q?invoi?= =?utf-8?B?Y2UuZXhl?="',
            "two words, folded": b'; filename="=?utf-8?Q?invoi?=\r\n =?utf-8?B?Y2UuZXhl?="',
            "two words, joined": b'; filename="=?utf-8?Q?invoi?==?utf-8?Q?ce.exe?="',
            "UTF-16": b'; filename="' + wide + b'"',
            "part of it": b'; filename="invoice.=?utf-8?Q?exe?="',
            "in an extended one": b"; filename*=utf-8''" + q.replace(b"=", b"%3D").replace(b"?", b"%3F"),
            "in pieces": b'; filename*0="=?utf-8?Q?invo"; filename*1="ice.exe?="',
            "no padding": b'; filename="=?utf-8?B?aW52b2ljZS5leGU?="',
            "small letters": b'; filename="=?UTF-8?q?invoice=2e=65xe?="',
            "spaces within": b'; filename="=?utf-8?Q?invoice .exe?="',
            "language": b'; filename="=?utf-8*en?Q?invoice.exe?="',
            "unknown charset": b'; filename="=?x-unknown?Q?invoice.exe?="',
        }
    )


@recipe(
    "E105",
    "different names in type and disposition",
    Target.EXT,
    may_miss=["description", "description, other name"],
)
def two_fields() -> Iterator[Made]:
    for name, (in_type, in_disposition) in {
        "disposition is bad": (b"; name=a.png", b"; filename=invoice.exe"),
        "type is bad": (b"; name=invoice.exe", b"; filename=a.png"),
        "type is bad, no other": (b"; name=invoice.exe", b""),
        "type has filename": (b"; filename=invoice.exe", b"; filename=a.png"),
        "disposition has name": (b"; name=a.png", b"; name=invoice.exe"),
        "other extension": (b"; name=malware.scr", b"; filename=a.png"),
        "type extended": (b"; name*=utf-8''invoice.exe", b"; filename=a.png"),
    }.items():
        fields = [OCTETS + in_type, DISPOSITION + in_disposition, BASE64]
        yield name, attached(fields, FILE)
        yield f"{name}, disposition first", attached(fields[1:] + fields[:1], FILE)
    yield "description", attached([OCTETS, b"Content-Description: invoice.exe", BASE64], FILE)
    yield (
        "description, other name",
        attached([OCTETS + b"; name=a", b"Content-Description: invoice.exe", BASE64], FILE),
    )
    yield "location", attached([OCTETS, b"Content-Location: invoice.exe", BASE64], FILE)
    yield (
        "picture",
        attached(
            [b"Content-Type: image/png; name=invoice.exe", DISPOSITION + b"; filename=a.png", BASE64], FILE
        ),
    )


@recipe("E106", "two names in one field, or two fields", Target.EXT)
def duplicates() -> Iterator[Made]:
    yield from named(
        {
            "last": b"; filename=a.png; filename=invoice.exe",
            "first": b"; filename=invoice.exe; filename=a.png",
            "middle": b"; filename=a.png; filename=invoice.exe; filename=b.png",
            "empty first": b"; filename=; filename=invoice.exe",
            "empty last": b'; filename=invoice.exe; filename=""',
            "joined": b"; filename=invoice.; filename=exe; filename=invoice.exe",
            "other case": b"; filename=a.png; FILENAME=invoice.exe",
        }
    )
    png, exe = DISPOSITION + b"; filename=a.png", DISPOSITION + b"; filename=invoice.exe"
    for name, fields in {
        "two fields, last": [OCTETS, png, exe],
        "two fields, first": [OCTETS, exe, png],
        "two fields, middle": [OCTETS, png, exe, DISPOSITION],
        "two fields, inline first": [OCTETS, b"Content-Disposition: inline", exe],
        "two types, last": [OCTETS + b"; name=a.png", OCTETS + b"; name=invoice.exe"],
        "two types, first": [OCTETS + b"; name=invoice.exe", OCTETS + b"; name=a.png"],
        "two types, text first": [PLAIN, OCTETS + b"; name=invoice.exe"],
    }.items():
        yield name, attached([*fields, BASE64], FILE)


@recipe("E107", "comments in and around the name", Target.EXT)
def comments() -> Iterator[Made]:
    yield from named(
        {
            "behind": b"; filename=invoice.exe(.png)",
            "within": b"; filename=invoice.e(.png)xe",
            "before the equals sign": b"; filename()=invoice.exe",
            "behind the equals sign": b"; filename=(a.png)invoice.exe",
            "behind a space": b"; filename=invoice.exe (a.png)",
            "before the name": b"; (x)filename=invoice.exe",
            "within the parameter's name": b"; file(x)name=invoice.exe",
            "nested": b"; filename=invoice.exe((a).png)",
            "never closed": b"; filename=invoice.exe (a.png",
            "quoted": b'; filename="invoice.exe(.png)"',
            "other name within": b"; (filename=a.png) filename=invoice.exe",
            "real one within": b"; (filename=invoice.exe)",
        }
    )


@recipe("E109", "white space around the equals sign, and quotation marks", Target.EXT)
def space() -> Iterator[Made]:
    yield from named(
        {
            "both sides": b"; filename = invoice.exe",
            "folded": b"; filename=\r\n invoice.exe",
            "folded before": b"; filename\r\n =invoice.exe",
            "tab": b";\tfilename\t=\tinvoice.exe",
            "no semicolon": b" filename=invoice.exe",
            "comma": b", filename=invoice.exe",
            "no end of quotation": b'; filename="invoice.exe',
            "no beginning of quotation": b'; filename=invoice.exe"',
            "single quotation marks": b"; filename='invoice.exe'",
            "something behind": b'; filename="invoice.exe"x',
            "something before": b'; filename=invoice".exe"',
            "escaped letters": rb'; filename="invoice\.e\xe"',
            "escaped quotation mark": rb'; filename="in\"voice.exe"',
            "semicolon within": b"; filename=in;voice.exe",
            "semicolon quoted": b'; filename="in;voice.exe"',
            "space within": b"; filename=the invoice.exe",
            "space before the extension": b"; filename=invoice .exe",
            "two strings": b'; filename="invoice" ".exe"',
            "fold within quotation": b'; filename="invoice.\r\n exe"',
            "fold within quotation, tab": b'; filename="invoice\r\n\t.exe"',
            "two equals signs": b"; filename==invoice.exe",
            "colon": b"; filename:invoice.exe",
            "LF within": b'; filename="invoice\n .exe"',
            "CR within": b'; filename="invoice\r.exe"',
        }
    )
