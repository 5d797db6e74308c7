"""Every way in which some reader may decode octets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.decoding import decodings, plain

WORD = "wombatflute"
CYRILLIC = "привет"


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (b"plain text", []),
        (b"plain text", ["utf-8"]),
        (b"plain text", ["iso-8859-1", "utf-8", "shift_jis"]),
        (b"plain + text, ~ 5", ["us-ascii"]),
        ("café".encode(), []),
        ("café".encode(), ["utf-8"]),
        ("café".encode(), ["us-ascii"]),
        ("café".encode(), ["utf-8", "iso-8859-1"]),
    ],
)
def test_ordinary_text_has_one_reading(data: bytes, labels: list[str]) -> None:
    assert plain(data, labels) == data.decode()
    assert list(decodings(data, labels)) == [data.decode()]


@pytest.mark.parametrize(
    ("data", "labels", "expected"),
    [
        (WORD.encode("utf-16-le"), ["utf-16be"], WORD),
        (WORD.encode("utf-16-be"), ["utf-16le"], WORD),
        (WORD.encode("utf-32-le"), ["utf-32be"], WORD),
        (CYRILLIC.encode("utf-16-le"), ["utf-16be"], CYRILLIC),
        (b"\xfe\xff" + CYRILLIC.encode("utf-16-le"), ["utf-16le"], CYRILLIC),
        (WORD.encode("utf-16-le"), [], WORD),
        (WORD.encode("utf-32-be"), [], WORD),
        (WORD.encode(), ["utf-16"], WORD),
        (WORD.encode(), ["ibm037"], WORD),
        *((WORD.encode("cp037"), [label], WORD) for label in ("ibm037", "cp1047", "ccsid500", "ebcdic-us")),
        *((WORD.encode("cp500"), [label], WORD) for label in ("IBM500", "cp01141", "csIBM285")),
        (b"+AHcAbwBtAGIAYQB0-flute", ["us-ascii"], WORD),
        (b"+AHcAbwBtAGIAYQB0-flute", [], WORD),
        (b"womb\x1b(Batflute", ["utf-8"], WORD),
        (b"womb\x1b(Batflute", ["iso-2022-jp"], WORD),
        (b"womb\x1b-Aatflute", ["us-ascii"], WORD),
        (b"womb\x1b[0matflute", ["us-ascii"], WORD),
        (b"womb~{~}atflute", ["us-ascii"], WORD),
        (b"womb~\natflute", ["hz-gb-2312"], WORD),
        (b"womb~\r\natflute", ["gb2312"], WORD),
        ("日本".encode("iso2022_jp"), ["us-ascii"], "日本"),
        (CYRILLIC.encode(), ["iso-8859-1"], CYRILLIC),
        (CYRILLIC.encode("cp1251"), ["utf-8", "windows-1251"], CYRILLIC),
        (CYRILLIC.encode("koi8-r"), ["us-ascii koi8-r"], CYRILLIC),
        (CYRILLIC.encode("koi8-r"), ["utf-8;koi8-r"], CYRILLIC),
        (b"caf\xe9", ["utf-8"], "café"),
        (CYRILLIC.encode("cp1251") + b"~{", ["windows-1251"], CYRILLIC + "~{"),
    ],
)
def test_a_reading_that_says_the_word(data: bytes, labels: list[str], expected: str) -> None:
    assert any(expected in text for text in decodings(data, labels))


def test_what_the_label_says_comes_first() -> None:
    assert next(decodings(WORD.encode("cp037"), ["cp037", "utf-8"])) == WORD
    assert next(decodings(CYRILLIC.encode("cp1251"), ["windows-1251"])) == CYRILLIC


def test_a_mark_comes_before_the_label() -> None:
    assert next(decodings(b"\xff\xfe" + WORD.encode("utf-16-le"), ["us-ascii"])) == WORD
    assert next(decodings(b"\xef\xbb\xbfcaf\xc3\xa9", ["iso-8859-1"])) == "café"


def test_a_flood_of_labels_is_cut() -> None:
    labels = [f"cp{number}" for number in range(10_000)]
    assert len(list(decodings(b"caf\xe9", labels))) < 64


PIECES = [b"\x1b(B", b"~{", b"~", b"+AHc", b"\0", b"\xff\xfe", b"\xe9", b"a", b"\n"]
LABELS = [
    "utf-8",
    "utf-7",
    "utf-16",
    "utf-32le",
    "hz",
    "gb2312",
    "iso-2022-jp",
    "cp037",
    "big5",
    "no such, utf-7",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES)).map(b"".join),
    st.lists(st.sampled_from(LABELS), max_size=4),
)
def test_anything_is_decoded_in_few_ways(data: bytes, labels: list[str]) -> None:
    texts = list(decodings(data, labels))
    assert 1 <= len(texts) <= 24
    for text in texts:
        text.encode("utf-8")
