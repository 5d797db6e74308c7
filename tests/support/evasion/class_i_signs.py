"""Class I: signs, references and tags that take a word apart for a filter and not for a reader. The canary word is
what has to be found."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.support.evasion.build import (
    CANARY,
    HARMLESS,
    MIME,
    PLAIN,
    message,
)
from tests.support.evasion.class_i import WIDE, WORD, pages, text, texts
from tests.support.evasion.recipe import Made, Target, recipe


def between(sign: str) -> str:
    """The canary word with `sign` between its letters."""
    return sign.join(CANARY)


@recipe("I166", "characters of no width", Target.KEYWORD)
def zero_width() -> Iterator[Made]:
    codes = [
        *(
            0x200B,
            0x200C,
            0x200D,
            0x2060,
            0xFEFF,
            0x180E,
            0x2061,
            0x2062,
            0x2063,
            0x2064,
            0x200E,
            0x200F,
            0x061C,
        ),
        *(0x034F, 0xFE0F, 0xE0100, 0xE0061, 0x202C, 0x2066, 0x206A, 0x17B4, 0x1D173, 0xFFF9),
    ]
    yield from texts({f"U+{code:04X}": (b"utf-8", between(chr(code)).encode()) for code in codes})
    html = {
        "space reference": between("&#8203;"),
        "joiner by name": between("&zwj;"),
        "non-joiner by name": between("&zwnj;"),
        "line break by name": between("<wbr>"),
        "hexadecimal": between("&#xFEFF;"),
        "no break by name": between("&NoBreak;"),
        "in an attribute": f'<img alt="{between("&#8203;")}">',
    }
    yield from pages(html)
    yield "in the subject", message([MIME, PLAIN], HARMLESS, subject=encoded_word(between("\u200b")))


def encoded_word(words: str, charset: str = "utf-8") -> bytes:
    """One encoded-word (RFC 2047) with base64."""
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(words.encode(charset)) + b"?="


@recipe(
    "I167",
    "soft hyphens and combining marks, and letters that look alike",
    Target.KEYWORD,
    may_miss=["letters in brackets", "regional letters", "small capitals", "hooked letter"],
)
def marks() -> Iterator[Made]:
    signs = {
        "soft hyphen": "\u00ad",
        "acute": "\u0301",
        "stroke": "\u0336",
        "circle": "\u20dd",
        "overline": "\u0305",
        "ten marks": "\u0301\u0302\u0303\u0304\u0305" * 2,
        "half mark": "\ufe20",
        "Arabic mark": "\u064b",
    }
    yield from texts({name: (b"utf-8", between(sign).encode()) for name, sign in signs.items()})
    yield "accented letters", text("w\u00f6mb\u00e1tfl\u00fct\u00e9".encode())
    yield (
        "accented letters, Latin-1",
        text("w\u00f6mb\u00e1tfl\u00fct\u00e9".encode("latin-1"), b"iso-8859-1"),
    )
    yield "full-width letters", text(WIDE.encode())
    yield (
        "mathematical letters",
        text("".join([chr(0x1D41A + ord(letter) - 97) for letter in CANARY]).encode()),
    )
    yield "circled letters", text("".join([chr(0x24D0 + ord(letter) - 97) for letter in CANARY]).encode())
    yield "letters in brackets", text("".join([chr(0x249C + ord(letter) - 97) for letter in CANARY]).encode())
    yield "regional letters", text("".join([chr(0x1F1E6 + ord(letter) - 97) for letter in CANARY]).encode())
    yield "Cyrillic letters", text("w\u043emb\u0430tflut\u0435".encode())
    yield "Cyrillic letters, KOI8-R", text("w\u043emb\u0430tflut\u0435".encode("koi8-r"), b"koi8-r")
    yield "Greek letters", text("w\u03bfmbatflute".encode())
    yield "hooked letter", text("wombat\u0192lute".encode())
    yield "hyphen by name", text(between("&shy;").encode(), kind=b"text/html")
    yield "capitals", text(CANARY.upper().encode())
    yield (
        "small capitals",
        text("\u1d21\u1d0f\u1d0d\u0299\u1d00\u1d1b\ua730\u029f\u1d1c\u1d1b\u1d07".encode()),
    )


@recipe("I169", "character references", Target.KEYWORD)
def references() -> Iterator[Made]:
    yield from pages(
        {
            "mixed": "&#119;&#x6f;m&#98;atflute",
            "decimal": "".join([f"&#{ord(c)};" for c in CANARY]),
            "hexadecimal": "".join([f"&#x{ord(c):x};" for c in CANARY]),
            "capital X": "".join([f"&#X{ord(c):X};" for c in CANARY]),
            "no semicolon": "".join([f"&#{ord(c)}" for c in CANARY]),
            "hexadecimal, no semicolon": "".join([f"&#x{ord(c):x}" for c in CANARY]),
            "leading zeros": "".join([f"&#{ord(c):012d};" for c in CANARY]),
            "hexadecimal, leading zeros": "".join([f"&#x{ord(c):020x};" for c in CANARY]),
            "full-width letters": "".join([f"&#{ord(c)};" for c in WIDE]),
            "in an attribute": f'<img alt="{"".join([f"&#{ord(c)}" for c in CANARY])}">',
            "in the title": f"<title>{''.join([f'&#{ord(c)};' for c in CANARY])}</title>",
            "accented by name": "w&ouml;mb&aacute;tfl&uuml;t&eacute;",
            "letters by name": "w&oopf;mb&aopf;tfl&uopf;te",
            "script letters by name": "w&oscr;mbat&fscr;lute",
            "ligature by name": "wombat&#xFB02;ute",
            "in quoted text area": "<textarea>&#119;ombatflute</textarea>",
        }
    )
    yield "plain text, as HTML", text(b"<html><body>&#119;ombatflute</body></html>", kind=b"text/plain")


@recipe(
    "I170",
    "tags and comments within the word",
    Target.KEYWORD,
    may_miss=["tables", "unclosed comment before"],
)
def tags() -> Iterator[Made]:
    inside = {
        "comment": "<!-- x -->",
        "elements": "<b></b>",
        "span": "<span></span>",
        "unknown element": "<foo-bar></foo-bar>",
        "end tag of nothing": "</nothing>",
        "declaration": "<!foo>",
        "instruction": "<?foo?>",
        "character data": "<![CDATA[>",
        "conditional comment": "<!--[if mso]>x<![endif]-->",
        "revealed comment": "<!--[if !mso]><!-->",
        "empty comment": "<!-->",
        "short comment": "<!--->",
        "odd end of comment": "<!-- x --!>",
        "comment with a tag": "<!-- <b> > -->",
        "attribute with a bracket": '<span title="&gt;>">',
        "attribute with a quotation mark": "<span title='\"'></span>",
        "long tag": "<span " + "x" * 5_000 + ">",
        "line ends": "<b\r\n></b\r\n>",
        "slash": "<b/>",
        "script": "<script>x</script>",
        "style": "<style>x{}</style>",
        "template": "<template>x</template>",
        "NUL": "<b\0></b>",
        "line break element": "<wbr/>",
        "image": '<img width=0 height=0 src="cid:x">',
        "anchor": "<a name=x></a>",
        "many": "<i></i>" * 500,
        "tag without end": "<b <i>",
        "end comment with a space": "</ x>",
        "void end tag": "</>",
        "title element": "<title>x</title>",
        "head": "<head><meta name=x></head>",
    }
    yield from pages({name: f"<p>wom{tag}batflute</p>" for name, tag in inside.items()})
    yield "between all letters", text(between("<b></b>").encode(), kind=b"text/html")
    yield (
        "tables",
        text(
            (
                "<table cellspacing=0><tr>" + "".join([f"<td>{c}</td>" for c in CANARY]) + "</tr></table>"
            ).encode(),
            kind=b"text/html",
        ),
    )
    yield "XHTML", text(b"<html><p>wom<b/>batflute</p></html>", kind=b"application/xhtml+xml")
    yield "enriched", text(b"wom<bold></bold>batflute", kind=b"text/enriched")
    yield "unclosed comment before", text(b"<!-- x <p>" + WORD + b"</p>", kind=b"text/html")


@recipe("I171", "hidden letters within the word, and hidden words", Target.KEYWORD)
def hidden() -> Iterator[Made]:
    styles = {
        "display": "display:none",
        "display, spaced": "DISPLAY : none !important",
        "font size": "font-size:0",
        "font size with a unit": "font-size:0px;line-height:0",
        "tiny": "font-size:0.1px",
        "colour": "color:#fff;background:#fff",
        "colour by name": "color:white",
        "visibility": "visibility:hidden",
        "opacity": "opacity:0",
        "far away": "position:absolute;left:-9999px",
        "no height": "max-height:0;overflow:hidden",
        "mso": "mso-hide:all",
        "transparent": "color:transparent",
        "escaped": r"d\69splay:none",
        "comment": "display/**/:none",
        "clipped": "position:absolute;clip:rect(0,0,0,0)",
    }
    yield from pages(
        {name: f'<p>wom<span style="{style}">xyz</span>batflute</p>' for name, style in styles.items()}
    )
    yield from pages(
        {
            f"{name}, hidden word": f'<p>Minutes<span style="{style}"> {CANARY} </span></p>'
            for name, style in styles.items()
        }
    )
    sheet = "<style>.h{display:none}</style>"
    yield "class", text(f"{sheet}<p>wom<i class=h>xyz</i>batflute</p>".encode(), kind=b"text/html")
    yield "attribute", text(b"<p>wom<i hidden>xyz</i>batflute</p>", kind=b"text/html")
    yield "element", text(b"<style>i{display:none}</style><p>wom<i>xyz</i>batflute</p>", kind=b"text/html")
    yield "between all letters", text(between('<i style="display:none">x</i>').encode(), kind=b"text/html")
    yield "font element", text(b"<p>wom<font size=0 color=white>x</font>batflute</p>", kind=b"text/html")
    yield "nested", text(b'<p>wom<i style="display:none">x<b>y</b>z</i>batflute</p>', kind=b"text/html")
    yield (
        "shown by an id",
        text(b"<style>#a{display:none}</style>wom<i id=a>xyz</i>batflute", kind=b"text/html"),
    )


@recipe("I173", "text that is turned round", Target.KEYWORD, may_miss=True)
def turned() -> Iterator[Made]:
    back = CANARY[::-1]
    yield from texts(
        {
            "override": (b"utf-8", f"\u202e{back}\u202c".encode()),
            "override without end": (b"utf-8", f"a \u202e{back}".encode()),
            "half": (b"utf-8", f"{CANARY[:5]}\u202e{CANARY[5:][::-1]}\u202c".encode()),
            "isolated": (b"utf-8", f"\u2067\u202e{back}\u202c\u2069".encode()),
        }
    )
    yield from pages(
        {
            "element": f"<bdo dir=rtl>{back}</bdo>",
            "style": f'<span style="direction:rtl;unicode-bidi:bidi-override">{back}</span>',
            "reference": f"&#8238;{back}&#8236;",
        }
    )
    yield "subject", message([MIME, PLAIN], HARMLESS, subject=encoded_word(f"\u202e{back}\u202c"))
