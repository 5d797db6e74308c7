"""TNEF, as a sender of our own writes it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.enclosed import find

SIGNATURE = b"\x78\x9f\x3e\x22"
SUBJECT, BODY, CODEPAGE, MESSAGE = 0x00018004, 0x0002800C, 0x00069007, 0x00069003
RENDERING, TITLE, TRANSPORT, DATA, PROPERTIES = 0x00069002, 0x00018010, 0x00069001, 0x0006800F, 0x00069005
I4, STRING8, UNICODE, BINARY, OBJECT, TIME, MULTIPLE = 3, 0x1E, 0x1F, 0x102, 0x0D, 0x40, 0x1000
Found = list[tuple[tuple[str, ...], str, tuple[str, ...], bytes, set[str]]]


def attribute(identifier: int, value: bytes, level: int | None = None) -> bytes:
    if level is None:
        level = 2 if identifier in (RENDERING, TITLE, TRANSPORT, DATA, PROPERTIES) else 1
    return struct.pack("<BII", level, identifier, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def stream(*attributes: bytes) -> bytes:
    return SIGNATURE + b"\x01\x00" + attribute(0x00089006, b"\0\0\1\0", 1) + b"".join(attributes)


def padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)


def prop(kind: int, identifier: int, *values: bytes, name: str | int | None = None) -> bytes:
    out = struct.pack("<HH", kind, identifier)
    if name is not None:
        out += bytes(range(16))
        if isinstance(name, int):
            out += struct.pack("<II", 0, name)
        else:
            text = name.encode("utf-16le") + b"\0\0"
            out += struct.pack("<II", 1, len(text)) + padded(text)
    variable = kind & ~MULTIPLE in (STRING8, UNICODE, BINARY, OBJECT)
    if variable or kind & MULTIPLE:
        out += struct.pack("<I", len(values))
    for value in values:
        out += (struct.pack("<I", len(value)) if variable else b"") + padded(value)
    return out


def props(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def found(data: bytes, content_type: str = "image/png") -> Found:
    result = []
    for one in find(data, content_type, ("a.png",)):
        content = b"".join(one.chunks)
        names = {deviation.name for deviation in one.deviations}
        result.append((one.filenames, one.content_type, one.charsets, content, names))
    return result


OCTETS = "application/octet-stream"


def test_a_file() -> None:
    data = stream(attribute(RENDERING, bytes(14)), attribute(TITLE, b"x.exe\0"), attribute(DATA, b"MZ" * 500))
    assert found(data) == [(("x.exe",), OCTETS, (), b"MZ" * 500, set())]


def test_the_name_may_follow_the_data_and_files_need_no_rendering() -> None:
    data = stream(attribute(DATA, b"MZ"), attribute(TITLE, b"x.exe\0"), attribute(TRANSPORT, b"y.exe\0"))
    assert found(data) == [(("x.exe", "y.exe"), OCTETS, (), b"MZ", set())]


def test_every_candidate_name() -> None:
    listed = props(
        prop(UNICODE, 0x3707, "Rechnung für Ä.exe\0".encode("utf-16le")),
        prop(STRING8, 0x3704, b"RECHNU~1.EXE\0"),
        prop(STRING8, 0x370D, b"c:\\temp/z.exe\0"),
        prop(STRING8, 0x3001, b"Invoice\0"),
        prop(STRING8, 0x3703, b".scr\0"),
        prop(STRING8, 0x370E, b"Image/PNG\0"),
    )
    data = stream(attribute(TITLE, b"t.exe\0"), attribute(DATA, b"MZ"), attribute(PROPERTIES, listed))
    names = ("Rechnung für Ä.exe", "RECHNU~1.EXE", "z.exe", "Invoice", "t.exe", "Rechnung für Ä.exe.scr")
    assert found(data) == [(names, "image/png", (), b"MZ", set())]


def test_an_extension_alone() -> None:
    data = stream(attribute(DATA, b"MZ"), attribute(PROPERTIES, props(prop(STRING8, 0x3703, b".exe\0"))))
    assert found(data)[0][0] == ("untitled.exe",)


def test_names_are_in_the_codepage() -> None:
    codepage = attribute(CODEPAGE, struct.pack("<II", 1251, 0))
    data = stream(codepage, attribute(TITLE, "счёт.exe".encode("cp1251") + b"\0"), attribute(DATA, b"MZ"))
    assert found(data)[0][0] == ("счёт.exe",)


def test_data_as_a_property() -> None:
    listed = props(
        prop(TIME, 0x3007, bytes(8)),
        prop(I4, 0x3705, struct.pack("<I", 1)),
        prop(BINARY, 0x3701, b"MZ!"),
        prop(STRING8, 0x3707, b"x.exe\0"),
    )
    assert found(stream(attribute(RENDERING, b""), attribute(PROPERTIES, listed))) == [
        (("x.exe",), OCTETS, (), b"MZ!", set())
    ]


def test_an_embedded_message_is_given_as_tnef() -> None:
    inner = stream(attribute(TITLE, b"x.exe\0"), attribute(DATA, b"MZ"))
    listed = props(prop(OBJECT, 0x3701, bytes(range(16)) + inner), prop(STRING8, 0x3001, b"Fw\0"))
    (one,) = found(stream(attribute(RENDERING, b""), attribute(PROPERTIES, listed)))
    assert one == (("Fw",), "application/ms-tnef", (), inner, set())
    assert found(one[3], one[1]) == [(("x.exe",), OCTETS, (), b"MZ", set())]


def test_an_embedded_object_is_given_without_its_interface() -> None:
    listed = props(prop(OBJECT, 0x3701, bytes(16) + b"\xd0\xcf\x11\xe0 document"))
    assert found(stream(attribute(PROPERTIES, listed))) == [
        ((), OCTETS, (), b"\xd0\xcf\x11\xe0 document", set())
    ]


def test_subject_and_texts() -> None:
    listed = props(
        prop(UNICODE, 0x0037, "Größe\0".encode("utf-16le")),
        prop(STRING8, 0x1000, b"plain\0"),
        prop(I4, 0x3FDE, struct.pack("<I", 65001)),
        prop(BINARY, 0x1013, "<p>Größe</p>".encode()),
        prop(BINARY, 0x1009, struct.pack("<II", 12 + 6, 6) + b"MELA" + bytes(4) + b"{\\rtf}"),
    )
    codepage = attribute(CODEPAGE, struct.pack("<II", 1252, 0))
    data = stream(
        codepage, attribute(SUBJECT, b"Hello\0"), attribute(BODY, b"text\0"), attribute(MESSAGE, listed)
    )
    assert found(data) == [
        ((), "text/plain", ("cp1252",), b"Hello", set()),
        ((), "text/plain", ("cp1252",), b"text", set()),
        ((), "text/plain", ("utf-16le",), "Größe".encode("utf-16le"), set()),
        ((), "text/plain", ("cp1252",), b"plain", set()),
        ((), "text/html", ("utf-8",), "<p>Größe</p>".encode(), set()),
        ((), "text/rtf", (), b"{\\rtf}", set()),
    ]


def test_named_and_multiple_properties_are_passed_over_rightly() -> None:
    listed = props(
        prop(UNICODE, 0x8001, "a\0".encode("utf-16le"), name="keyword"),
        prop(I4, 0x8002, bytes(4), name=0x8503),
        prop(I4 | MULTIPLE, 0x6000, bytes(4), bytes(4), bytes(4)),
        prop(2 | MULTIPLE, 0x6001, bytes(2), bytes(2)),
        prop(STRING8 | MULTIPLE, 0x6002, b"a\0", b"bcd\0"),
        prop(0x48, 0x6003, bytes(16)),
        prop(0x0B, 0x6004, b"\1\0"),
        prop(STRING8, 0x3707, b"x.exe\0"),
    )
    data = stream(attribute(DATA, b"MZ"), attribute(PROPERTIES, listed))
    assert found(data) == [(("x.exe",), OCTETS, (), b"MZ", set())]


def test_a_name_without_content() -> None:
    assert found(stream(attribute(TITLE, b"x.exe\0"))) == [(("x.exe",), OCTETS, (), b"", set())]


def test_the_level_does_not_decide() -> None:
    data = stream(attribute(TITLE, b"x.exe\0", 1), attribute(DATA, b"MZ", 1))
    assert found(data) == [(("x.exe",), OCTETS, (), b"MZ", set())]


def test_a_checksum_that_does_not_hold_is_noted() -> None:
    data = stream(attribute(DATA, b"MZ" * 500)[:-2] + b"\0\0")
    assert found(data) == [((), OCTETS, (), b"MZ" * 500, {"tnef-malformed"})]


def test_filling_behind_the_last_attribute_is_harmless_and_other_octets_are_not() -> None:
    data = stream(attribute(DATA, b"MZ"))
    assert found(data + b"\r\n\0\0")[0][4] == set()
    assert found(data + b"garbage at the end")[0][4] == {"tnef-malformed"}


def test_nothing_but_a_signature() -> None:
    assert found(SIGNATURE + b"\0\0nothing of the kind") == [((), OCTETS, (), b"", {"tnef-malformed"})]


@pytest.mark.parametrize("left", [1, 2, 3, 100, 400])
def test_cut_off(left: int) -> None:
    data = stream(attribute(TITLE, b"x.exe\0"), attribute(DATA, b"MZ" * 300))
    ((names, _, _, content, deviations),) = found(data[:-left])
    assert (names, deviations) == (("x.exe",), {"tnef-malformed"})
    assert content == (b"MZ" * 300)[: 600 + 2 - max(left, 2)]


def test_properties_cut_off() -> None:
    listed = props(prop(STRING8, 0x3707, b"x.exe\0"), prop(BINARY, 0x3701, b"MZ" * 50))
    data = stream(attribute(PROPERTIES, listed[:-40]))
    assert found(data) == [(("x.exe",), OCTETS, (), b"MZ" * 30, {"tnef-malformed"})]


def test_more_attributes_or_names_than_are_read() -> None:
    many = stream(attribute(DATA, b"") * 100_001)
    assert {"enclosed-too-many"} in [one[4] for one in found(many)]
    listed = props(*[prop(STRING8, 0x3707, b"x%d.exe" % number) for number in range(100)])
    data = stream(attribute(DATA, b"MZ"), attribute(PROPERTIES, listed))
    assert [(len(one[0]), one[4]) for one in found(data)] == [(0, {"too-many-filenames"}), (64, set())]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([SUBJECT, BODY, MESSAGE, DATA, TITLE, PROPERTIES, RENDERING]),
            st.one_of(
                st.binary(max_size=40),
                st.builds(
                    lambda kind, identifier, value: props(prop(kind, identifier, value)),
                    st.sampled_from([I4, STRING8, UNICODE, BINARY, OBJECT, 99]),
                    st.sampled_from([0x3701, 0x3707, 0x1009, 0x1013, 0x8001]),
                    st.binary(max_size=30),
                ),
            ),
        ),
        max_size=6,
    ),
    st.integers(0, 60),
    st.integers(0, 255),
)
def test_any_stream(attributes: list[tuple[int, bytes]], place: int, octet: int) -> None:
    data = bytearray(stream(*[attribute(identifier, value) for identifier, value in attributes]))
    data[min(6 + place, len(data) - 1)] = octet
    assert sum(len(content) for _, _, _, content, _ in found(bytes(data))) <= 20 * len(data)
