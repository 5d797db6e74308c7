"""BinHex 4.0."""

from __future__ import annotations

import struct
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import base, find

ALPHABET = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
MARK = b"(This file must be converted with BinHex 4.0)\r\n"
Found = list[tuple[tuple[str, ...], bytes, set[str]]]


def crc(data: bytes) -> bytes:
    """CRC-CCITT, bit by bit, over the data and two octets of zero."""
    value = 0
    for octet in data + b"\0\0":
        for bit in range(7, -1, -1):
            value = value << 1 | octet >> bit & 1
            if value & 0x10000:
                value ^= 0x11021
    return struct.pack(">H", value)


def shorten(data: bytes) -> bytes:
    out = bytearray()
    place = 0
    while place < len(data):
        octet, run = data[place], 1
        while run < 255 and data[place + run : place + run + 1] == bytes([octet]):
            run += 1
        out += b"\x90\0" if octet == 0x90 else bytes([octet])
        if run > 2:
            out += bytes([0x90, run])
        else:
            run = 1
        place += run
    return bytes(out)


def file(name: bytes, data: bytes, resource: bytes = b"") -> bytes:
    head = bytes([len(name)]) + name + b"\0TEXTttxt\0\0" + struct.pack(">II", len(data), len(resource))
    return head + crc(head) + data + crc(data) + resource + crc(resource)


def six_bits(octets: bytes) -> bytes:
    bits = "".join(f"{octet:08b}" for octet in octets)
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[place : place + 6], 2)] for place in range(0, len(bits), 6)).encode()


def encode(content: bytes, ending: bytes = b"\r\n") -> bytes:
    text = b":" + six_bits(shorten(content)) + b":"
    return ending.join([text[place : place + 64] for place in range(0, len(text), 64)]) + ending


def found(data: bytes, content_type: str = "text/plain") -> Found:
    result = []
    for one in find(data, content_type, ()):
        assert (one.kind, one.content_type) == ("binhex", "application/octet-stream")
        content = b"".join(one.chunks)
        result.append((one.filenames, content, {deviation.name for deviation in one.deviations}))
    return result


RUNS = st.lists(st.tuples(st.sampled_from([b"a", b"\x90", b"\0", b"bc"]), st.integers(1, 300)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(RUNS, RUNS, st.sampled_from([b"\r\n", b"\n", b"\r"]), st.integers(20, 200))
def test_a_file(
    runs: list[tuple[bytes, int]], others: list[tuple[bytes, int]], ending: bytes, first: int
) -> None:
    data, resource = (b"".join([octets * count for octets, count in one]) for one in (runs, others))
    text = (
        b"Hello" + ending + MARK.strip() + ending + ending + encode(file(b"a b.exe", data, resource), ending)
    )
    expected: Found = [(("a b.exe",), data, set())]
    expected += [((), resource, set())] if resource else []
    assert found(text + b"Bye.") == expected
    with patch.object(base, "_FIRST_BLOCK", first):
        assert found(text + b"Bye.") == expected


def test_the_declared_type_makes_the_first_line_needless() -> None:
    assert found(b"\r\n" + encode(file(b"x", b"Cat")), "application/mac-binhex40") == [
        (("x",), b"Cat", set())
    ]
    assert found(encode(file(b"x", b"Cat"))) == []


def test_a_name_that_is_not_ascii_is_read_both_ways() -> None:
    assert found(MARK + encode(file(b"Fr\x9asche", b"Cat")))[0][0] == ("Frösche", "Fršsche")


def test_checksums_that_do_not_hold_are_noted() -> None:
    content = bytearray(file(b"x", b"Cat"))
    content[-4] ^= 1
    assert found(MARK + encode(bytes(content))) == [(("x",), b"Cat", {"binhex-malformed"})]
    content = bytearray(file(b"x", b"Cat"))
    content[5] ^= 1
    assert found(MARK + encode(bytes(content))) == [(("x",), b"Cat", {"binhex-malformed"})]


def test_junk_is_passed_over_and_noted() -> None:
    text = encode(file(b"x", b"Cat"))
    assert found(MARK + text[:9] + b"~\xff" + text[9:]) == [(("x",), b"Cat", {"binhex-malformed"})]


@pytest.mark.parametrize("cut", range(40, 140, 7))
def test_cut_off(cut: int) -> None:
    content = bytes(range(100))
    for names, octets, deviations in found(MARK + encode(file(b"x.exe", content))[:cut]):
        assert (names, content.startswith(octets), deviations) == (("x.exe",), True, {"binhex-malformed"})


def test_another_file_ends_one_that_has_no_end() -> None:
    text = encode(file(b"a", b"Cat" * 40))
    assert found(MARK + text[:80] + b"\r\n" + MARK + encode(file(b"b", b"Dog"))) == [
        (("a",), (b"Cat" * 40)[: len(found(MARK + text[:80])[0][1])], {"binhex-malformed"}),
        (("b",), b"Dog", set()),
    ]


def test_a_line_that_announces_nothing_does_not_give_the_file_twice() -> None:
    assert found(MARK * 5 + encode(file(b"x", b"Cat"))) == [(("x",), b"Cat", set())]


def test_the_resource_fork_follows_only_where_the_data_fork_was_taken() -> None:
    files = find(MARK + encode(file(b"x", b"Cat", b"Dog")), "text/plain", ())
    assert next(files).filenames == ("x",)
    assert next(files, None) is not None
    wanted = find(MARK + encode(file(b"x", b"Cat" * 9, b"Dog")), "text/plain", ())
    next(next(wanted).chunks)
    assert next(wanted, None) is None


def test_long_runs_come_in_blocks() -> None:
    head = b"\x01x\0TEXTttxt\0\0" + struct.pack(">II", 0xFFFFFFFF, 0)
    runs = 50_000
    text = six_bits(head + crc(head) + b"\0" + b"\x90\xff" * runs)
    (one,) = find(MARK + b":" + text + b":", "text/plain", ())
    sizes = [len(chunk) for chunk in one.chunks]
    assert sum(sizes) == 1 + 254 * runs
    assert max(sizes) < 5_000_000


@pytest.mark.parametrize(
    "text",
    [
        b"Have you heard of BinHex 4.0?\n:-)\n",
        MARK,
        MARK + b"\n:\n",
        MARK + b"no colon begins a line: here\n",
        MARK + b":$'*XG@:\n",
    ],
)
def test_ordinary_text_has_none(text: bytes) -> None:
    assert found(text) == []


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=ALPHABET + ":\r\n~", max_size=200))
def test_any_text(text: str) -> None:
    for _, content, _ in found(MARK + b":" + text.encode("ascii")):
        assert len(content) <= 255 * len(text)
