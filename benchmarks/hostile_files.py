"""Hostile messages: files within leaves, files that expand, and files that take long to tell what they are."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

from benchmarks.hostile_base import PLAIN, TOP, Maker, encoded, filled, multipart, repeated, text


def uuencoded(number: int) -> bytes:
    """A small file as it stands in a text."""
    line = binascii.b2a_uu(b"content of file %06d" % number)
    return b"begin 644 f%d.bin\r\n" % number + line.replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def tnef(number: int) -> bytes:
    """A TNEF stream with one small file."""

    def attribute(level: int, identifier: int, content: bytes) -> bytes:
        total = sum(content) & 0xFFFF
        return struct.pack("<BII", level, identifier, len(content)) + content + struct.pack("<H", total)

    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
        + attribute(2, 0x00069002, bytes(14))
        + attribute(2, 0x00018010, b"f%d.bin\0" % number)
        + attribute(2, 0x0006800F, b"content %06d" % number)
    )


def files_in_text(size: int) -> bytes:
    """One text of uuencoded files."""
    return TOP + b"\r\n" + filled(size, uuencoded)


def file_beginnings(size: int) -> bytes:
    """One text of lines that begin files of several kinds."""
    return text(
        size, b"begin 644 a\r\n#ABC\r\n=ybegin line=128 size=1 name=a\r\nbegin-base64 644 a\r\nQUJD\r\n"
    )


def yenc_escapes(size: int) -> bytes:
    """A yEnc file in which every octet is escaped."""
    return (
        TOP
        + b"\r\n=ybegin line=128 size=9 name=a\r\n"
        + repeated(size, b"=j" * 60 + b"\r\n")
        + b"=yend size=9\r\n"
    )


def binhex_runs(size: int) -> bytes:
    """BinHex of which everything is a run of 255."""
    head = bytes([1]) + b"a" + bytes(1) + b"TEXTtext" + bytes(2) + struct.pack(">II", 1 << 30, 0)
    head += binascii.crc_hqx(head, 0).to_bytes(2, "big")
    octets = head + b"\x01\x90\xff" * (size // 4)
    alphabet = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    standard = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    coded = base64.b64encode(octets).rstrip(b"=").translate(bytes.maketrans(standard, alphabet))
    lines = b"\r\n".join([coded[start : start + 64] for start in range(0, len(coded), 64)])
    return TOP + b"\r\n(This file must be converted with BinHex 4.0)\r\n\r\n:" + lines + b":\r\n"


def tiny_files(size: int) -> bytes:
    """Thousands of small base64 parts, each of which holds another kind of container in its turn."""

    def message(number: int) -> bytes:
        return TOP + b"Content-Type: text/plain\r\n\r\n" + uuencoded(number)

    kinds = (uuencoded, tnef, message)
    head = b"Content-Type: application/octet-stream; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return multipart(size, lambda number: head + base64.b64encode(kinds[number % 3](number)))


def distinct_files(size: int) -> bytes:
    """Thousands of small binary files, no two alike, for libmagic."""
    head = b"Content-Type: application/octet-stream; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return multipart(
        size, lambda number: head + base64.b64encode(b"\xca\xfe\xba\xbe%06d\0\1" % number + bytes(80))
    )


def gzip_bomb(size: int) -> bytes:
    """x-gzip64 of a run of one letter."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b"x" * (size * 700)) + packer.flush()
    return TOP + b"Content-Transfer-Encoding: x-gzip64\r\n\r\n" + base64.encodebytes(packed)


def _dashes_within(size: int) -> bytes:
    return TOP + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + PLAIN + repeated(size, b"--\n")


def gzip_of_dashes(size: int) -> bytes:
    """x-gzip64 of a message of lines that begin with "--", forty times as large as this one may be."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(_dashes_within(size * 40)) + packer.flush()
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: x-gzip64\r\n\r\n"
    return TOP + head + encoded(packed)


def _element(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def compressed_dashes(size: int) -> bytes:
    """S/MIME compressed data (RFC 3274) of such a message."""
    octets = _element(0xA0, _element(4, zlib.compress(_dashes_within(size * 40), 9)))
    kinds = [
        b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09",
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01",
    ]
    body = b"\x02\x01\0" + _element(0x30, b"") + _element(0x30, kinds[1] + octets)
    whole = b"\x30\x80" + kinds[0] + _element(0xA0, _element(0x30, body)) + b"\0\0"
    head = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return TOP + head + encoded(whole)


def nested_yenc(size: int) -> bytes:
    """yEnc within yEnc, 45 times; it hardly grows."""
    shift = bytes((octet + 42) & 0xFF for octet in range(256))
    content = repeated(size * 2 // 3, b"xy")
    for _ in range(45):
        shifted = content.translate(shift)
        for octet in b"=\0\n\r":
            shifted = shifted.replace(bytes([octet]), b"=" + bytes([octet + 64]))
        content = b"=ybegin line=128 size=%d name=a\r\n%b\r\n=yend size=%d\r\n" % (
            len(content),
            shifted,
            len(content),
        )
    return TOP + b"\r\n" + content


def texts_for_libmagic(size: int) -> bytes:
    """Small texts with names, no two alike, over which libmagic takes long, and one large file to pay for them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b"q" * (size * 6)) + packer.flush()
    first = b"Content-Type: a/b; name=a\r\nContent-Transfer-Encoding: x-gzip64\r\n\r\n" + encoded(packed)
    head = b"Content-Type: a/b; name=a\r\n\r\n"
    return multipart(size, lambda number: head + b"%06d <<<{}[]" % number * 35 if number else first)


def tnef_attributes(size: int) -> bytes:
    """TNEF of as many empty attachments as fit."""
    attribute = struct.pack("<BIIH", 2, 0x00069002, 0, 0)
    stream = struct.pack("<IH", 0x223E9F78, 1) + repeated(size * 74 // 100, attribute)
    head = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return TOP + head + encoded(stream)


def parts_in_text(size: int) -> bytes:
    """Text of lines that might each be a delimiter with a header behind it."""
    return text(size, b"--x: y\r\n")


FILES: tuple[Maker, ...] = (
    *(files_in_text, file_beginnings, yenc_escapes, binhex_runs, tiny_files, distinct_files, gzip_bomb),
    *(gzip_of_dashes, compressed_dashes, nested_yenc, texts_for_libmagic, tnef_attributes, parts_in_text),
)
