"""Class I: places where a reader sees text and a filter may not look. The canary word is what has to be found."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.support.evasion.archive import docx, pdf, zipped
from tests.support.evasion.build import (
    BASE64,
    CANARY,
    CRLF,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    QP,
    attached,
    b64,
    entity,
    message,
    nested,
    parts,
    with_lf,
)
from tests.support.evasion.class_i import HTML, WIDE, WORD, pages, text
from tests.support.evasion.class_i_signs import encoded_word
from tests.support.evasion.recipe import Made, Target, recipe


@recipe("I174", "the word in one of two alternatives", Target.KEYWORD)
def alternatives() -> Iterator[Made]:
    clean, bad = entity([PLAIN], HARMLESS), entity([PLAIN], WORD + CRLF)
    clean_html, bad_html = entity([HTML], b"<p>Minutes</p>\r\n"), entity([HTML], b"<p>" + WORD + b"</p>\r\n")
    kind = b"Content-Type: multipart/alternative; boundary=foo"
    yield "HTML", message([MIME, kind], parts(clean, bad_html))
    yield "text", message([MIME, kind], parts(bad, clean_html))
    yield "HTML first", message([MIME, kind], parts(bad_html, clean))
    yield (
        "third",
        message(
            [MIME, kind], parts(clean, clean_html, entity([b"Content-Type: text/enriched"], WORD + CRLF))
        ),
    )
    calendar = b"BEGIN:VCALENDAR\r\nSUMMARY:" + WORD + b"\r\nEND:VCALENDAR\r\n"
    yield "calendar", message([MIME, kind], parts(clean, entity([b"Content-Type: text/calendar"], calendar)))
    yield (
        "AMP",
        message(
            [MIME, kind],
            parts(clean, entity([b"Content-Type: text/x-amp-html"], b"<p>" + WORD + b"</p>\r\n")),
        ),
    )
    yield (
        "watch",
        message(
            [MIME, kind],
            parts(clean, entity([b"Content-Type: text/watch-html"], b"<p>" + WORD + b"</p>\r\n")),
        ),
    )
    related = entity(
        [b"Content-Type: multipart/related; boundary=bar"], b"--bar\r\n" + bad_html + b"--bar--\r\n"
    )
    yield "related", message([MIME, kind], parts(clean, related))
    yield "second text", message([MIME, kind], parts(clean, bad))
    yield "preamble", message([MIME, kind], WORD + CRLF + parts(clean, clean_html))
    yield "epilogue", message([MIME, kind], parts(clean, clean_html) + WORD + CRLF)
    yield "nested", nested(message([MIME, kind], parts(clean, bad_html)))
    yield "LF", with_lf(message([MIME, kind], parts(clean, bad_html)))


@recipe("I175", "the word in attributes", Target.KEYWORD, may_miss=["content of a style", "image address"])
def attributes() -> Iterator[Made]:
    escaped = "womb%61tflute"
    data = base64.b64encode(f"<p>{CANARY}</p>".encode()).decode()
    yield from pages(
        {
            "alt": f'<img alt="{CANARY}" src=cid:x>',
            "title attribute": f'<p title="{CANARY}">x</p>',
            "title": f"<head><title>{CANARY}</title></head><p>x</p>",
            "placeholder": f'<input placeholder="{CANARY}">',
            "value": f'<input type=submit value="{CANARY}">',
            "link": f'<a href="http://host.example/{CANARY}">x</a>',
            "link, escaped": f'<a href="http://host.example/{escaped}">x</a>',
            "link, host": f'<a href="http://{CANARY}.example/">x</a>',
            "link, query": f'<a href="http://host.example/?q=a+{CANARY}+b">x</a>',
            "link to write": f'<a href="mailto:a@host.example?subject={escaped}">x</a>',
            "image address": f'<img src="http://host.example/{CANARY}.png">',
            "label": f'<p aria-label="{CANARY}">x</p>',
            "description": f'<meta name=description content="{CANARY}"><p>x</p>',
            "option": f'<select><option label="{CANARY}"></select>',
            "unquoted": f"<img alt={CANARY}>",
            "single quotation marks": f"<img alt='{CANARY}'>",
            "data address": f'<iframe src="data:text/html;base64,{data}"></iframe>',
            "data address, plain": f'<a href="data:text/plain,{escaped}">x</a>',
            "inner page": f'<iframe srcdoc="&lt;p&gt;{CANARY}&lt;/p&gt;"></iframe>',
            "summary": f'<table summary="{CANARY}"></table>',
            "noscript": f"<noscript>{CANARY}</noscript>",
            "text area": f"<textarea>{CANARY}</textarea>",
            "area": f'<map><area alt="{CANARY}"></map>',
            "content of a style": f'<style>p::before{{content:"{CANARY}"}}</style><p>x</p>',
            "second attribute": f'<img src=x ALT = "{CANARY}" alt="x">',
            "drawing": f"<svg><text>{CANARY}</text></svg>",
            "drawing's title": f"<svg><title>{CANARY}</title></svg>",
        }
    )


@recipe("I177", "digits for letters, and letters repeated", Target.KEYWORD, may_miss=True)
def leet() -> Iterator[Made]:
    for words in (
        "w0mb4tflut3",
        "woooombatflute",
        "w.o.m.b.a.t.f.l.u.t.e",
        "w o m b a t f l u t e",
        "wombat-flute",
        "vvombatflute",
        "w*mbatflute",
        "etulftabmow",
        "wombat flute",
        "wombatflutes",
    ):
        yield words, text(words.encode())


@recipe("I178", "text that flows", Target.KEYWORD)
def flowed() -> Iterator[Made]:
    kind = b"Content-Type: text/plain; charset=utf-8; "
    for name, (parameters, body) in {
        "deleted spaces": (b"format=flowed; delsp=yes", b"womb \r\natflute\r\n"),
        "other order": (b"delsp=yes; format=flowed", b"womb \r\natflute\r\n"),
        "capitals": (b"FORMAT=Flowed; DelSp=YES", b"womb \r\natflute\r\n"),
        "quotation marks": (b'format="flowed"; delsp="yes"', b"womb \r\natflute\r\n"),
        "quoted text": (b"format=flowed; delsp=yes", b"> womb \r\n> atflute\r\n"),
        "stuffed": (b"format=flowed; delsp=yes", b" womb \r\n atflute\r\n"),
        "many pieces": (
            b"format=flowed; delsp=yes",
            b" \r\n".join([bytes([octet]) for octet in WORD]) + CRLF,
        ),
        "twice declared": (b"format=fixed; delsp=yes; format=flowed", b"womb \r\natflute\r\n"),
        "comment": (b"format=flowed (x); delsp=yes", b"womb \r\natflute\r\n"),
        "extended": (b"format*=us-ascii''flowed; delsp=yes", b"womb \r\natflute\r\n"),
    }.items():
        yield name, message([MIME, kind + parameters], body)
    yield "base64", message([MIME, kind + b"format=flowed; delsp=yes", BASE64], b64(b"womb \r\natflute\r\n"))
    yield "LF", with_lf(message([MIME, kind + b"format=flowed; delsp=yes"], b"womb \r\natflute\r\n"))
    yield (
        "quoted-printable",
        message([MIME, kind + b"format=flowed; delsp=yes", QP], b"womb=20\r\natflute\r\n"),
    )


@recipe("I179", "a subject in encoded-words", Target.KEYWORD)
def subject_words() -> Iterator[Made]:
    octets = WIDE.encode()
    for name, subject in {
        "two words": b"=?utf-8?Q?womb?= =?utf-8?B?YXRmbHV0ZQ==?=",
        "two words, folded": b"=?utf-8?Q?womb?=\r\n =?utf-8?B?YXRmbHV0ZQ==?=",
        "a word a letter": b" ".join([b"=?us-ascii?Q?" + bytes([octet]) + b"?=" for octet in WORD]),
        "a word a letter, folded": b"\r\n ".join(
            [b"=?us-ascii?Q?" + bytes([octet]) + b"?=" for octet in WORD]
        ),
        "letter over two words": b"=?utf-8?B?"
        + base64.b64encode(octets[:4])
        + b"?= =?utf-8?B?"
        + base64.b64encode(octets[4:])
        + b"?=",
        "base64 over two words": b"=?utf-8?B?d29tYmF0?= =?utf-8?B?Zmx1dGU?=",
        "joined": b"=?utf-8?Q?womb?==?utf-8?Q?atflute?=",
        "next to letters": b"womb=?utf-8?Q?atflute?=",
        "UTF-16": encoded_word(CANARY, "utf-16-be"),
        "UTF-7": b"=?utf-7?Q?+AHcAbwBtAGIAYQB0AGYAbAB1AHQAZQ-?=",
        "ISO-2022-JP": b"=?iso-2022-jp?B?" + base64.b64encode(b"womb\x1b(Batflute") + b"?=",
        "EBCDIC": encoded_word(CANARY, "cp037"),
        "language": b"=?utf-8*en?Q?wombatflute?=",
        "escapes": b"=?utf-8?q?" + b"".join([b"=%02x" % octet for octet in WORD]) + b"?=",
        "zero width within": b"=?utf-8?Q?womb=E2=80=8Batflute?=",
        "unknown charset": b"=?x-unknown?Q?wombatflute?=",
        "no padding": b"=?utf-8?B?d29tYmF0Zmx1dGU?=",
        "long": b"=?utf-8?Q?" + b"x_" * 200 + b"wombatflute?=",
        "within quotation marks": b'"=?utf-8?Q?wombatfl?= =?utf-8?Q?ute?="',
        "tab between": b"=?utf-8?Q?womb?=\t=?utf-8?Q?atflute?=",
        "broken before": b"=?utf-8?Q?x =?utf-8?Q?wombatfl=75te?=",
        "words of two charsets": b"=?iso-8859-1?Q?womb?= =?utf-16be?B?"
        + base64.b64encode("atflute".encode("utf-16-be"))
        + b"?=",
    }.items():
        yield name, message([MIME, PLAIN], HARMLESS, subject=subject)
    yield (
        "nested",
        nested(message([MIME, PLAIN], HARMLESS, subject=b"=?utf-8?Q?womb?= =?utf-8?B?YXRmbHV0ZQ==?=")),
    )


@recipe(
    "I181",
    "a subject in raw octets, folded, or twice",
    Target.KEYWORD,
    may_miss=["GB 18030", "Shift JIS", "CR within", "escape"],
)
def raw_subject() -> Iterator[Made]:
    for name, subject in {
        "plain": WORD,
        "UTF-8": WIDE.encode(),
        "accents": "w\u00f6mb\u00e1tflut\u00e9".encode(),
        "folded within": b"womb\r\n atflute",
        "folded within, tab": b"womb\r\n\tatflute",
        "folded first": b"\r\n " + WORD,
        "over a blank line": b"Minutes\r\n \r\n " + WORD,
        "zero width": "womb\u200batflute".encode(),
        "GB 18030": WIDE.encode("gb18030"),
        "Shift JIS": WIDE.encode("shift_jis"),
        "NUL within": b"womb\0atflute",
        "CR within": b"womb\ratflute",
        "far behind": b"x " * 5_000 + WORD,
        "escape": b"womb\x1b(Batflute",
    }.items():
        yield name, message([MIME, PLAIN], HARMLESS, subject=subject)
    yield "second field", message([b"Subject: " + WORD, MIME, PLAIN], HARMLESS)
    yield "space before the colon", message([b"Subject : " + WORD, MIME, PLAIN], HARMLESS)
    yield "other case", message([b"SUBJECT:" + WORD, MIME, PLAIN], HARMLESS)
    yield "no empty line", b"Subject: " + WORD + CRLF + HARMLESS
    yield "last field, no body", message([MIME, b"Subject: " + WORD], b"")[:-2]


@recipe("I182", "the word in other fields and in file names", Target.KEYWORD, may_miss=["address"])
def other_fields() -> Iterator[Made]:
    for name, field in {
        "display name": b'From: "wombatflute" <x@host.example>',
        "display name, encoded": b"From: =?utf-8?Q?wombatfl?= =?utf-8?Q?ute?= <x@host.example>",
        "display name of a recipient": b"Cc: wombatflute <x@host.example>",
        "reply to": b'Reply-To: "wombatflute" <x@host.example>',
        "comment in an address": b"Sender: x@host.example (wombatflute)",
        "extension": b"X-Note: wombatflute",
        "comments": b"Comments: wombatflute",
        "keywords": b"Keywords: minutes, wombatflute",
        "organisation": b"Organization: wombatflute",
        "topic": b"Thread-Topic: wombatflute",
        "list": b'List-Id: "wombatflute" <a.host.example>',
        "address": b"Reply-To: wombatflute@host.example",
    }.items():
        yield name, message([field, MIME, PLAIN], HARMLESS)
    disposition = b"Content-Disposition: attachment; filename"
    for name, field in {
        "file name": disposition + b"=wombatflute.txt",
        "file name with words": disposition + b'="my wombatflute notes.txt"',
        "file name, underscores": disposition + b"=my_wombatflute_notes.txt",
        "file name, escaped": disposition + b"*=utf-8''womb%61tflute.txt",
        "file name in pieces": disposition + b"*0=womb; filename*1=atflute.txt",
        "file name, encoded-word": disposition + b'="=?utf-8?Q?wombatfl=75te.txt?="',
        "description": b"Content-Description: wombatflute",
    }.items():
        yield name, attached([PLAIN, field], HARMLESS)


@recipe("I183", "the word in attached files", Target.KEYWORD)
def files() -> Iterator[Made]:
    words = f"A {CANARY} of note.".encode()
    disposition = b"Content-Disposition: attachment; filename="
    rtf = rb"{\rtf1\ansi A womb{\b0}\'61tfl\u117?te of note.}"
    for name, content in {
        "notes.txt": words,
        "notes.csv": b"a,b\r\n" + words + CRLF,
        "notes.html": b"<html><p>wom<b></b>batflute</p></html>",
        "notes.eml": message([MIME, PLAIN, BASE64], b64(words)),
        "notes.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:womb\r\n atflute\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "notes.vcf": b"BEGIN:VCARD\r\nNOTE:" + words + b"\r\nEND:VCARD\r\n",
        "notes.json": b'{"a": "' + words + b'"}',
        "notes.xml": b"<?xml version='1.0'?><a>" + words + b"</a>",
        "notes.md": words,
        "notes.log": words,
        "notes": words,
        "notes.utf16.txt": b"\xff\xfe" + words.decode().encode("utf-16-le"),
        "notes.rtf": rtf,
        "notes.zip": zipped({"notes.txt": words}),
        "notes.docx": docx("<w:t>A womb</w:t></w:r><w:r><w:t>atflute of note</w:t>"),
        "notes.pdf": pdf(words),
    }.items():
        yield name, attached([OCTETS, disposition + name.encode(), BASE64], b64(content))
    yield (
        "calendar by type",
        attached([b"Content-Type: text/calendar", BASE64], b64(b"SUMMARY:womb\r\n atflute\r\n")),
    )


@recipe("I185", "NUL within text", Target.KEYWORD, may_miss=["backspace"])
def nul() -> Iterator[Made]:
    yield "within", message([MIME, PLAIN], b"womb\0atflute\r\n")
    yield "between all letters", message([MIME, PLAIN], b"\0".join([bytes([octet]) for octet in WORD]) + CRLF)
    yield "line before", message([MIME, PLAIN], b"\0\r\n" + WORD + CRLF)
    yield "before", message([MIME, PLAIN], b"\0" * 100 + WORD + CRLF)
    yield "binary", message([MIME, PLAIN], b"\x01\x02\0\xff\xfe\r\n" * 20 + WORD + CRLF)
    yield "base64", message([MIME, PLAIN, BASE64], b64(b"womb\0atflute"))
    yield "HTML", message([MIME, HTML], b"<p>womb\0atflute</p>\r\n")
    yield "HTML tag", message([MIME, HTML], b"<\0p>wombatflute</p>\r\n")
    yield "other controls", message([MIME, PLAIN], b"womb\x01atflute\r\n")
    yield "backspace", message([MIME, PLAIN], b"wombx\batflute\r\n")
    yield "DEL", message([MIME, PLAIN], b"womb\x7fatflute\r\n")
    yield (
        "C1 control",
        message([MIME, b"Content-Type: text/plain; charset=iso-8859-1"], b"womb\x90atflute\r\n"),
    )
    yield "zeros of UTF-16, label UTF-8", message([MIME, PLAIN, BASE64], b64(CANARY.encode("utf-16-be")))


@recipe("I186", "a bare CR within text", Target.KEYWORD, may_miss=True)
def bare_cr() -> Iterator[Made]:
    yield "within", message([MIME, PLAIN], b"womb\ratflute\r\n")
    yield "CR CR LF", message([MIME, PLAIN], b"womb\r\r\natflute\r\n")
    yield "within, HTML", message([MIME, HTML], b"<p>womb\ratflute</p>\r\n")
    yield "overwritten", message([MIME, PLAIN], b"Minutes of the\r" + WORD + CRLF)
    yield "hyphen and line end", message([MIME, PLAIN], b"womb-\r\natflute\r\n")
    yield "vertical tab", message([MIME, PLAIN], b"womb\vatflute\r\n")


@recipe("I187", "text that is slow to search", Target.NO_HANG)
def stress() -> Iterator[Made]:
    count = 100_000
    for name, unit in {
        "a": "a",
        "w": "w",
        "bracket": "(",
        "dot": ".",
        "womb": "womb",
        "space": " ",
        "mark": "\u0301",
    }.items():
        yield f"{name}, plain", text((unit * count).encode())
    html = {
        "less-than": "<" * count,
        "ampersand": "&" * count,
        "reference": "&#" * count,
        "comment": "<!--" * count,
        "elements": "<div>" * count,
        "attributes": "<p " + "a=b " * count + ">",
        "hidden": "<i hidden>" * count,
        "styles": '<i style="' + "a:b;" * count + '">',
        "tables": "<table>" * 20_000,
        "quotation": '<p title="' * 20_000,
        "characters of no width": "\u200b" * count,
        "overrides": "\u202e" * count,
    }
    for name, page in html.items():
        yield f"{name}, HTML", text(page.encode(), kind=b"text/html")
    yield "encoded-words", message([MIME, PLAIN], HARMLESS, subject=b"=?utf-8?Q?a?= " * 20_000)
    yield "half encoded-words", message([MIME, PLAIN], HARMLESS, subject=b"=?" * 50_000)
    yield "begin lines", message([MIME, PLAIN], b"begin 644 a\r\n" * 10_000)
    yield "delimiters", message([MIME, b"Content-Type: multipart/mixed; boundary=a"], b"--a\r\n" * 40_000)
    yield "brackets in a field", message([MIME, b"Content-Type: text/plain; a=" + b"(" * 50_000], HARMLESS)
    yield (
        "quotation marks in a field",
        message([MIME, b"Content-Type: text/plain; a=" + b'"' * 50_000], HARMLESS),
    )
