"""Class K: what reviews of Postern found beside the published recipes."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator

from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
    CANARY,
    CRLF,
    EICAR,
    FILE,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    PROGRAM,
    attached,
    b64,
    lines,
    message,
    uuencoded,
)
from tests.support.evasion.recipe import Made, Target, recipe

WORD = CANARY.encode()
HALVES = WORD[:3], WORD[3:]
HTML = b"Content-Type: text/html; charset=utf-8"
CALENDAR = b"Content-Type: text/calendar; charset=utf-8; method=REQUEST"
NAMED = b"Content-Disposition: attachment; filename="


def base64_line(data: bytes) -> bytes:
    """Base64 in one line, without its end."""
    return base64.b64encode(data)


def folded(line: bytes) -> bytes:
    """A content line of iCalendar, folded."""
    return b"\r\n ".join([line[at : at + 70] for at in range(0, len(line), 70)]) + CRLF


def calendar(*properties: bytes) -> bytes:
    """A calendar object with an event."""
    inner = b"".join([folded(one) for one in properties])
    start = lines(b"BEGIN:VCALENDAR", b"VERSION:2.0", b"BEGIN:VEVENT", b"SUMMARY:Meeting")
    return start + inner + lines(b"END:VEVENT", b"END:VCALENDAR")


@recipe("K001", "a file in a calendar object or a card", Target.EICAR)
def in_calendar() -> Iterator[Made]:
    content = base64_line(EICAR)
    properties = {
        "quoted name": b'ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="a.txt":' + content,
        "other name": b"ATTACH;VALUE=BINARY;ENCODING=BASE64;FILENAME=a.txt:" + content,
        "no name": b"ATTACH;VALUE=BINARY;ENCODING=BASE64:" + content,
        "URI": b"ATTACH;FMTTYPE=text/plain:data:text/plain;base64," + content,
    }
    for name, line in properties.items():
        yield name, attached([CALENDAR], calendar(line))
        yield f"{name}, as file", attached([OCTETS, NAMED + b"invite.ics", BASE64], b64(calendar(line)))
    card = lines(b"BEGIN:VCARD", b"VERSION:3.0", b"FN:Ann") + folded(b"PHOTO;ENCODING=b;TYPE=JPEG:" + content)
    yield "card", attached([b"Content-Type: text/vcard", NAMED + b"ann.vcf"], card + lines(b"END:VCARD"))


@recipe("K002", "a program in a calendar object", Target.EXT)
def program_in_calendar() -> Iterator[Made]:
    line = b'ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="invoice.exe":' + base64_line(PROGRAM)
    yield "quoted name", attached([CALENDAR], calendar(line))


@recipe("K003", "a text that begins like another kind of file", Target.EICAR)
def false_beginning() -> Iterator[Made]:
    content = lines(b"", b"begin 644 agenda.dat", *uuencoded(EICAR), b"`", b"end")
    beginnings = {
        "AppleDouble": b"\x00\x05\x16\x07" + b"\0" * 22,
        "AppleSingle": b"\x00\x05\x16\x00" + b"\0" * 22,
        "CMS": bytes.fromhex("301a06092a864886f70d010702a00d300b020101310030020500") + b"\x31\x00",
    }
    for name, beginning in beginnings.items():
        yield name, attached([PLAIN, BASE64], b64(beginning + content))


@recipe("K004", "a file in a data: URI", Target.EXT)
def data_uri() -> Iterator[Made]:
    uri = b"data:application/octet-stream;base64," + base64_line(HARMLESS)
    link = b'<a download="invoice.exe" href="%s">x</a>'
    pages = {
        "plain": link % uri,
        "late": b"x" * 2_000 + link % uri,
        "control in front": link % (b"\x01" + uri),
        "blanks in front": link % (b" " * 200 + uri),
        "zeros in a reference": link % (b"&#x" + b"0" * 80 + b"64;" + uri[1:]),
        "a long type": link
        % (b"data:application/octet-stream;a=" + b"x" * 600 + uri[uri.index(b";base64") :]),
        "slashes": link.replace(b" download", b"/download") % uri,
        "an angle bracket before": link.replace(b"<a ", b'<a title="<" ') % uri,
        "name far away": link.replace(b"<a ", b'<a title="%s" ' % (b"x" * 3_000)) % uri,
    }
    for name, page in pages.items():
        yield name, attached([HTML, NAMED + b"page.html"], page + CRLF)
    wide = ("<html>" + (link % uri).decode()).encode("utf-16")
    yield (
        "UTF-16",
        attached([b"Content-Type: text/html; charset=utf-16", NAMED + b"page.html", BASE64], b64(wide)),
    )


@recipe("K005", "junk behind a value of RFC 2231", Target.EXT)
def junk_behind_name() -> Iterator[Made]:
    names = {
        "extended": b"filename*=utf-8''invoice.exe junk.txt",
        "continued": b"filename*0=invoice.e junk; filename*1=xe",
        "continued, extended": b"filename*0*=utf-8''invoice.e junk; filename*1*=xe",
    }
    for name, parameter in names.items():
        yield (
            name,
            attached([OCTETS, b"Content-Disposition: attachment; " + parameter, BASE64], b64(HARMLESS)),
        )


@recipe("K006", "content that is locked or packed, whatever it is called", Target.POLICY)
def locked() -> Iterator[Made]:
    enveloped = bytes.fromhex("308006092a864886f70d010703a0803080020100") + bytes(60)
    yield "enveloped CMS", attached([OCTETS, NAMED + b"smime.p7m", BASE64], b64(enveloped))
    packed = b"\xa3\x02" + zlib.compress(b"\xcb\x10b\0\0\0\0\0" + WORD)
    armour = lines(b"-----BEGIN PGP MESSAGE-----", b"", base64_line(packed), b"-----END PGP MESSAGE-----")
    yield "OpenPGP in a text", attached([PLAIN], armour)
    for number in (1, 2):
        header = b'Content-Type: message/partial; id="a@b"; number=%d; total=2' % number
        padding = lines(*[b"X-Pad-%d: pad" % one for one in range(12)])
        yield f"part {number} of a message, padded", message([MIME, header], padding + CRLF + b64(EICAR))
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    yield "Outlook's own messages", attached([OCTETS, NAMED + b"forwarded.msg", BASE64], b64(ole))


@recipe("K007", "blanks that are no spaces, and characters that are not seen", Target.KEYWORD)
def odd_blanks() -> Iterator[Made]:
    utf8 = b"Content-Type: text/plain; charset=utf-8"
    for name, code in (("reserved", 0x2065), ("specials", 0xFFF0), ("hangul filler", 0x3164)):
        text = HALVES[0] + chr(code).encode() + HALVES[1]
        yield name, message([MIME, utf8], text + CRLF)


@recipe("K008", "elements that hide letters within a word", Target.KEYWORD)
def hidden_elements() -> Iterator[Made]:
    one, two = HALVES
    between = {
        "rp": b"<rp>x</rp>",
        "datalist": b"<datalist>x</datalist>",
        "unknown style": b"<i style='zoom:0'>x</i>",
        "unknown class": b"<i class=q>x</i>",
        "nested": b"<b><i>x</i></b>",
        "hidden line break": b"<br style='display:none'>",
        "hidden input": b"<input type=hidden>",
        "meta": b"<meta name=x>",
    }
    for name, element in between.items():
        yield name, message([MIME, HTML], b"<p>" + one + element + two + b"</p>" + CRLF)


@recipe("K009", "text that style shows", Target.KEYWORD)
def text_of_style() -> Iterator[Made]:
    pages = {
        "shown style sheet": b"<style style='display:block'>%s</style>" % WORD,
        "marks of lists": b"<ul style='list-style-type:\"%s\"'><li>x</ul>" % WORD,
        "string with a comment": b"<style>a::before{content:'/*'} p::after{content:'%s'}</style><p>x" % WORD,
        "attribute": b"<style>p::after{content:attr(q)}</style><p q='%s'>x" % WORD,
    }
    for name, page in pages.items():
        yield name, message([MIME, HTML], page + CRLF)


@recipe("K010", "names and subjects in pieces", Target.KEYWORD)
def names_in_pieces() -> Iterator[Made]:
    harmless = message([MIME, PLAIN], HARMLESS)
    named = b'From: %s"%s" <ann@elsewhere.example>' % HALVES
    yield "partly quoted name", harmless.replace(b"From: Ann <ann@elsewhere.example>", named)
    subject = b"\x1b$B\x1b(B".join(HALVES)
    yield "ISO 2022 in a subject", harmless.replace(b"Papers for Monday", subject)
    yield "subject of a part", attached([PLAIN, b"Subject: " + WORD], HARMLESS)


@recipe("K011", "EBCDIC under the names of other systems", Target.KEYWORD)
def other_names_of_ebcdic() -> Iterator[Made]:
    for label in ("x-EBCDIC-Germany", "IBM420", "CCSID01140"):
        fields = [MIME, b"Content-Type: text/plain; charset=" + label.encode(), BASE64]
        yield label, message(fields, b64(f"{CANARY}\n".encode("cp037")))


@recipe("K012", "junk and delimiters in the header of a part", Target.EICAR)
def junk_in_header() -> Iterator[Made]:
    content = base64_line(EICAR + b"." * (-len(EICAR) % 3))
    for name, junk in {"shifting": b"ABCDE", "delimiter": b"--foo--"}.items():
        fields = [OCTETS, ATTACHED, BASE64, junk]
        yield name, attached(fields, content + CRLF)
    yield "misspelt first", attached([*FILE, b"Content-Transfer-Encoding: none; base64"], b64(EICAR))
    first = [b" Content-Transfer-Encoding: base64", *FILE]
    yield "first line is folded", attached(first, b64(EICAR))
