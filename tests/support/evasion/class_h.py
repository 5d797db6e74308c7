"""Class H: encodings and containers of older systems, and web pages that make files."""

from __future__ import annotations

import base64
import binascii
import gzip
import struct
import zlib
from collections.abc import Iterator

from tests.support.evasion.build import (
    BASE64,
    CRLF,
    EICAR,
    FILE,
    HARMLESS,
    MIME,
    OCTETS,
    PART,
    PLAIN,
    PROGRAM,
    attached,
    b64,
    cte,
    entity,
    lines,
    message,
    mixed,
    nested,
    uuencoded,
    with_lf,
)
from tests.support.evasion.legacy import UU_TABLE, apple, binhex, macbinary, tnef, uu, xx, yenc
from tests.support.evasion.recipe import Made, Target, recipe

DISPOSITION = b"Content-Disposition: attachment; filename="


@recipe("H141", "uuencoded content in a text", Target.EICAR)
def inline_uu() -> Iterator[Made]:
    text = b"Please see below.\r\n\r\n"
    short = [binascii.b2a_uu(EICAR[at : at + 3]).strip() for at in range(0, len(EICAR), 3)]
    for name, body in {
        "plain": text + uu(),
        "first": uu(),
        "no end": text + uu().removesuffix(b"`\r\nend\r\n"),
        "mode 0644": text + uu(mode=b"0644"),
        "mode 755": text + uu(mode=b"755"),
        "no mode": text + uu(mode=b"").replace(b"begin  ", b"begin "),
        "odd mode": text + uu(mode=b"999"),
        "name with spaces": text + uu(b"the agenda of the day.dat"),
        "quoted name": text + uu(b'"agenda.dat"'),
        "no name": text + uu(b"").replace(b"644 \r\n", b"644\r\n"),
        "spaces for grave accents": text + uu().replace(b"`\r\n", b" \r\n"),
        "grave accents for spaces": text + uu(coded=[line.replace(b" ", b"`") for line in uuencoded(EICAR)]),
        "empty lines between": text + uu().replace(CRLF, b"\r\n\r\n"),
        "short lines": text + uu(coded=short),
        "check characters": text + uu(coded=[line + b"x" for line in uuencoded(EICAR)]),
        "second of two": text + lines(b"begin 644 a.txt", *uuencoded(HARMLESS), b"`", b"end") + uu(),
        "two spaces": text + uu().replace(b"begin 644", b"begin  644"),
        "tab": text + uu().replace(b"begin 644 ", b"begin 644\t"),
        "base64": text + b"begin-base64 644 agenda.dat\r\n" + b64(EICAR) + b"====\r\n",
        "table": text + lines(b"table", *UU_TABLE) + uu(),
    }.items():
        yield name, message([MIME, PLAIN], body)
    yield "attached", attached([PLAIN], text + uu())
    yield "nested", nested(message([MIME, PLAIN], text + uu()))
    yield "LF", with_lf(message([MIME, PLAIN], text + uu()))
    yield "in base64", message([MIME, PLAIN, BASE64], b64(text + uu()))
    yield (
        "in quoted-printable",
        message([MIME, PLAIN, *cte(b"quoted-printable")], (text + uu()).replace(b"=", b"=3D")),
    )
    yield "in HTML", message([MIME, b"Content-Type: text/html"], b"<pre>\r\n" + uu() + b"</pre>\r\n")
    yield "in a file", attached([*FILE], uu())
    yield "in the preamble", mixed().replace(b"\r\n--foo", CRLF + uu() + b"--foo", 1)
    yield "in the epilogue", mixed() + uu()


