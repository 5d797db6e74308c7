"""Building blocks of hostile messages (`benchmarks/hostile.py`)."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable

Maker = Callable[[int], bytes]
TOP = b"From: a@elsewhere.example\r\nTo: b@school.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\nx\r\n"


def filled(size: int, make: Callable[[int], bytes]) -> bytes:
    """What `make` gives for 0, 1, 2 and so on, as many as fit into `size` octets."""
    pieces: list[bytes] = []
    left = size
    for number in itertools.count():
        piece = make(number)
        left -= len(piece)
        if left < 0:
            return b"".join(pieces)
        pieces.append(piece)
    raise AssertionError


def repeated(size: int, piece: bytes) -> bytes:
    """`piece` as often as it fits into `size` octets."""
    return piece * (size // len(piece))


def multipart(size: int, make: Callable[[int], bytes], subtype: bytes = b"mixed") -> bytes:
    """A message of as many parts as fit; `make` gives each with its header."""
    return (
        TOP
        + b"Content-Type: multipart/%b; boundary=b\r\n\r\n" % subtype
        + filled(size, lambda number: b"--b\r\n" + make(number) + b"\r\n")
        + b"--b--\r\n"
    )


def text(size: int, piece: bytes, fields: bytes = b"Content-Type: text/plain; charset=utf-8\r\n") -> bytes:
    """A message of one text, `piece` over and over."""
    return TOP + fields + b"\r\n" + repeated(size, piece)


def levels(count: int, innermost: bytes, fields: bytes = b"") -> bytes:
    """Multiparts within each other; `fields` stand in each header besides. `innermost` is the last one's body."""
    opening = b"".join(
        b"%bContent-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (fields, level, level)
        for level in range(count)
    )
    closing = b"".join(b"\r\n--b%d--\r\n" % level for level in reversed(range(count)))
    return TOP + opening + innermost + closing


def encoded(content: bytes) -> bytes:
    """`content` in base64, in lines."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
