"""Octets to text, whatever the label says."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.charset import codec_of, decode

CAFE = "café"
JAPANESE = "日本語"


@pytest.mark.parametrize(
    ("data", "charset", "expected"),
    [
        (b"plain", None, "plain"),
        (CAFE.encode(), None, CAFE),
        (b"caf\xe9", None, CAFE),
        (b"\x80\x81", None, "€\x81"),
        (CAFE.encode(), "utf-8", CAFE),
        (b"caf\xe9", "utf-8", "caf\ufffd"),
        (b"caf\xe9", "us-ascii", CAFE),
        (CAFE.encode(), "us-ascii", CAFE),
        (b"caf\xe9 \x93", "iso-8859-1", "café “"),
        (CAFE.encode(), "x-unknown", CAFE),
        (b"caf\xe9", "no such thing", CAFE),
        (b"+AHcAbwBtAGIAYQB0-", "utf-7", "wombat"),
        (b"+AHcAbwBtAGIAYQB0-", "unicode-1-1-utf-7", "wombat"),
        ("wombat".encode("cp037"), "ibm037", "wombat"),
        ("wombat".encode("cp500"), "cp500", "wombat"),
        (JAPANESE.encode("iso2022_jp"), "iso-2022-jp", JAPANESE),
        (b"wom\x1b(Bbat", "iso-2022-jp", "wombat"),
        (b"wom~\nbat", "hz-gb-2312", "wombat"),
        (JAPANESE.encode("shift_jis"), "x-sjis", JAPANESE),
        ("①".encode("cp932"), "shift_jis", "①"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("한국".encode("cp949"), "ks_c_5601-1987", "한국"),
        ("привет".encode("koi8_r"), "koi8-r", "привет"),
        ("привет".encode("cp1251"), "windows-1251", "привет"),
        ("x".encode("mac_roman"), "macintosh", "x"),
    ],
)
def test_labels(data: bytes, charset: str | None, expected: str) -> None:
    assert decode(data, charset) == expected


@pytest.mark.parametrize("width", [16, 32])
def test_wide_encodings_with_and_without_a_mark(width: int) -> None:
    for order in ("le", "be"):
        data = "wombat".encode(f"utf-{width}-{order}")
        mark = "\ufeff".encode(f"utf-{width}-{order}")
        assert decode(data, f"utf-{width}{order}") == "wombat"
        assert decode(data, f"utf-{width}") == "wombat"
        assert decode(mark + data, f"utf-{width}") == "wombat"
        assert decode(mark + data, "iso-8859-1") == "wombat"
        assert decode(mark + data, None) == "wombat"


def test_utf8_mark_wins() -> None:
    assert decode(codecs.BOM_UTF8 + CAFE.encode(), "iso-8859-1") == CAFE


@pytest.mark.parametrize(
    "label",
    [
        "base64",
        "hex",
        "rot13",
        "zlib",
        "bz2",
        "uu",
        "quopri",
        "unicode_escape",
        "idna",
        "punycode",
        "undefined",
    ],
)
def test_codecs_that_are_no_charsets_are_unknown(label: str) -> None:
    assert codec_of(label) is None
    assert decode(b"abc", label) == "abc"


@pytest.mark.parametrize("label", [None, "", "\x00", "x" * 10_000, "utf-8\x00", "-", "é"])
def test_labels_of_any_kind(label: str | None) -> None:
    assert decode(b"abc", label) == "abc"


def test_no_lone_surrogates() -> None:
    decode(b"+2AA-x", "utf-7").encode("utf-8")
    decode(b"\x00\xd8x\x00", "utf-16-le").encode("utf-8")
    decode(b"\xed\xa0\x80", "utf-8").encode("utf-8")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from(
        [
            "utf-8",
            "utf-7",
            "utf-16",
            "utf-32",
            "iso-2022-jp",
            "iso-2022-kr",
            "hz",
            "big5",
            "gb18030",
            "cp037",
            "johab",
        ]
    )
    | st.text(max_size=12)
    | st.none(),
)
def test_it_never_fails(data: bytes, charset: str | None) -> None:
    decode(data, charset).encode("utf-8")
