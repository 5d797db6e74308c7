"""Hostile messages: whatever is read in several ways, in every part, around every part, or both."""

from __future__ import annotations

import base64

from benchmarks.hostile_base import PLAIN, TOP, Maker, encoded, filled, levels, multipart, repeated, text
from benchmarks.hostile_text import many_charsets


def duplicate_types(size: int) -> bytes:
    """Eight Content-Type fields at each of 45 levels, each with a boundary of its own."""
    many = b"".join(b"Content-Type: multipart/mixed; boundary=d%d\r\n" % number for number in range(8))
    return levels(45, PLAIN + repeated(size - 20_000, b"words and more words\r\n"), many)


def duplicate_types_of_parts(size: int) -> bytes:
    """Parts each of which has four types, two encodings and two names."""
    head = (
        b"Content-Type: text/plain; name=a\r\nContent-Type: text/html\r\nContent-Type: message/rfc822\r\n"
        b"Content-Type: application/pdf; boundary=q\r\n"
        b"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Disposition: attachment; filename=b\r\n\r\n"
    )
    return multipart(size, lambda number: head + base64.b64encode(b"part %d" % number))


def doubtful_parts(size: int) -> bytes:
    """Parts each of whose headers can be read in many ways: where it ends, which type, encoding and boundary."""
    head = (
        b"X: y\r\n \r\n Content-Type: text/html\r\nthis is no field\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Transfer-Encoding: x-what\r\nContent-Type: multipart/mixed; boundary=c; boundary*=us-ascii''d;"
        b' boundary="e"\r\n\r\n\r\nContent-Type: image/png; boundary=f\r\n\r\n'
    )
    return multipart(size, lambda number: head + b"--c\r\n\r\nx\r\n--d\r\n\r\ny\r\n--e\r\n\r\nz")


def doubtful_levels(size: int) -> bytes:
    """The same doubts in the header of every level; all that is within is read again for each."""
    doubts = (
        b"X: y\r\n \r\n Content-Type: text/html\r\nContent-Transfer-Encoding: x-what\r\n"
        b"Content-Type: multipart/mixed; boundary=c; boundary=d\r\n"
    )
    part = b"--b40\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return levels(41, repeated(size - 12_000, part), doubts)


def doubtful_levels_of_junk(size: int) -> bytes:
    """Levels in doubt around a body of broken base64."""
    doubts = b"X: y\r\n \r\nContent-Transfer-Encoding: x-what\r\n"
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return levels(48, head + repeated(size - 12_000, b"QUJD*REVG=R0hJ-\r\n"), doubts)


def broken_base64(size: int) -> bytes:
    """2,000 parts a megabyte, of base64 with junk, padding and letters of another alphabet."""
    head = b"Content-Type: application/x-thing; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return multipart(size, lambda number: head + b"QUJD*REVG=R0hJ-_" * 20 + b"\r\n%d" % number)


def broken_base64_in_one(size: int) -> bytes:
    """One leaf of base64 with junk and padding in every line."""
    return text(size, b"QUJD*REVG=R0hJ-_QUJDREVG\r\n", b"Content-Transfer-Encoding: base64\r\n")


def broken_quoted_printable(size: int) -> bytes:
    """Quoted-printable with an illegal escape in every line."""
    return text(size, b"=4 =\t \r\n=zz=3D=\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n")


def text_in_base64(size: int) -> bytes:
    """Many parts of text that begin like base64, and so are read both ways."""
    head = b"Content-Type: text/plain\r\n\r\n"
    return multipart(
        size,
        lambda number: head + base64.b64encode(b"%06d some words, and some more words that follow" % number),
    )


def suffixed_delimiters(size: int) -> bytes:
    """Delimiters with something behind them, at 40 levels: exact or not, outermost or innermost."""
    names = [b"s" + b"x" * level for level in range(40)]
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (name, name) for name in names
    )
    return TOP + opening + filled(size - 8_000, lambda number: b"--%b-\r\n\r\nx\r\n" % names[number % 40])


def premature_ends(size: int) -> bytes:
    """Forty levels; delimiters of each outer one stand within an inner one that is open, which is opened again."""

    def one(number: int) -> bytes:
        opened = b"".join(
            b"Content-Type: multipart/mixed; boundary=p%d\r\n\r\n--p%d\r\n" % (level, level)
            for level in range(1, 10)
        )
        return opened + PLAIN + b"--p0\r\n"

    return TOP + b"Content-Type: multipart/mixed; boundary=p0\r\n\r\n--p0\r\n" + filled(size, one)


def parts_in_margins(size: int) -> bytes:
    """Multiparts whose preambles hold parts of another boundary, which hold such multiparts."""
    head = b"Content-Type: multipart/mixed; boundary=m%d\r\n\r\n--w%d\r\n"
    return TOP + filled(size, lambda number: head % (number, number))


_DOUBTS = b"X: y\r\n \r\n Content-Type: text/html\r\nContent-Transfer-Encoding: x-what\r\n"


def doubtful_levels_of_dashes(size: int) -> bytes:
    """Levels in doubt around lines that begin with "--"."""
    return levels(48, PLAIN + repeated(size - 14_000, b"--\n"), _DOUBTS)


def doubtful_levels_of_fields(size: int) -> bytes:
    """Levels in doubt around parts of thousands of fields."""
    part = b"--b45\r\n" + b"a:\n" * 4_900 + b"\r\n\r\n"
    return levels(46, repeated(size - 14_000, part), _DOUBTS)


def doubtful_levels_of_pages(size: int) -> bytes:
    """Levels in doubt around a page of HTML."""
    page = repeated(size - 14_000, b'<b hidden>x</b><a href="%41">\xd0\xb0b')
    return levels(46, b"Content-Type: text/html\r\n\r\n" + page, _DOUBTS)


def doubtful_levels_of_charsets(size: int) -> bytes:
    """Levels in doubt around pages that are text in many charsets."""
    page = b"--b45\r\n" + many_charsets(200).partition(b"MIME-Version: 1.0\r\n")[2]
    return levels(46, filled(size - 14_000, lambda number: page + b"%d\r\n" % number), _DOUBTS)


def doubtful_levels_of_escapes(size: int) -> bytes:
    """Levels in doubt around broken quoted-printable."""
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return levels(46, head + repeated(size - 14_000, b"= \t\n=\r=q"), _DOUBTS)


def padded_base64(size: int) -> bytes:
    """Parts of base64 that is padded after every character or two."""
    head = b"Content-Transfer-Encoding: base64\r\n\r\n"
    return multipart(size, lambda number: head + b"QQ==Q=\r\n" * 8_000)


def bare_cr_in_nested_messages(size: int) -> bytes:
    """Eight messages within each other, again and again, each with a CR alone, for which each is read twice."""
    head = b"Content-Type: message/rfc822\r\nX: y\rz\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    def one(number: int) -> bytes:
        content = TOP + b"X: y\rz\r\n\r\nwords %d\r\n" % number
        for _ in range(8):
            content = head + encoded(content)
        return content

    return multipart(size, one)


DOUBTS: tuple[Maker, ...] = (
    *(duplicate_types, duplicate_types_of_parts, doubtful_parts, doubtful_levels, doubtful_levels_of_junk),
    *(broken_base64, broken_base64_in_one, broken_quoted_printable, text_in_base64, suffixed_delimiters),
    *(premature_ends, parts_in_margins, doubtful_levels_of_dashes, doubtful_levels_of_fields),
    *(doubtful_levels_of_pages, doubtful_levels_of_charsets, doubtful_levels_of_escapes),
    *(padded_base64, bare_cr_in_nested_messages),
)
