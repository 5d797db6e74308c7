"""Hostile messages: header fields that are many, long, folded, or full of parameters and encoded-words."""

from __future__ import annotations

from benchmarks.hostile_base import TOP, Maker, multipart, repeated


def long_parameters(size: int) -> bytes:
    """Parts with 16 KB of parameters each, all of them file names."""
    names = b"".join(b"; filename*%d*=utf-8''%%41%%42" % number for number in range(400))
    return multipart(size, lambda number: b"Content-Disposition: attachment" + names + b"\r\n\r\nx")


def long_field(size: int) -> bytes:
    """64 KB of parameters to a field, in many fields of one header."""
    parameters = b'; a=((((("\\"' * 5_900
    return TOP + repeated(size, b"Content-Type: text/plain" + parameters + b"\r\n") + b"\r\nx\r\n"


def many_names(size: int) -> bytes:
    """Parts each of which has sixty candidate names with encoded-words."""
    names = b"".join(b'; name="=?utf-8?B?QUJD?= %d.txt"' % number for number in range(60))
    return multipart(size, lambda number: b"Content-Type: text/plain" + names + b"\r\n\r\nx")


def word_subject(size: int) -> bytes:
    """A subject of encoded-words that never end."""
    return TOP + b"Subject: " + repeated(size, b"=?utf-8?B?") + b"\r\n\r\nx\r\n"


def words_subject(size: int) -> bytes:
    """A subject of encoded-words, each of another charset than the one before it."""
    return TOP + b"Subject: " + repeated(size, b"=?utf-8?B?QQ==?= =?iso-2022-jp?Q?A?= ") + b"\r\n\r\nx\r\n"


def folds(size: int) -> bytes:
    """One field of lines of one letter."""
    return TOP + b"X-Note: a\r\n" + repeated(size, b" a\r\n") + b"\r\nx\r\n"


def blank_folds(size: int) -> bytes:
    """One field of lines of white space."""
    return TOP + b"X-Note: a\r\n" + repeated(size, b" \t \r\n") + b"\r\nx\r\n"


def junk_lines(size: int) -> bytes:
    """Lines that are no fields, familiar fields between them."""
    return TOP + repeated(size, b"no field here\r\nX-A: b\r\n content-type: text/html\r\n") + b"\r\nx\r\n"


def addresses(size: int) -> bytes:
    """Addresses that are not quite addresses."""
    return TOP + b"Cc: " + repeated(size, b'"a@b" <c@ (d) e@f,') + b"\r\n\r\nx\r\n"


def tiny_fields(size: int) -> bytes:
    """Messages within a message, each of thousands of fields of one letter."""
    head = b"Content-Type: message/rfc822\r\n\r\n"
    return multipart(size, lambda number: head + "a:\u043e\n".encode() * 4_900 + b"\r\n")


def long_names(size: int) -> bytes:
    """Parts with file names of thousands of characters, which can be read in many ways."""
    name = b"\\a".join([b"=?utf-8?Q?=D0=B0?= (x) %41\xe2\x80\xae.txt "] * 300)[:7_000]
    head = (
        b'Content-Type: a/b; name="%b" junk=x\r\nContent-Disposition: attachment; filename="%b" x=y\r\n\r\n'
    )
    return multipart(size, lambda number: head % (name, name[:-3]) + b"%d" % number)


FIELDS: tuple[Maker, ...] = (
    *(long_parameters, long_field, many_names, word_subject, words_subject, folds, blank_folds),
    *(junk_lines, addresses, tiny_fields, long_names),
)
