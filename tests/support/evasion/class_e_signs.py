"""Class E: file names with odd signs in them, and types that say nothing. The content is harmless text, except where
the content is the point (E118, E119); the name, as one of the readers makes it out, is that of a program."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.evasion.build import (
    BASE64,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    PROGRAM,
    QP,
    attached,
    b64,
    message,
    nested,
    quoted,
    with_lf,
)
from tests.support.evasion.class_e import DISPOSITION, FILE, named
from tests.support.evasion.recipe import Made, Target, recipe


@recipe(
    "E110",
    "something behind the extension",
    Target.EXT,
)
def behind() -> Iterator[Made]:
    yield from named(
        {
            "dot": b'; filename="invoice.exe."',
            "space": b'; filename="invoice.exe "',
            "tab": b'; filename="invoice.exe\t"',
            "dots and spaces": b'; filename="invoice.exe. . .  "',
            "NUL, escaped": b'; filename="invoice.exe%00.png"',
            "control": b'; filename="invoice.exe\x01"',
            "control within": b'; filename="invoice.e\x01xe"',
            "DEL": b'; filename="invoice.exe\x7f"',
            "no-break space": '; filename="invoice.exe\u00a0"'.encode(),
            "zero width space": '; filename="invoice.exe\u200b"'.encode(),
            "soft hyphen": '; filename="invoice.e\u00adxe"'.encode(),
            "right-to-left override": '; filename="invoice\u202egnp.exe"'.encode(),
            "right-to-left, read backwards": '; filename="invoice\u202eexe.png\u202c.exe"'.encode(),
            "quotation mark": rb'; filename="invoice.exe\""',
            "slash": b'; filename="invoice.exe/"',
            "double dot": b'; filename="invoice..exe"',
            "ideographic space": '; filename="invoice.exe\u3000"'.encode(),
            "variation selector": '; filename="invoice.exe\ufe0f"'.encode(),
            "tag character": '; filename="invoice.e\U000e0078xe"'.encode(),
            "combining joiner": '; filename="invoice.e\u034fxe"'.encode(),
        }
    )


@recipe("E111", "NUL within the name", Target.EXT)
def nul() -> Iterator[Made]:
    yield from named(
        {
            "escaped": b"; filename*=utf-8''invoice.exe%00.png",
            "literal": b'; filename="invoice.exe\0.png"',
            "literal, unquoted": b"; filename=invoice.exe\0.png",
            "behind": b'; filename="invoice.exe\0"',
            "within": b'; filename="invoice.e\0xe"',
            "before": b'; filename="a.png\0invoice.exe"',
            "encoded-word": b'; filename="=?utf-8?Q?invoice.exe=00.png?="',
            "UTF-16, label UTF-8": b"; filename*=utf-8''"
            + b"".join([b"%%%02x%%00" % octet for octet in b"invoice.exe"]),
        }
    )


@recipe("E113", "two extensions, far apart", Target.EXT)
def padded() -> Iterator[Made]:
    yield from named(
        {
            "120 spaces": b'; filename="report.pdf' + b" " * 120 + b'.exe"',
            "underscores": b'; filename="report.pdf' + b"_" * 120 + b'.exe"',
            "dots": b'; filename="report.pdf' + b"." * 120 + b'exe"',
            "no-break spaces": b'; filename="report.pdf' + b"\xc2\xa0" * 60 + b'.exe"',
            "tabs": b'; filename="report.pdf' + b"\t" * 40 + b'.exe"',
            "folded": b'; filename="report.pdf' + b"\r\n     " * 30 + b'.exe"',
            "near": b'; filename="report.pdf.exe"',
            "screen saver": b'; filename="photo.jpg                    .scr"',
            "Hangul filler": b'; filename="report.pdf' + "\u3164".encode() * 40 + b'.exe"',
            "Braille blank": b'; filename="report.pdf' + "\u2800".encode() * 40 + b'.exe"',
            "three": b'; filename="report.pdf.png.exe"',
            "encoded spaces": b"; filename*=utf-8''report.pdf" + b"%20" * 60 + b".exe",
        }
    )


@recipe("E114", "dots and letters that look alike", Target.EXT, may_miss=True)
def look_alikes() -> Iterator[Made]:
    names = {
        "full-width dot": "invoice\uff0eexe",
        "one dot leader": "invoice\u2024exe",
        "small dot": "invoice\ufe52exe",
        "ideographic full stop": "invoice\u3002exe",
        "half-width full stop": "invoice\uff61exe",
        "full-width letters": "invoice.\uff45\uff58\uff45",
        "Cyrillic letters": "invoice.\u0435\u0445\u0435",
        "mathematical letters": "invoice.\U0001d41e\U0001d431\U0001d41e",
        "circled letters": "invoice.\u24d4\u24e7\u24d4",
        "middle dot": "invoice\u00b7exe",
        "Arabic full stop": "invoice\u06d4exe",
        "accents": "invoice.e\u0301xe",
    }
    yield from named({name: b'; filename="' + text.encode() + b'"' for name, text in names.items()})
    for name, text in names.items():
        escaped = "".join([f"%{octet:02X}" for octet in text.encode()]).encode()
        yield (
            f"{name}, escaped",
            attached([OCTETS, DISPOSITION + b"; filename*=utf-8''" + escaped, BASE64], FILE),
        )


@recipe("E115", "streams, paths and class identifiers", Target.EXT)
def paths() -> Iterator[Made]:
    values = [
        *(b"invoice.exe::$DATA", rb"..\\..\\invoice.exe", b"/tmp/invoice.exe", b"../../invoice.exe"),
        *(
            b"invoice.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}",
            rb"C:\\temp\\invoice.exe",
            b"invoice.png:invoice.exe",
        ),
        *(b"invoice.exe:Zone.Identifier", b"file:///C:/invoice.exe", rb"\\\\host\\share\\invoice.exe"),
        *(
            b"invoice.exe::$INDEX_ALLOCATION",
            b"a.png/../invoice.exe",
            b"./invoice.exe",
            b"%2e%2e%2finvoice.exe",
        ),
        *(
            b"invoice.exe/a.png/..",
            b"a.png\\\\invoice.exe",
            b"http://host.example/invoice.exe",
            b"~/invoice.exe",
        ),
    ]
    yield from named({value.decode(): b'; filename="' + value + b'"' for value in values})


@recipe("E117", "other dispositions", Target.EXT)
def dispositions() -> Iterator[Made]:
    for value in (
        *(
            b"inline",
            b"x-foo",
            b"",
            b"form-data; name=a",
            b"ATTACHMENT",
            b'"attachment"',
            b"attachment(x)",
            b"inline;",
        ),
        *(b"attachment inline", b"=?utf-8?Q?attachment?=", b"signal", b"attachment:"),
    ):
        fields = [OCTETS, b"Content-Disposition: " + value + b"; filename=invoice.exe", BASE64]
        yield value.decode() or "empty", attached(fields, FILE)
    for name, field in {
        "no disposition": b"Content-Disposition: filename=invoice.exe",
        "space before colon": b"Content-Disposition : attachment; filename=invoice.exe",
        "no colon": b"Content-Disposition attachment; filename=invoice.exe",
        "two colons": b"Content-Disposition:: attachment; filename=invoice.exe",
        "NUL before colon": b"Content-Disposition\0: attachment; filename=invoice.exe",
        "folded": b"Content-Disposition:\r\n \r\n attachment;\r\n filename=invoice.exe",
        "CR before": b"X-Note: x\rContent-Disposition: attachment; filename=invoice.exe",
        "junk line before": b"XXXXXXXX\r\nContent-Disposition: attachment; filename=invoice.exe",
        "blank line before": b" \r\nContent-Disposition: attachment; filename=invoice.exe",
        "control before": b"\x01Content-Disposition: attachment; filename=invoice.exe",
    }.items():
        yield name, attached([OCTETS, field, BASE64], FILE)
    picture = [
        b"Content-Type: image/png",
        b"Content-ID: <a>",
        b"Content-Disposition: inline; filename=invoice.exe",
    ]
    yield "inline picture", attached([*picture, BASE64], FILE)
    yield (
        "on a multipart",
        attached(
            [b"Content-Type: multipart/mixed; boundary=bar", DISPOSITION + b"; filename=invoice.exe"],
            b"--bar\r\nContent-Type: text/plain\r\n\r\nMinutes\r\n--bar--\r\n",
        ),
    )
    inner = message([MIME, PLAIN], HARMLESS)
    yield (
        "on a message",
        attached([b"Content-Type: message/rfc822", DISPOSITION + b"; filename=invoice.exe"], inner),
    )


@recipe("E118", "a program without a name", Target.MAGIC)
def no_name() -> Iterator[Made]:
    for value in (
        *(b"application/octet-stream", b"application/x-foo", b"image/png", b"text/plain", b"audio/midi", b""),
        *(
            b"application/pdf",
            b"text/html",
            b"multipart/mixed; boundary=bar",
            b"message/rfc822",
            b"text/calendar",
        ),
    ):
        yield value.decode() or "no type", attached([b"Content-Type: " + value, BASE64], b64(PROGRAM))
    yield "no fields but the encoding", attached([BASE64], b64(PROGRAM))
    yield "quoted-printable", attached([OCTETS, QP], quoted(PROGRAM))
    yield "8-bit", attached([OCTETS, b"Content-Transfer-Encoding: binary"], PROGRAM + b"\r\n")
    yield "harmless name", attached([OCTETS, DISPOSITION + b"; filename=agenda.pdf", BASE64], b64(PROGRAM))
    yield "nested", nested(attached([OCTETS, BASE64], b64(PROGRAM)))
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\x3e\0\x01\0\0\0" + bytes(400)
    yield "ELF", attached([OCTETS, BASE64], b64(elf))


@recipe("E119", "a program as the text of the message", Target.MAGIC)
def as_body() -> Iterator[Made]:
    for value in (b"text/plain", b"text/html", b"text/plain; charset=utf-8", b"text/richtext", b"TEXT"):
        yield value.decode(), message([MIME, b"Content-Type: " + value, BASE64], b64(PROGRAM))
    yield "no type", message([MIME, BASE64], b64(PROGRAM))
    yield "no MIME-Version", message([BASE64], b64(PROGRAM))
    yield "quoted-printable", message([MIME, PLAIN, QP], quoted(PROGRAM))
    yield "plain octets", message([MIME, PLAIN], PROGRAM + b"\r\n")
    yield "nested", nested(message([MIME, PLAIN, BASE64], b64(PROGRAM)))
    yield "LF", with_lf(message([MIME, PLAIN, BASE64], b64(PROGRAM)))


@recipe("E121", "a very long name", Target.EXT)
def long_name() -> Iterator[Made]:
    stem = b"invoice" * 570
    pieces = b"".join([b"; filename*%d=invoice-%d" % (number, number) for number in range(499)])
    escaped = b"".join([b"; filename*%d*=%%69nvoice" % number for number in range(499)])
    yield from named(
        {
            "4,000 characters": b"; filename=" + stem + b".exe",
            "500 pieces": pieces + b"; filename*499=.exe",
            "500 escaped pieces": escaped + b"; filename*499*=%2Eexe",
            "extension at 255": b"; filename=" + stem[:251] + b".exe" + b"x" * 3_000 + b".png",
            "70 names": b"; filename=a.png" * 70 + b"; filename=invoice.exe",
            "behind 16,000 octets": b"; x=" + b"y" * 17_000 + b"; filename=invoice.exe",
            "40,000 characters": b"; filename=" + stem * 10 + b".exe",
            "200 extensions": b"; filename=invoice" + b".png" * 200 + b".exe",
        }
    )


@recipe("E122", "names in raw octets", Target.EXT)
def raw_octets() -> Iterator[Made]:
    names = {
        "UTF-8": "r\u00e9sum\u00e9.exe".encode(),
        "Latin-1": "r\u00e9sum\u00e9.exe".encode("latin-1"),
        "GB 18030": "\u53d1\u7968.exe".encode("gb18030"),
        "Shift JIS": "\u8868\u793a.exe".encode("shift_jis"),
        "ISO-2022-JP": b"\x1b$B\x21\x22\x1b(B.exe",
        "ISO-2022-JP with a quotation mark": b'\x1b$B!\\"\x1b(B.exe',
        "UTF-8, overlong": b"invoice\xc0\xaeexe.exe",
        "broken UTF-8": b"invoice\xff\xfe.exe",
        "KOI8-R": "\u0441\u0447\u0451\u0442.exe".encode("koi8-r"),
    }
    yield from named({name: b'; filename="' + octets + b'"' for name, octets in names.items()})
    yield "UTF-8, unquoted", attached([OCTETS, DISPOSITION + b"; filename=" + names["UTF-8"], BASE64], FILE)
    yield (
        "extended, raw octets",
        attached([OCTETS, DISPOSITION + b"; filename*=utf-8''" + names["UTF-8"], BASE64], FILE),
    )
    wide = '; filename="invoice.exe"'.encode("utf-16-le")[2:]
    yield "UTF-16 octets", attached([OCTETS, DISPOSITION + b";" + wide, BASE64], FILE)
