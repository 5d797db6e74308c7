"""Archives and documents for recipes: ZIP with any lie in its headers, minimal Office and PDF documents."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

_DATE = (2024, 1, 1, 9, 0, 0)
_DOS_DATE = 0x5821  # 1 January 2024


def zipped(files: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """A sound ZIP archive of `files`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as its two headers describe it. `packed` is what stands in the archive."""

    name: bytes
    packed: bytes
    size: int
    crc: int
    method: int = 0
    flags: int = 0
    local_name: bytes | None = None
    local_method: int | None = None
    local_size: int | None = None


def entry(name: bytes, content: bytes, *, deflated: bool = True) -> Entry:
    """A truthful entry; `dataclasses.replace` makes it lie."""
    packed = deflate(content) if deflated else content
    return Entry(name, packed, len(content), zlib.crc32(content), 8 if deflated else 0)


def deflate(content: bytes) -> bytes:
    """Raw deflated data."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(content) + squeezer.flush()


def local(item: Entry) -> bytes:
    """Local header and data."""
    name = item.name if item.local_name is None else item.local_name
    method = item.method if item.local_method is None else item.local_method
    packed = len(item.packed) if item.local_size is None else item.local_size
    fields = (20, item.flags, method, 0, _DOS_DATE, item.crc, packed, item.size, len(name), 0)
    return b"PK\3\4" + struct.pack("<HHHHHLLLHH", *fields) + name + item.packed


def central(item: Entry, offset: int) -> bytes:
    """An entry of the central directory."""
    fields = (
        20,
        20,
        item.flags,
        item.method,
        0,
        _DOS_DATE,
        item.crc,
        len(item.packed),
        item.size,
        len(item.name),
    )
    return b"PK\1\2" + struct.pack("<HHHHHHLLLHHHHHLL", *fields, 0, 0, 0, 0, 0, offset) + item.name


def end(count: int, size: int, offset: int) -> bytes:
    """The end record."""
    return b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), size, offset, 0)


def archive(*items: Entry, prefix: bytes = b"") -> bytes:
    """An archive of the entries as they are described."""
    body, directory = prefix, b""
    for item in items:
        directory += central(item, len(body))
        body += local(item)
    return body + directory + end(len(items), len(directory), len(body))


def zip_crypto(data: bytes, crc: int, password: bytes = b"meeting") -> bytes:
    """`data` under the old encryption of ZIP (APPNOTE section 6.1), with a fixed header."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(octet: int) -> None:
        keys[0] = _crc_step(keys[0], octet)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc_step(keys[2], keys[1] >> 24)

    for octet in password:
        update(octet)
    out = bytearray()
    for octet in b"0123456789a" + bytes([crc >> 24]) + data:
        half = (keys[2] | 2) & 0xFFFF
        out.append(octet ^ (half * (half ^ 1) >> 8) & 0xFF)
        update(octet)
    return bytes(out)


def _crc_step(crc: int, octet: int) -> int:
    return (crc >> 8) ^ _CRC[(crc ^ octet) & 0xFF]


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return table


_CRC = _crc_table()
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(
    runs: str = "<w:t>Minutes</w:t>", more: Mapping[str, bytes] | None = None, *, macros: bool = False
) -> bytes:
    """A minimal Word document; `runs` is what stands in its paragraph's first run."""
    kind = (
        "vnd.ms-word.document.macroEnabled"
        if macros
        else "vnd.openxmlformats-officedocument.wordprocessingml.document"
    )
    types = (
        f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="application/{kind}.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    document = f'<w:document xmlns:w="{_W}"><w:body><w:p><w:r>{runs}</w:r></w:p></w:body></w:document>'
    return zipped(
        {
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": relations.encode(),
            "word/document.xml": document.encode(),
            **(more or {}),
        }
    )


def pdf(text: bytes, *objects: bytes) -> bytes:
    """A minimal PDF of one page that shows `text`, compressed; `objects` are further ones, numbered from 6."""
    content = zlib.compress(b"BT /F1 12 Tf 72 720 Td (" + text + b") Tj ET")
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        stream(content, b"/Filter/FlateDecode"),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *objects,
    ]
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join([b"%010d 00000 n \n" % place for place in places])
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    return (
        out
        + head
        + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(out))
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A PDF stream object."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), entries, content)


def lzw(data: bytes) -> bytes:
    """`data`, at most 200 octets, in the format of compress(1): every octet a code of 9 bits."""
    assert len(data) < 200
    bits = 0
    for number, octet in enumerate(data):
        bits |= octet << 9 * number
    return b"\x1f\x9d\x90" + bits.to_bytes((9 * len(data) + 7) // 8, "little")
