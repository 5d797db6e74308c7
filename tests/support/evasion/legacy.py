"""Containers and encodings of older systems, written out: uuencode, xxencode, yEnc, BinHex, AppleSingle, MacBinary,
TNEF."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Sequence

from tests.support.evasion.build import EICAR, lines, uuencoded

UU_TABLE = (b" !\"#$%&'()*+,-./0123456789:;<=>?", b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_")


def uu(name: bytes = b"agenda.dat", *, mode: bytes = b"644", coded: Sequence[bytes] | None = None) -> bytes:
    """The payload, uuencoded, with begin and end; `coded` are its lines where they are to be odd."""
    return lines(
        b"begin " + mode + b" " + name, *(uuencoded(EICAR) if coded is None else coded), b"`", b"end"
    )


def yenc(data: bytes, name: bytes = b"agenda.dat", *, width: int = 128) -> bytes:
    """`data` in yEnc."""
    out, line = [], b""
    for octet in data:
        code = (octet + 42) & 255
        line += bytes([0x3D, (code + 64) & 255]) if code in (0, 10, 13, 61, 46) else bytes([code])
        if len(line) >= width:
            out.append(line)
            line = b""
    size = str(len(data)).encode()
    head = b"=ybegin line=%d size=%s name=%s" % (width, size, name)
    return lines(head, *out, line, b"=yend size=%s crc32=%08x" % (size, zlib.crc32(data)))


_HQX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def binhex(data: bytes, name: bytes = b"agenda.dat") -> bytes:
    """`data` in BinHex 4.0 (RFC 1741)."""
    head = bytes([len(name)]) + name + b"\0" + b"TEXTttxt" + b"\0\0" + struct.pack(">LL", len(data), 0)
    whole = b"".join(
        [part + struct.pack(">H", binascii.crc_hqx(part + b"\0\0", 0)) for part in (head, data, b"")]
    )
    packed = whole.replace(b"\x90", b"\x90\0")
    packed += bytes(-len(packed) % 3)
    text = base64.b64encode(packed).translate(bytes.maketrans(_B64, _HQX))
    text = b":" + text + b":"
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n" + lines(
        *[text[at : at + 64] for at in range(0, len(text), 64)]
    )


_B64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def apple(data: bytes, name: bytes = b"agenda", *, double: bool = False) -> bytes:
    """AppleSingle, or the header file of AppleDouble, with a name and a fork (RFC 1740)."""
    entries = [(3, name), (2 if double else 1, data)]
    at, head, tail = 26 + 12 * len(entries), b"", b""
    for kind, content in entries:
        head += struct.pack(">LLL", kind, at, len(content))
        at, tail = at + len(content), tail + content
    return (
        struct.pack(">LL16xH", 0x00051607 if double else 0x00051600, 0x00020000, len(entries)) + head + tail
    )


def tnef(data: bytes, name: bytes) -> bytes:
    """A TNEF stream (MS-OXTNEF) with one attachment."""

    def attribute(level: int, identifier: int, value: bytes) -> bytes:
        return (
            struct.pack("<BLL", level, identifier, len(value))
            + value
            + struct.pack("<H", sum(value) & 0xFFFF)
        )

    return b"".join(
        [
            struct.pack("<LH", 0x223E9F78, 1),
            attribute(1, 0x00089006, struct.pack("<L", 0x00010000)),
            attribute(1, 0x00069007, struct.pack("<LL", 1252, 0)),
            attribute(2, 0x00069002, struct.pack("<HLHHLL", 1, 0xFFFFFFFF, 0, 0, 0, 0)[:14]),
            attribute(2, 0x00018010, name + b"\0"),
            attribute(2, 0x0006800F, data),
        ]
    )


def xx() -> bytes:
    """The payload in xxencode: uuencode with another alphabet."""
    table = bytes.maketrans(
        bytes([*range(32, 96), 96]), b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+"
    )
    return lines(b"begin 644 agenda.dat", *[line.translate(table) for line in uuencoded(EICAR)], b"+", b"end")


def macbinary(data: bytes) -> bytes:
    """`data` as the data fork of a MacBinary II file."""
    head = b"\0" + bytes([6]) + b"agenda".ljust(63, b"\0") + b"APPLdosa" + bytes(10)
    head += struct.pack(">LL", len(data), 0) + bytes(27) + b"\x81\x81"
    head = head.ljust(124, b"\0")
    return head + struct.pack(">HH", binascii.crc_hqx(head, 0), 0) + data + bytes(-len(data) % 128)


def active_mime() -> bytes:
    """The container in which web archives carry macros, with the payload."""
    head = b"ActiveMime\0\0\x01\xf0\x04\0\0\0\xff\xff\xff\xff\0\0\x07\xf0" + bytes(22)
    return head.ljust(50, b"\0") + zlib.compress(EICAR)
