"""What files within leaves are made of (TNEF, S/MIME, AppleDouble, ZIP, and those in texts), and what breaks them."""

from __future__ import annotations

import struct
import zlib

from tests.fuzz.fragments import BODIES, ENDINGS


def _attribute(level: int, identifier: int, value: bytes) -> bytes:
    return (
        bytes([level])
        + struct.pack("<HHI", identifier, 6, len(value))
        + value
        + struct.pack("<H", sum(value) & 0xFFFF)
    )


_PROPERTIES = struct.pack("<IHHII", 1, 0x1E, 0x3707, 1, 6) + b"a.exe\0\0\0"
_NAMED = struct.pack("<IHH16sIHHII", 1, 0x1F, 0x8005, b"g" * 16, 0, 0, 0, 1, 4) + b"a\0b\0"
_LZFU = b"LZFu" + b"\0\0\0\0" + b"\0" + b"{\\rtf1 " + b"\x03\x0c\x10\x0c\x20" + b"\x01\x0d\xf0"
TNEF = [
    b"\x78\x9f\x3e\x22\x01\x00",
    _attribute(1, 0x9007, b"\xe4\x04\0\0"),
    _attribute(2, 0x9002, b"\0" * 14),
    _attribute(2, 0x8010, b"a.exe\0"),
    _attribute(2, 0x800F, b"MZ contents"),
    _attribute(2, 0x9005, _PROPERTIES),
    _attribute(1, 0x9003, _NAMED),
    _attribute(
        1,
        0x9003,
        struct.pack("<IHHII", 1, 0x102, 0x1009, 1, len(_LZFU) + 4) + struct.pack("<I", len(_LZFU)) + _LZFU,
    ),
    _attribute(1, 0x8004, b"subject\0"),
    b"\xff\xff\xff\xff",
    b"\x00\x10",
]
_SIGNED = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_COMPRESSED = bytes.fromhex("060b2a864886f70d0109100109")
CMS = [
    b"\x30\x80"
    + _SIGNED
    + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
    + _DATA
    + b"\xa0\x80\x24\x80\x04\x05a: b\n",
    b"\x30\x80"
    + _COMPRESSED
    + b"\xa0\x80\x30\x80\x02\x01\x00\x30\x00\x30\x80"
    + _DATA
    + b"\xa0\x80\x24\x80\x04\x0b",
    zlib.compress(b"a: b\r\n\r\nc"),
    *(
        b"\x30\x80",
        b"\xa0\x80",
        b"\x24\x80",
        b"\x04\x80",
        b"\x04\x03abc",
        b"\0\0",
        b"\x04\x84\xff\xff\xff\xff",
        b"\x30\x03",
    ),
]
APPLE = [
    b"\0\5\x16\7\0\2\0\0" + b"\0" * 16 + b"\0\2" + struct.pack(">IIIIII", 3, 50, 5, 2, 55, 4) + b"a.exedata",
    b"\0\5\x16\0\0\2\0\0" + b"\0" * 16 + b"\0\1" + struct.pack(">III", 1, 38, 4) + b"data",
    b"\0\5a.exe" + b"\0" * 58 + b"\0" * 18 + b"\0\0\0\x04" + b"\0" * 15 + b"mBIN" + b"\0" * 22 + b"data",
]
ENCLOSED = [
    *BODIES,
    *TNEF,
    *CMS,
    *APPLE,
    *ENDINGS,
    b"\n`\nend\n",
    b"\x90\xff",
    b"begin ",
    b"\n=ybegin ",
    b"binhex 4",
]
ZIP = [
    b"PK\3\4" + struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 0, 0, 3, 3, 5, 0) + b"a.exeabc",
    b"PK\1\2" + struct.pack("<HHHHHHLLLHHHHHLL", 20, 20, 0, 0, 0, 0, 0, 3, 3, 5, 0, 0, 0, 0, 0, 0) + b"a.exe",
    b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 51, 38, 0),
    b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, 51, 38),
    b"PK\6\7" + struct.pack("<LQL", 0, 89, 1),
    b"up\x0a\0\x01\0\0\0\0b.exe",
    *(b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08", b"\xff\xff", b"\xff\xff\xff\xff", b"\x01\0", b"\0\0\0\0"),
]