@recipe("H142", "uuencoded content in a message without MIME", Target.EICAR)
def uu_without_mime() -> Iterator[Made]:
    yield "text before", message([], b"Please see below.\r\n\r\n" + uu())
    yield "nothing before", message([], uu())
    yield "no end", message([], uu().removesuffix(b"`\r\nend\r\n"))
    yield "odd type", message([b"Content-Type: X-sun-attachment"], uu())
    yield "type without slash", message([b"Content-Type: text"], uu())
    yield "LF", with_lf(message([], uu()))
    yield "nested", nested(message([], uu()))
    yield "no fields at all", CRLF + uu()
    yield "yEnc", message([], yenc(EICAR))
    yield "BinHex", message([], binhex(EICAR))


@recipe("H143", "uuencode as transfer encoding", Target.EICAR)
def uu_encoding() -> Iterator[Made]:
    bare = lines(*uuencoded(EICAR))
    for value in (
        b"x-uuencode",
        b"uuencode",
        b"x-uue",
        b"uue",
        b"x-uu",
        b"uu",
        b"X-UUENCODE",
        b"x-uuencoded",
        b'"x-uuencode"',
    ):
        yield value.decode(), attached([*FILE, *cte(value)], uu())
    yield "as text", attached([PLAIN, *cte(b"x-uuencode")], uu())
    yield "alone", message([MIME, OCTETS, *cte(b"x-uuencode")], uu())
    yield "no begin", attached([*FILE, *cte(b"x-uuencode")], bare)
    yield "no begin, end", attached([*FILE, *cte(b"x-uuencode")], bare + lines(b"`", b"end"))
    yield "no end", attached([*FILE, *cte(b"x-uuencode")], lines(b"begin 644 a") + bare)
    yield "text before", attached([*FILE, *cte(b"x-uuencode")], b"Minutes\r\n\r\n" + uu())
    yield "two fields", attached([*FILE, *cte(b"x-uuencode", b"base64")], uu())
    yield "two fields, base64 first", attached([*FILE, *cte(b"base64", b"x-uuencode")], uu())
    yield (
        "begin-base64",
        attached([*FILE, *cte(b"x-uuencode")], b"begin-base64 644 a\r\n" + b64(EICAR) + b"====\r\n"),
    )
    yield "xxencode", attached([*FILE, *cte(b"x-xxencode")], xx())
    yield "LF", with_lf(attached([*FILE, *cte(b"x-uuencode")], uu()))


@recipe("H145", "yEnc", Target.EICAR)
def yencoded() -> Iterator[Made]:
    coded = yenc(EICAR)
    yield "in a text", message([MIME, PLAIN], b"Please see below.\r\n\r\n" + coded)
    yield "first", message([MIME, PLAIN], coded)
    for value in (b"x-yencode", b"yencode", b"x-yenc", b"yenc"):
        yield value.decode(), attached([*FILE, *cte(value)], coded)
    yield "attached text", attached([PLAIN], coded)
    yield "no end", message([MIME, PLAIN], coded[: coded.index(b"=yend")])
    yield "short lines", message([MIME, PLAIN], yenc(EICAR, width=5))
    yield (
        "part",
        message(
            [MIME, PLAIN],
            coded.replace(b"=ybegin ", b"=ybegin part=1 ", 1).replace(
                b"\r\n", b"\r\n=ypart begin=1 end=68\r\n", 1
            ),
        ),
    )
    yield "wrong size", message([MIME, PLAIN], coded.replace(b"size=68", b"size=9"))
    yield "wrong sum", message([MIME, PLAIN], coded.replace(b"crc32=", b"crc32=0"))
    yield (
        "name first",
        message(
            [MIME, PLAIN],
            coded.replace(
                b"=ybegin line=128 size=68 name=agenda.dat", b"=ybegin size=68 line=128 name=a b.dat"
            ),
        ),
    )
    yield "nested", nested(message([MIME, PLAIN], coded))
    yield "in base64", message([MIME, PLAIN, BASE64], b64(coded))
    yield "file", attached([*FILE], coded)
    yield "type of its own", attached([b"Content-Type: application/x-yencoded; name=agenda.dat"], coded)


