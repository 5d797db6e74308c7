"""Which leaves are text, and what they read like."""

from __future__ import annotations

import pytest

from gateway.text.reader import readable


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/calendar",
        "text/csv",
        "text/x-anything",
        "message/delivery-status",
        "application/json",
    ],
)
def test_text_types(content_type: str) -> None:
    assert readable(b"a <b>", content_type, None) == "a <b>"


@pytest.mark.parametrize("content_type", ["text/html", "application/xhtml+xml", "image/svg+xml"])
def test_html_types(content_type: str) -> None:
    assert readable(b"wom<b></b>bat", content_type, None) == "wombat"


@pytest.mark.parametrize(
    "content_type", ["image/png", "application/pdf", "application/octet-stream", "multipart/mixed"]
)
def test_other_types(content_type: str) -> None:
    assert readable(b"a", content_type, None) is None


def test_charset() -> None:
    assert readable("wombat".encode("utf-16-be"), "text/plain", "utf-16be") == "wombat"


@pytest.mark.parametrize(
    "declaration",
    [
        b'<meta charset="windows-1251">',
        b"<META charset=windows-1251>",
        b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
    ],
)
def test_declaration_within_html(declaration: bytes) -> None:
    data = declaration + "привет".encode("cp1251")
    text = readable(data, "text/html", None)
    assert text is not None
    assert "привет" in text


def test_the_header_goes_before_the_declaration() -> None:
    data = b'<meta charset="windows-1251">' + "привет".encode()
    text = readable(data, "text/html", "utf-8")
    assert text is not None
    assert "привет" in text


def test_an_impossible_declaration_is_not_believed() -> None:
    text = readable(b'<meta charset="utf-16">wombat', "text/html", None)
    assert text is not None
    assert "wombat" in text


@pytest.mark.timeout(20)
@pytest.mark.parametrize("filler", [b" ", b"<meta charset ", b"<meta ", b"charset "])
def test_a_declaration_that_never_comes(filler: bytes) -> None:
    data = (b"<meta charset=" + filler * 4_096)[:4_096]
    for number in range(500):
        assert readable(data + b"%d" % number, "text/html", None) is not None
