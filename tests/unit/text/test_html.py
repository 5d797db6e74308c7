"""What a reader reads in HTML."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.html import visible
from gateway.text.markup import unescape


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("wom<!-- x -->bat<b></b>flu<span class='a>b'></span>te", "wombatflute"),
        ("wom<wbr>bat", "wombat"),
        ("wom<!-->bat<!--->flute", "wombatflute"),
        ("wom<!x>bat<?y?>flu</ z>te", "wombatflute"),
        ("<p>a</p>b<br>c", "\na\nb\nc"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "\n\n\na\n\nb\n\n\n"),
        ("<TITLE>a</TITLE>", "\na\n"),
        ("1 < 2 > 3", "1 < 2 > 3"),
        ("a<script>b</script>c", "ac"),
        ("a<script type='x'>if (1 < 2) '</p>'</SCRIPT >c", "ac"),
        ("a<style>b</style>c", "ac\nb"),
        ("a<scripty>b</scripty>c", "abc"),
        ("<svg:a>x</svg:a>", "x"),
        ("<![CDATA[a]]>", "a]]"),
        ("wom<![CDATA[>bat", "wombat"),
        ("a\nb", "a\nb"),
    ],
)
def test_markup(html: str, text: str) -> None:
    assert visible(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&#119;&#x6f;&#X6D;", "wom"),
        ("&#119&#x6fm", "wom"),
        ("&#0000000000119;", "w"),
        ("&#x00000000000000077;", "w"),
        ("a&nbsp;b", "a\xa0b"),
        ("&amp;lt;", "&lt;"),
        ("&#99999999999999;", "\ufffd"),
        ("&#x110000;", "\ufffd"),
        ("&#xD800;", "\ufffd"),
        ("&#0;", "\ufffd"),
        ("wom&ZeroWidthSpace;bat", "wom\u200bbat"),
        ("&nonsense;", "&nonsense;"),
    ],
)
def test_character_references(html: str, text: str) -> None:
    assert visible(html) == text


def test_references_with_any_number_of_digits() -> None:
    assert unescape("&#" + "9" * 10_000 + ";") == "\ufffd"
    assert unescape("&#" + "0" * 10_000 + "119;") == "w"


@pytest.mark.parametrize(
    ("html", "extra"),
    [
        ('<img alt="a &amp; b">', "a & b"),
        ("<img ALT=a>", "a"),
        ("<p title='a'>", "a"),
        ("<input placeholder=a>", "a"),
        ("<input type=submit value=a>", "a"),
        ('<a href = "http://example/">', "http://example/"),
        ("<form action=http://example/>", "http://example/"),
        ("<!--[if mso]>a<b>b</b><![endif]-->", "ab"),
    ],
)
def test_what_is_shown_otherwise_comes_on_lines_of_its_own(html: str, extra: str) -> None:
    assert visible("x" + html).strip().splitlines()[-1] == extra


def test_attributes_that_show_nothing_are_left_out() -> None:
    assert visible("<a id='b' class=c data-title='d'>x</a>") == "x"


@pytest.mark.parametrize(
    "html",
    [
        *("<!-- word", "<script>word", "<style>word", "<a word", "<word", "x<a b='>word"),
        *(
            "<script word",
            '<script a="word',
            "<style a='>word' ",
            "<script>a</script word",
            "<script>word</script b",
        ),
    ],
)
def test_what_endless_markup_swallows_is_kept(html: str) -> None:
    assert "word" in visible(html)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "<div>",
            "<b>",
            "<a ",
            "<!--",
            "<!--[if a]>",
            '<a b="',
            "<script>",
            "&amp;",
            "<",
            "</",
            "<!",
            "<a b=' ",
        ),
        *(
            '<script a="',
            "<script ",
            "<style b='",
            "<script/",
            "<script\n=",
            "</script",
            "</style ",
            '="',
            "&#0",
        ),
    ],
)
@pytest.mark.timeout(20)
def test_hostile_repetition_is_read(unit: str) -> None:
    for beginning in ("", "<script>", "<style>"):
        assert isinstance(visible(beginning + unit * 100_000), str)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="<>!-/abscript =\"'&#;1x[]"))
def test_anything_is_read(html: str) -> None:
    assert isinstance(visible(html), str)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="<&")))
def test_text_without_markup_is_itself(text: str) -> None:
    assert visible(text) == text