@recipe("H146", "BinHex", Target.EICAR)
def binhexed() -> Iterator[Made]:
    coded = binhex(EICAR)
    kind = b"Content-Type: application/mac-binhex40; name=agenda"
    yield "type", attached([kind], coded)
    yield "in a text", message([MIME, PLAIN], b"Please see below.\r\n\r\n" + coded)
    yield "attached text", attached([PLAIN], coded)
    yield "other type", attached([b"Content-Type: application/binhex"], coded)
    yield "x- type", attached([b"Content-Type: application/x-mac-binhex40"], coded)
    yield "octets", attached([*FILE], coded)
    yield "octets, .hqx", attached([OCTETS, DISPOSITION + b"agenda.hqx"], coded)
    yield "base64", attached([kind, BASE64], b64(coded))
    yield "transfer encoding", attached([*FILE, *cte(b"x-binhex40")], coded)
    yield "transfer encoding, short", attached([*FILE, *cte(b"binhex")], coded)
    yield "no sentence, type", attached([kind], coded[coded.index(b":") :])
    yield (
        "one line",
        message([MIME, PLAIN], coded.replace(b"\r\n", b"").replace(b"4.0)", b"4.0)\r\n\r\n") + CRLF),
    )
    yield "empty lines between", message([MIME, PLAIN], coded.replace(b"\r\n", b"\r\n\r\n"))
    yield "nested", nested(message([MIME, PLAIN], coded))
    yield "LF", with_lf(message([MIME, PLAIN], coded))


@recipe("H147", "AppleSingle and AppleDouble", Target.MAGIC)
def apple_files() -> Iterator[Made]:
    single = apple(PROGRAM)
    kind = b"Content-Type: application/applefile; name=agenda"
    yield "single", attached([kind, BASE64], b64(single))
    yield "single, octets", attached([*FILE, BASE64], b64(single))
    yield "single, picture", attached([b"Content-Type: image/png; name=a.png", BASE64], b64(single))
    yield "single, no name", attached([b"Content-Type: application/applefile", BASE64], b64(single))
    yield "single, text", attached([PLAIN, BASE64], b64(single))
    yield "single, alone", message([MIME, kind, BASE64], b64(single))
    yield "double, program in the resource fork", attached([kind, BASE64], b64(apple(PROGRAM, double=True)))
    pair = b"--bar\r\n" + entity([kind, BASE64], b64(apple(b"x" * 40, double=True)))
    pair += b"--bar\r\n" + entity([OCTETS, BASE64], b64(PROGRAM)) + b"--bar--\r\n"
    yield "double", attached([b"Content-Type: multipart/appledouble; boundary=bar"], pair)
    yield "double, header set", attached([b"Content-Type: multipart/header-set; boundary=bar"], pair)
    yield (
        "MacBinary",
        attached([b"Content-Type: application/x-macbinary; name=agenda", BASE64], b64(macbinary(PROGRAM))),
    )
    yield "MacBinary, octets", attached([*FILE, BASE64], b64(macbinary(PROGRAM)))


@recipe("H149", "a name within winmail.dat", Target.EXT)
def winmail_name() -> Iterator[Made]:
    kind = b"Content-Type: application/ms-tnef; name=winmail.dat"
    for name in (
        b"invoice.exe",
        b"INVOICE.SCR",
        b"report.pdf.exe",
        b"invoice.exe.",
        b"..\\invoice.exe",
        b"invoice.js",
    ):
        yield name.decode(), attached([kind, DISPOSITION + b"winmail.dat", BASE64], b64(tnef(HARMLESS, name)))
    yield (
        "vnd",
        attached(
            [b"Content-Type: application/vnd.ms-tnef; name=winmail.dat", BASE64],
            b64(tnef(HARMLESS, b"invoice.exe")),
        ),
    )
    yield "alone", message([MIME, kind, BASE64], b64(tnef(HARMLESS, b"invoice.exe")))
    yield "nested", nested(attached([kind, BASE64], b64(tnef(HARMLESS, b"invoice.exe"))))
    yield (
        "no name",
        attached([b"Content-Type: application/ms-tnef", BASE64], b64(tnef(HARMLESS, b"invoice.exe"))),
    )
    yield (
        "within another",
        attached([kind, BASE64], b64(tnef(tnef(HARMLESS, b"invoice.exe"), b"winmail.dat"))),
    )


