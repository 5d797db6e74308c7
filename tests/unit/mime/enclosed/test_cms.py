"""S/MIME signed and compressed data."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import find

DATA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
SIGNED = DATA[:-1] + b"\x02"
ENVELOPED = DATA[:-1] + b"\x03"
COMPRESSED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"
ENTITY = b"Content-Type: text/plain\r\n\r\nHello\r\n"
SMIME = "application/pkcs7-mime"
Found = list[tuple[tuple[str, ...], str, bytes, set[str]]]


def der(tag: int, value: bytes) -> bytes:
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    length = len(value).to_bytes(4, "big").lstrip(b"\0")
    return bytes([tag, 0x80 | len(length)]) + length + value


def ber(tag: int, value: bytes) -> bytes:
    return bytes([tag, 0x80]) + value + b"\0\0" if tag & 0x20 else der(tag, value)


def octets(content: bytes) -> bytes:
    return der(4, content)


def pieces(content: bytes, size: int = 7) -> bytes:
    return b"".join([der(4, content[place : place + size]) for place in range(0, len(content), size)])


def signed(content: bytes | None, make: Callable[[int, bytes], bytes] = der, kind: bytes = SIGNED) -> bytes:
    """ContentInfo; `content` is the octet string, encoded."""
    inner = der(6, DATA) + (make(0xA0, content) if content is not None else b"")
    algorithm = make(0x30, der(6, DATA) + b"\x05\0")
    algorithms = algorithm if kind == COMPRESSED else make(0x31, algorithm)
    body = make(0x30, der(2, b"\1") + algorithms + make(0x30, inner) + make(0x31, b""))
    return make(0x30, der(6, kind) + make(0xA0, body))


def found(data: bytes, content_type: str = SMIME, names: tuple[str, ...] = ("smime.p7m",)) -> Found:
    result = []
    for one in find(data, content_type, names):
        assert one.kind == "cms"
        content = b"".join(one.chunks)
        result.append(
            (one.filenames, one.content_type, content, {deviation.name for deviation in one.deviations})
        )
    return result


@pytest.mark.parametrize("make", [der, ber])
@pytest.mark.parametrize("content_type", [SMIME, "image/png"])
def test_opaque_signed(make: Callable[[int, bytes], bytes], content_type: str) -> None:
    expected: Found = [((), "message/rfc822", ENTITY, set())]
    assert found(signed(octets(ENTITY), make), content_type) == expected
    assert found(signed(make(0x24, pieces(ENTITY)), make), content_type) == expected
    assert found(signed(make(0x24, make(0x24, pieces(ENTITY))), make), content_type) == expected


@pytest.mark.parametrize("make", [der, ber])
def test_compressed(make: Callable[[int, bytes], bytes]) -> None:
    content = ENTITY + bytes(1_000_000)
    data = signed(make(0x24, pieces(zlib.compress(content), 100)), make, COMPRESSED)
    assert found(data) == [((), "message/rfc822", content, set())]


def test_what_is_inflated_comes_in_blocks() -> None:
    data = signed(octets(zlib.compress(bytes(20_000_000))), kind=COMPRESSED)
    (one,) = find(data, SMIME, ())
    assert max(len(chunk) for chunk in one.chunks) < 1_000_000


def test_a_signed_document_is_a_file() -> None:
    names = ("contract.pdf.p7m", "other.P7M")
    document = b"%PDF-1.4\n..."
    assert found(signed(octets(document)), SMIME, names) == [
        (("contract.pdf", "other"), "application/octet-stream", document, set())
    ]
    assert (
        found(signed(octets(b"MZ\0")), "application/octet-stream", names)[0][1] == "application/octet-stream"
    )


def test_an_entity_without_header_is_still_one_where_the_part_is_smime() -> None:
    assert found(signed(octets(b"\r\nHello there\r\n")))[0][1] == "message/rfc822"


@pytest.mark.parametrize("data", [signed(None), signed(None, ber), signed(octets(ENTITY), kind=ENVELOPED)])
def test_without_content_in_the_open_there_is_nothing(data: bytes) -> None:
    assert found(data) == []


@pytest.mark.parametrize("make", [der, ber])
@pytest.mark.parametrize("cut", range(20, 110, 9))
def test_cut_off(cut: int, make: Callable[[int, bytes], bytes]) -> None:
    entity = ENTITY + b"x" * 400
    ((names, _, content, deviations),) = found(signed(make(0x24, pieces(entity, 50)), make)[:cut])
    assert entity.startswith(content)
    assert deviations == {"cms-malformed"}
    assert names in ((), ("smime",))


def test_lengths_that_contradict_each_other_are_noted() -> None:
    data = bytearray(signed(octets(ENTITY)))
    data[data.index(ENTITY) - 1] += 50
    assert found(bytes(data))[0][3] == {"cms-malformed"}


def test_compressed_data_that_is_none_is_noted() -> None:
    data = signed(octets(b"no zlib"), kind=COMPRESSED)
    assert found(data) == [((), "message/rfc822", b"", {"cms-malformed"})]
    whole = zlib.compress(ENTITY)
    assert found(signed(octets(whole[:-6]), kind=COMPRESSED))[0][3] == {"cms-malformed"}


def test_a_value_that_is_no_octet_string_is_given_as_it_stands() -> None:
    assert found(signed(der(0x30, der(2, b"\1"))), "application/octet-stream", ()) == [
        ((), "application/octet-stream", b"\x02\x01\x01", set())
    ]


def test_too_many_pieces_are_noted() -> None:
    data = signed(der(0x24, b"\x04\0" * 600_000))
    assert [one[3] for one in found(data)] == [{"enclosed-too-many"}]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 110), st.binary(min_size=1, max_size=3), st.booleans())
def test_any_damage(place: int, octets_: bytes, indefinite: bool) -> None:
    make = ber if indefinite else der
    data = bytearray(signed(make(0x24, pieces(ENTITY)), make))
    data[place : place + len(octets_)] = octets_
    for one in find(bytes(data), SMIME, ()):
        assert sum(len(chunk) for chunk in one.chunks) <= len(data)
