"""Hostile messages: structure without end, and delimiters that are hard to tell from each other."""

from __future__ import annotations

import base64

from benchmarks.hostile_base import PLAIN, TOP, Maker, filled, levels, multipart, repeated


def many_parts(size: int) -> bytes:
    """10,000 parts a megabyte."""
    body = b"x" * 42
    return multipart(size, lambda number: b"Content-Type: text/plain; name=a%06d\r\n\r\n" % number + body)


def many_levels(size: int) -> bytes:
    """200 levels, and text in the innermost one."""
    return levels(200, PLAIN + repeated(size - 12_000, b"words and more words\r\n"))


def many_fields(size: int) -> bytes:
    """20,000 header fields a megabyte."""
    return filled(size, lambda number: b"X-Field-%06d: some words that follow it, and more\r\n" % number)[
        :size
    ] + (b"\r\nx\r\n")


def all_together(size: int) -> bytes:
    """A third of the fields and of the parts, the parts within 200 levels."""
    fields = filled(
        size // 3, lambda number: b"X-Field-%06d: some words that follow it, and more\r\n" % number
    )
    part = b"--b199\r\nContent-Type: text/plain; name=a\r\n\r\n" + b"x" * 42 + b"\r\n"
    return fields + levels(200, repeated(size // 3 * 2 - 12_000, part))


def empty_parts(size: int) -> bytes:
    """Delimiters and nothing else."""
    return multipart(size, lambda number: b"\r\n")


def nested_messages(size: int) -> bytes:
    """Messages within messages, each with an encoding that does not fit."""
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return TOP + repeated(size, head) + TOP + b"\r\nx\r\n"


def really_encoded_messages(size: int) -> bytes:
    """A message in base64 within a message in base64, and so on, text in the innermost one."""
    content = TOP + b"\r\n" + repeated(size // 6, b"words and more words\r\n")
    fields = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    while len(content) * 4 // 3 < size:
        content = TOP + fields + base64.encodebytes(content).replace(b"\n", b"\r\n")
    return content


def encoded_multiparts(size: int) -> bytes:
    """Multiparts whose encoding is real, five within each other, again and again."""

    def one(number: int) -> bytes:
        content = PLAIN + b"y" * 50
        for level in range(5):
            boundary = b"e%d" % level
            content = b"--%b\r\n%b\r\n--%b--\r\n" % (boundary, content, boundary)
            content = (
                b"Content-Type: multipart/mixed; boundary=%b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                % boundary
                + base64.encodebytes(content)
            )
        return content

    return multipart(size, one)


def prefix_boundaries(size: int) -> bytes:
    """Eight levels whose boundaries are prefixes of each other, and delimiters of all of them."""
    names = [b"b" * (level + 1) for level in range(8)]
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (name, name) for name in names
    )
    body = filled(size, lambda number: b"\r\n--%b\r\n" % names[number % 8] + PLAIN)
    return TOP + opening + body


def prefix_boundaries_outwards(size: int) -> bytes:
    """The same with the longest boundary outside, each level in turn opened again."""
    names = [b"b" * (8 - level) for level in range(8)]

    def one(number: int) -> bytes:
        name = names[number % 8]
        return (
            b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (name, name)
            + PLAIN
            + b"--%b\r\n" % name
        )

    return TOP + filled(size, one)


def same_boundary(size: int) -> bytes:
    """One boundary at every level."""
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    return TOP + repeated(size, head)


def dashes(size: int) -> bytes:
    """Lines that begin with "--" and are no delimiters, within 50 levels."""
    return levels(49, PLAIN + repeated(size - 4_000, b"--\r\n"))


def near_delimiters(size: int) -> bytes:
    """Lines that are delimiters but for their last octet, within 40 levels of long boundaries."""
    names = [b"n" * 60 + b"%04d" % level for level in range(40)]
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (name, name) for name in names
    )
    return TOP + opening + PLAIN + repeated(size - len(opening), b"--" + b"n" * 60 + b"003\r\n")


def long_dashes(size: int) -> bytes:
    """One line of dashes without end, within a multipart whose boundary is dashes too."""
    head = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n--%b\r\n' % (b"-" * 60, b"-" * 60)
    return TOP + head + PLAIN + b"-" * size


STRUCTURE: tuple[Maker, ...] = (
    *(many_parts, many_levels, many_fields, all_together, empty_parts, nested_messages),
    *(really_encoded_messages, encoded_multiparts, prefix_boundaries, prefix_boundaries_outwards),
    *(same_boundary, dashes, near_delimiters, long_dashes),
)