@recipe("H150", "winmail.dat under another name or type", Target.EICAR)
def winmail_disguised() -> Iterator[Made]:
    coded = b64(tnef(EICAR, b"agenda.dat"))
    for name, fields in {
        "picture": [b"Content-Type: image/png; name=a.png"],
        "octets": [*FILE],
        "text": [PLAIN],
        "no type": [],
        "no name": [OCTETS],
        "own type": [b"Content-Type: application/ms-tnef; name=winmail.dat"],
        "document": [b"Content-Type: application/msword; name=agenda.doc"],
        "octets, winmail.dat": [OCTETS, DISPOSITION + b"winmail.dat"],
    }.items():
        yield name, attached([*fields, BASE64], coded)
    yield "wrong sums", attached([*FILE, BASE64], b64(tnef(EICAR, b"agenda.dat")[:-2] + b"\0\0"))
    yield "cut short", attached([*FILE, BASE64], b64(tnef(EICAR, b"agenda.dat")[:-2]))
    honest, lie = (struct.pack("<LL", 0x0006800F, size) for size in (len(EICAR), 9_999))
    yield "length too large", attached([*FILE, BASE64], b64(tnef(EICAR, b"agenda.dat").replace(honest, lie)))
    yield "something before", attached([*FILE, BASE64], b64(b"\0" + tnef(EICAR, b"agenda.dat")))
    yield "alone", message([MIME, PLAIN, BASE64], coded)
    yield "message within", attached([*FILE, BASE64], b64(tnef(mixed(PART), b"agenda.eml")))


@recipe("H151", "a transfer encoding that compresses", Target.EICAR, may_miss=True)
def compressed() -> Iterator[Made]:
    packed = b64(gzip.compress(EICAR, mtime=0))
    for value in (b"x-gzip64", b"gzip64", b"x-gzip", b"base64"):
        yield value.decode(), attached([*FILE, *cte(value)], packed)
    yield "deflate", attached([*FILE, *cte(b"x-deflate")], b64(zlib.compress(EICAR)))
    yield "as text", attached([PLAIN, *cte(b"x-gzip64")], packed)


@recipe("H153", "a web page that makes a file", Target.EICAR, may_miss=True)
def smuggling() -> Iterator[Made]:
    data = base64.b64encode(EICAR).decode()
    save = "var a=document.createElement('a');a.href=URL.createObjectURL(new Blob([d]));"
    save += "a.download='agenda.dat';a.click()"
    numbers = ",".join([str(octet) for octet in EICAR])
    pages = {
        "atob": f"<html><script>var d=atob('{data}');{save}</script></html>",
        "data address": f'<html><a download="a.dat" href="data:application/octet-stream;base64,{data}">x</a></html>',
        "data address, escaped": f'<html><a href="data:,{"".join([f"%{octet:02x}" for octet in EICAR])}">x</a></html>',
        "pieces": f"<html><script>var d=atob('{data[:30]}'+'{data[30:]}');{save}</script></html>",
        "numbers": f"<html><script>var d=new Uint8Array([{numbers}]);{save}</script></html>",
        "reversed": f"<html><script>var d=atob('{data[::-1]}'.split('').reverse().join(''));{save}</script></html>",
        "attribute": f'<html><p id=a data-x="{data}"></p><script>var d=atob(a.dataset.x);{save}</script></html>',
        "frame": f'<html><iframe src="data:application/octet-stream;base64,{data}"></iframe></html>',
        "embedded": f'<html><embed src="data:application/octet-stream;base64,{data}"></html>',
        "entities": f'<html><a href="dat&#97;:;base64,{data}">x</a></html>',
    }
    kind = b"Content-Type: text/html; charset=utf-8"
    for name, page in pages.items():
        yield name, attached([kind, DISPOSITION + b"page.html", BASE64], b64(page.encode()))
    yield "body of the message", message([MIME, kind, BASE64], b64(pages["data address"].encode()))


