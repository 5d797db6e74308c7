"""AppleSingle, AppleDouble and MacBinary."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import find
from gateway.mime.enclosed.apple import is_macbinary

SINGLE, DOUBLE = 0x00051600, 0x00051607
Found = list[tuple[tuple[str, ...], bytes, set[str]]]


def apple(magic: int, *entries: tuple[int, bytes]) -> bytes:
    place = 26 + 12 * len(entries)
    head = struct.pack(">II16xH", magic, 0x00020000, len(entries))
    content = b""
    for kind, value in entries:
        head += struct.pack(">III", kind, place + len(content), len(value))
        content += value
    return head + content


def crc(data: bytes) -> int:
    value = 0
    for octet in data + b"\0\0":
        for bit in range(7, -1, -1):
            value = value << 1 | octet >> bit & 1
            if value & 0x10000:
                value ^= 0x11021
    return value


def macbinary(name: bytes, data: bytes, resource: bytes, *, third: bool = False) -> bytes:
    head = struct.pack(">BB63s4s4sBBhhhBB", 0, len(name), name, b"TEXT", b"ttxt", 0, 0, 0, 0, 0, 0, 0)
    head += struct.pack(">IIII", len(data), len(resource), 0, 0)
    head += bytes(102 - len(head)) + (b"mBIN" if third else bytes(4))
    head += bytes(122 - len(head)) + b"\x81\x81"
    head += struct.pack(">HH", 0 if third else crc(head), 0)
    return head + data + bytes(-len(data) % 128) + resource + bytes(-len(resource) % 128)


def found(data: bytes, kind: str) -> Found:
    result = []
    for one in find(data, "application/octet-stream", ()):
        assert (one.kind, one.content_type) == (kind, "application/octet-stream")
        content = b"".join(one.chunks)
        result.append((one.filenames, content, {deviation.name for deviation in one.deviations}))
    return result


def test_apple_single() -> None:
    data = apple(SINGLE, (3, b"x.exe"), (9, bytes(32)), (2, b"fork"), (1, b"MZ data"))
    assert found(data, "apple") == [(("x.exe",), b"MZ data", set()), ((), b"fork", set())]


def test_apple_double_has_a_resource_fork_only() -> None:
    data = apple(DOUBLE, (9, bytes(32)), (2, b"fork"), (3, "Ä.exe".encode()))
    assert found(data, "apple") == [(("Ä.exe", "√Ñ.exe"), b"fork", set())]
    assert found(apple(DOUBLE, (9, bytes(32)), (2, b"")), "apple") == []


def test_apple_cut_off() -> None:
    data = apple(SINGLE, (3, b"x.exe"), (1, b"MZ data"))
    assert found(data[:-3], "apple") == [(("x.exe",), b"MZ d", {"apple-malformed"})]
    assert found(data[:30], "apple") == [((), b"", {"apple-malformed"})]


def test_apple_with_more_entries_than_there_can_be() -> None:
    data = apple(SINGLE, *[(1, b"x")] * 40)
    assert found(data, "apple")[-1] == ((), b"", {"apple-malformed"})
    assert len(found(data, "apple")) < 40


@pytest.mark.parametrize("third", [False, True])
def test_macbinary(third: bool) -> None:
    data = macbinary(b"x.exe", b"MZ" * 100, b"fork", third=third)
    assert found(data, "macbinary") == [(("x.exe",), b"MZ" * 100, set()), ((), b"fork", set())]
    assert found(macbinary(b"x.exe", b"", b"fork", third=third), "macbinary") == [
        (("x.exe",), b"fork", set())
    ]


def test_macbinary_must_be_certain() -> None:
    data = macbinary(b"x.exe", b"MZ" * 100, b"fork")
    assert is_macbinary(data[:128], len(data))
    assert not is_macbinary(data[:128], 150)
    assert not is_macbinary(data[:100], len(data))
    for place in (0, 74, 82, 70, 125):
        wrong = bytearray(data[:128])
        wrong[place] ^= 1
        assert not is_macbinary(bytes(wrong), len(data))
    assert not is_macbinary(bytes(128), 128)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([SINGLE, DOUBLE]), st.binary(max_size=200), st.integers(0, 20))
def test_any_octets(magic: int, rest: bytes, count: int) -> None:
    data = struct.pack(">II16xH", magic, 0x00020000, count) + rest
    assert sum(len(content) for _, content, _ in found(data, "apple")) <= 16 * len(data)
