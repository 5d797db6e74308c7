"""Compressed RTF."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import lzfu
from gateway.mime.enclosed.base import Deviations

# What the ring begins with, for a sender of our own.
PRELOADED = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def compress(text: bytes) -> bytes:
    """The longest match that `rfind` gives, else a literal; then the mark of the end."""
    history, place, tokens = PRELOADED, 0, []
    while place < len(text):
        length, at = 0, -1
        window = history[-4000:]
        for size in range(min(17, len(text) - place), 1, -1):
            at = window.rfind(text[place : place + size])
            if at >= 0:
                length = size
                break
        if length:
            position = (len(history) - len(window) + at) % 4096
            tokens.append(struct.pack(">H", position << 4 | length - 2))
        else:
            length = 1
            tokens.append(text[place : place + 1])
        history += text[place : place + length]
        place += length
    tokens.append(struct.pack(">H", len(history) % 4096 << 4))
    out = b""
    for start in range(0, len(tokens), 8):
        group = tokens[start : start + 8]
        out += bytes([sum((len(token) - 1) << bit for bit, token in enumerate(group))]) + b"".join(group)
    return out


def wrap(content: bytes, size: int, magic: bytes = b"LZFu", checksum: int | None = None) -> bytes:
    if checksum is None:
        checksum = zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF if magic == b"LZFu" else 0
    return struct.pack("<II", len(content) + 12, size) + magic + struct.pack("<I", checksum) + content


def expand(data: bytes) -> tuple[bytes, set[str]]:
    deviations: Deviations = {}
    text = b"".join(lzfu.decompress(b"--" + data, 2, 2 + len(data), deviations))
    return text, {deviation.name for deviation in deviations}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"\\par ", b"hello", b"\\fswiss", b"a", b"\0\xff"]), max_size=80))
def test_what_was_compressed(words: list[bytes]) -> None:
    text = b"{\\rtf1 " + b"".join(words) + b"}"
    assert expand(wrap(compress(text), len(text))) == (text, set())


def test_long_texts_go_round_the_ring() -> None:
    text = b"".join([b"line %d of the text\\par\r\n" % number for number in range(2_000)])
    assert expand(wrap(compress(text), len(text))) == (text, set())


def test_a_run_may_repeat_what_it_writes() -> None:
    content = b"\x02a" + struct.pack(">H", 207 << 4 | 8) + b"bcdefg" + b"\x01" + struct.pack(">H", 224 << 4)
    assert expand(wrap(content, 17)) == (b"a" * 11 + b"bcdefg", set())


def test_not_compressed() -> None:
    assert expand(wrap(b"{\\rtf1 x}", 9, b"MELA")) == (b"{\\rtf1 x}", set())


@pytest.mark.parametrize("cut", [0, 4, 12, 16, 18, 25, 40])
def test_cut_off(cut: int) -> None:
    text = b"{\\rtf1 the quick brown fox jumps over the lazy dog, hello}"
    got, deviations = expand(wrap(compress(text), len(text))[:cut])
    assert text.startswith(got)
    assert deviations == {"tnef-malformed"}


def test_a_checksum_that_does_not_hold_and_an_unknown_form_are_noted() -> None:
    content = compress(b"hello")
    assert expand(wrap(content, 5, checksum=1)) == (b"hello", {"tnef-malformed"})
    assert expand(wrap(content, 5, b"ABCD")) == (b"", {"tnef-malformed"})


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets(content: bytes) -> None:
    text, _ = expand(wrap(content, 1))
    assert len(text) <= 9 * len(content)