@recipe("H154", "pictures and pages with a script", Target.POLICY)
def active_pages() -> Iterator[Made]:
    head, xlink = '<svg xmlns="http://www.w3.org/2000/svg"', "http://www.w3.org/1999/xlink"
    script = "location='data:text/html;base64," + base64.b64encode(HARMLESS).decode() + "'"
    pictures = {
        "script": f"{head}><script>{script}</script></svg>",
        "event": f'{head} onload="{script}"/>',
        "foreign": f"{head}><foreignObject><script>{script}</script></foreignObject></svg>",
        "linked script": f'{head} xmlns:x="{xlink}"><script x:href="data:,{script}"/></svg>',
        "prefix": f'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>{script}</s:script></s:svg>',
        "address": f'{head} xmlns:x="{xlink}"><a x:href="javascript:{script}"><text>x</text></a></svg>',
        "animated": f'{head}><a><set attributeName="href" to="javascript:{script}"/></a></svg>',
    }
    kind, svg = b"Content-Type: image/svg+xml", DISPOSITION + b"logo.svg"
    for name, text in pictures.items():
        yield name, attached([kind, svg, BASE64], b64(text.encode()))
    picture = pictures["script"].encode()
    yield "UTF-16", attached([kind, svg, BASE64], b64(pictures["script"].encode("utf-16")))
    yield "octets", attached([OCTETS, svg, BASE64], b64(picture))
    yield "no name", attached([kind, BASE64], b64(picture))
    yield (
        "compressed",
        attached([kind, DISPOSITION + b"logo.svgz", BASE64], b64(gzip.compress(picture, mtime=0))),
    )


@recipe("H155", "a web archive", Target.EICAR)
def web_archive() -> Iterator[Made]:
    page = b"<html><body>Minutes</body></html>\r\n"
    kind = b'Content-Type: multipart/related; boundary=inner; type="text/html"'
    body = (
        b"--inner\r\n" + entity([b"Content-Type: text/html"], page) + b"--inner\r\n" + PART + b"--inner--\r\n"
    )
    archive = lines(b"From: <Saved by a browser>", MIME, kind, b"") + body
    for name, fields in {
        "octets, .mht": [OCTETS, DISPOSITION + b"page.mht"],
        "octets, .mhtml": [OCTETS, DISPOSITION + b"page.mhtml"],
        "type of its own": [b"Content-Type: multipart/related; boundary=inner", DISPOSITION + b"page.mht"],
        "x-mimearchive": [b"Content-Type: application/x-mimearchive", DISPOSITION + b"page.dat"],
        "message": [b"Content-Type: message/rfc822", DISPOSITION + b"page.mht"],
        "Word document": [b"Content-Type: application/msword", DISPOSITION + b"page.doc"],
        "no name": [OCTETS],
        "text": [PLAIN],
        "HTML": [b"Content-Type: text/html"],
    }.items():
        yield name, attached([*fields, BASE64], b64(archive))
    yield "only MIME-Version", attached([*FILE, BASE64], b64(lines(MIME, kind, b"") + body))
    yield "only the type", attached([*FILE, BASE64], b64(lines(kind, b"") + body))
    yield "capitals", attached([*FILE, BASE64], b64(archive.replace(b"MIME-Version", b"mime-version")))
    yield "empty lines first", attached([*FILE, BASE64], b64(b"\r\n\r\n" + archive))
    yield "byte order mark", attached([*FILE, BASE64], b64(b"\xef\xbb\xbf" + archive))
    yield "LF", attached([*FILE, BASE64], b64(with_lf(archive)))
