"""Changes to an input that keep something of its structure: raw octets seldom get behind the first header.

Everything comes of the seed that is given, so that a run can be repeated.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import random
import re
from collections.abc import Callable, Sequence

from tests.fuzz import fragments

_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FIELDS_AND_TEXT = (b"MIME-Version: 1.0\r\n", b"From: a\r\nTo: b\r\nSubject: c\r\n")


def lines_of(data: bytes) -> list[bytes]:
    """The lines with their endings, whichever they are."""
    return [line for line in _LINES.findall(data) if line]


class Mutator:
    """Changes inputs by means of `fragments`."""

    def __init__(self, pieces: Sequence[bytes], *, mail: bool) -> None:
        """With `mail` inputs are taken for messages too: parts and messages are put around them, or made anew."""
        self._pieces = pieces
        self._changes: list[Callable[[random.Random, bytes], bytes]] = [
            *(self._inserted, self._inserted, self._line_inserted, self._line_replaced, _line_left_out),
            *(_line_repeated, _lines_swapped, _cut_short, _repeated, _octet_changed, _doubled_tail, _moved),
        ]
        if mail:
            self._changes += [_encoded, _other_endings, _in_multipart, _in_message, _composed, _with_part]

    def __call__(self, data: bytes, longest: int, seed: int) -> bytes:
        """`data`, changed in one to four ways, `longest` octets at most."""
        chance = random.Random(seed)
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
            data = chance.choice(self._changes)(chance, data)[:longest]
        return data

    def _inserted(self, chance: random.Random, data: bytes) -> bytes:
        place = chance.randrange(len(data) + 1)
        return data[:place] + chance.choice(self._pieces) + data[place + chance.choice((0, 0, 1, 4)) :]

    def _line_inserted(self, chance: random.Random, data: bytes) -> bytes:
        lines = lines_of(data)
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(self._pieces))
        return b"".join(lines)

    def _line_replaced(self, chance: random.Random, data: bytes) -> bytes:
        lines = lines_of(data) or [b""]
        lines[chance.randrange(len(lines))] = chance.choice(self._pieces)
        return b"".join(lines)


def _line_left_out(chance: random.Random, data: bytes) -> bytes:
    lines = lines_of(data)
    first = chance.randrange(len(lines) + 1)
    del lines[first : first + chance.choice((1, 1, 2, 5))]
    return b"".join(lines)


def _line_repeated(chance: random.Random, data: bytes) -> bytes:
    lines = lines_of(data) or [b"\n"]
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return b"".join(lines)


def _lines_swapped(chance: random.Random, data: bytes) -> bytes:
    lines = lines_of(data) or [b"\n"]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _span(chance: random.Random, data: bytes) -> tuple[int, int]:
    first = chance.randrange(len(data) + 1)
    return first, min(first + chance.choice((1, 4, 30, 300)), len(data))


def _cut_short(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _repeated(chance: random.Random, data: bytes) -> bytes:
    first, last = _span(chance, data)
    return data[:last] + data[first:last] * chance.choice((1, 2, 7, 60)) + data[last:]


def _octet_changed(chance: random.Random, data: bytes) -> bytes:
    if not data:
        return b"\0"
    place = chance.randrange(len(data))
    return (
        data[:place]
        + bytes([chance.choice((0, 0xFF, 0x20, data[place] ^ 1 << chance.randrange(8)))])
        + data[place + 1 :]
    )


def _doubled_tail(chance: random.Random, data: bytes) -> bytes:
    return data + data[chance.randrange(len(data) + 1) :]


def _moved(chance: random.Random, data: bytes) -> bytes:
    first, last = _span(chance, data)
    rest = data[:first] + data[last:]
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + data[first:last] + rest[place:]


def _encoded(chance: random.Random, data: bytes) -> bytes:
    """Some of the lines in base64, quoted-printable or uuencode, perhaps with the field that says so."""
    lines = lines_of(data)
    first = chance.randrange(len(lines) + 1)
    last = min(first + chance.choice((1, 3, 10, 100)), len(lines))
    text = b"".join(lines[first:last])
    encoded, field = chance.choice(
        (
            (base64.encodebytes(text), b"Content-Transfer-Encoding: base64\r\n"),
            (quopri.encodestring(text), b"Content-Transfer-Encoding: quoted-printable\r\n"),
            (_uuencoded(text), b"Content-Transfer-Encoding: x-uuencode\r\n"),
        )
    )
    head = field + b"\r\n" if chance.randrange(2) else b""
    return b"".join([*lines[:first], head, encoded.replace(b"\n", b"\r\n"), *lines[last:]])


def _uuencoded(text: bytes) -> bytes:
    content = b"".join([binascii.b2a_uu(text[place : place + 45]) for place in range(0, len(text), 45)])
    return b"begin 644 a.exe\n" + content + b"`\nend\n"


def _other_endings(chance: random.Random, data: bytes) -> bytes:
    ending = chance.choice((b"\n", b"\r", b"\r\n"))
    lines = lines_of(data)
    first, last = sorted((chance.randrange(len(lines) + 1), chance.randrange(len(lines) + 1)))
    changed = [line.rstrip(b"\r\n") + ending for line in lines[first:last]]
    return b"".join([*lines[:first], *changed, *lines[last:]])


def _boundary(chance: random.Random) -> bytes:
    return chance.choice((b"foo", b"bar", b"foobar", b"x", b"foo--"))


def _in_multipart(chance: random.Random, data: bytes) -> bytes:
    name = _boundary(chance)
    head = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (name, name)
    return head + data + chance.choice((b"\r\n--%b--\r\n" % name, b"", b"\r\n--%b\r\n" % name))


def _in_message(chance: random.Random, data: bytes) -> bytes:
    head = b"".join(chance.sample(_FIELDS_AND_TEXT, chance.randrange(3)))
    return head + chance.choice((b"Content-Type: message/rfc822\r\n\r\n", b"\r\n")) + data


def _with_part(chance: random.Random, data: bytes) -> bytes:
    name = _boundary(chance)
    return data + b"\r\n--%b\r\n" % name + part(chance, 1)


def _composed(chance: random.Random, data: bytes) -> bytes:
    """A message made anew, with the old one in it in some place, or not at all."""
    made = part(chance, 0)
    return made + data if chance.randrange(2) else made


def part(chance: random.Random, depth: int) -> bytes:
    """A part put together from fields and bodies, or from parts."""
    fields = b"".join(chance.choices(fragments.FIELDS, k=chance.randrange(4)))
    separator = chance.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b" \r\n", b""))
    if depth < 4 and chance.randrange(3):
        name = _boundary(chance)
        inner = [
            b"\r\n--%b%b\r\n" % (name, chance.choice((b"", b"", b"", b"--", b" ", b"x")))
            + part(chance, depth + 1)
            for _ in range(chance.randrange(4))
        ]
        head = b"Content-Type: multipart/%b; boundary=%b\r\n" % (chance.choice((b"mixed", b"digest")), name)
        return fields + head + separator + b"".join(inner) + chance.choice((b"\r\n--%b--\r\n" % name, b""))
    body = b"".join(chance.choices(fragments.BODIES + fragments.DELIMITERS, k=chance.randrange(4)))
    return fields + separator + body
