"""Hostile messages: HTML and text that are hard to read."""

from __future__ import annotations

import base64

from benchmarks.hostile_base import TOP, Maker, filled, multipart, repeated, text


def html_text(size: int, piece: bytes, before: bytes = b"") -> bytes:
    """A message of one page, `piece` over and over."""
    return TOP + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + before + repeated(size, piece)


def tag_soup(size: int) -> bytes:
    """Tags that are never closed, with attributes that matter."""
    return html_text(size, b'<b hidden><i style="display:none"><a href=x>&#65;<bdo dir=rtl>')


def distinct_tags(size: int) -> bytes:
    """Tags no two of which are alike, each with a style."""
    page = filled(
        size, lambda number: b'<p style="color:#%06x;font-size:%dpx">w%d' % (number, number, number)
    )
    return TOP + b"Content-Type: text/html\r\n\r\n" + page


def open_tags(size: int) -> bytes:
    """Beginnings of tags and comments that never end."""
    return html_text(size, b"<!--[if <a <b ='\"<script <style ")


def style_sheets(size: int) -> bytes:
    """Style sheets of many selectors, and elements with many classes."""
    half = size // 2
    sheet = filled(half, lambda number: b".c%d,.d%d>e%d{color:#%06x;display:none}" % ((number,) * 4))
    body = filled(half, lambda number: b'<p class="c%d d%d e%d" id=x%d>w' % ((number,) * 4))
    return TOP + b"Content-Type: text/html\r\n\r\n<style>" + sheet + b"</style>" + body


def conditional_comments(size: int) -> bytes:
    """Conditional comments within words."""
    return html_text(size, b"wo<!--[if mso]><b hidden>m</b><![endif]-->bat ")


def embedded_documents(size: int) -> bytes:
    """Documents in data: URIs in documents in data: URIs."""
    page = b"<b hidden>x</b>"
    for _ in range(3):
        page = b'<a href="data:text/html;base64,%b">y</a>' % base64.b64encode(page * 2)
    return html_text(size, page)


def big_embedded_document(size: int) -> bytes:
    """One large document in a data: URI in one in a data: URI, with things to hide in each."""
    page = repeated(size // 3, b"w<b hidden>x</b>")
    for _ in range(3):
        page = b'<b hidden>w</b><a href="data:text/html;base64,%b">y</a>' % base64.b64encode(page)
    return html_text(len(page), page)


def references(size: int) -> bytes:
    """Character references with leading zeros, or too large."""
    return html_text(size, b"&#000000000000065;&#x99999999;&notit;&am&#")


def many_charsets(size: int) -> bytes:
    """Octets that are text in many charsets, under sixteen labels."""
    labels = b"; ".join(
        b"charset=%b" % label
        for label in (
            *(b"utf-8", b"koi8-r", b"gb2312", b"big5", b"iso-2022-jp", b"hz-gb-2312", b"utf-7", b"utf-16"),
            *(b"euc-kr", b"shift_jis", b"utf-32", b"cp037", b"windows-1251", b"iso-8859-5", b"cp1140"),
        )
    )
    fields = b"Content-Type: text/html; " + labels + b"\r\nContent-Transfer-Encoding: 8bit\r\n"
    return text(size, "<b hidden>жщ \u202eабв aбв\u202c</b> +AGE- ~{ \x1b$B =3D=\r\n".encode(), fields)


def many_charsets_of_parts(size: int) -> bytes:
    """The same in many small parts."""
    one = many_charsets(200).partition(b"MIME-Version: 1.0\r\n")[2]
    return multipart(size, lambda number: one + b"%d" % number)


def overrides(size: int) -> bytes:
    """Text of bidirectional controls."""
    return text(size, "\u202ea\u202bb\u2067c\u202cd\u2069".encode())


def combining_marks(size: int) -> bytes:
    """A letter with combining marks without end."""
    return text(size, "\u0301\u0316".encode())


def lookalikes(size: int) -> bytes:
    """Words of Latin and Cyrillic letters mixed."""
    return text(size, "wоmбаt ".encode())


def distinct_characters(size: int) -> bytes:
    """Characters no two of which are alike."""
    characters = "".join(map(chr, range(0xA0, 0xD800))) + "".join(map(chr, range(0x10000, 0x20000)))
    return text(size, characters.encode())


def flowed_lines(size: int) -> bytes:
    """Flowed text of short lines."""
    return text(size, b"> a \r\n>> b \r\n ", b"Content-Type: text/plain; format=flowed; delsp=yes\r\n")


def encoded_text(size: int) -> bytes:
    """Text that is quoted-printable and encoded-words though nothing says so."""
    return text(size, b"a=3Db=\r\nc =?utf-8?Q?d=65?= ")


def common_words(size: int) -> bytes:
    """Words that rules look for, in fields, without being whole words."""
    return text(size, b"casino poker bet sex viagra kill bomb drugs ")


TEXTS: tuple[Maker, ...] = (
    *(tag_soup, distinct_tags, open_tags, style_sheets, conditional_comments, embedded_documents),
    *(big_embedded_document, references, many_charsets, many_charsets_of_parts, overrides),
    *(combining_marks, lookalikes, distinct_characters, flowed_lines, encoded_text, common_words),
)
