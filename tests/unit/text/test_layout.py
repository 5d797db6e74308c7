"""HTML as it is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.bidi import displayed
from gateway.text.html import readings
from gateway.text.normalise import fold


def texts(html: str) -> list[str]:
    return [fold(displayed(text) or text) for text in readings(html)]


@pytest.mark.parametrize(
    "html",
    [
        "wom<span style=display:none>xx</span>bat",
        "wom<span style='dis/**/play:n\\6fne'>xx</span>bat",
        "wom<span style='display&#58;none'>xx</span>bat",
        "wom<i hidden>xx</i>bat",
        "wom<i hidden/>xx</i>bat",
        "wom<i/hidden>xx</i>bat",
        "wom<i hidden=''>xx</i>bat",
        "wom<template>xx</template>bat",
        "wom<i style=font-size:0>x<b>y</b></i>bat",
        "wom<i style=visibility:hidden>x<b style=visibility:visible>b</b></i>at",
        "<body>wom<font color=white>x</font>bat",
        "<body bgcolor=#000080>wom<font color=navy style='color:#000080'>x</font>bat",
        "wom<i style='color:#fff'>x</i>bat",
        "<td bgcolor=black style='color:#fff'>wom<i style=opacity:0>x</i>bat",
        "<td bgcolor=black><font color=white>wom<font color=black>x</font>bat</font>",
        "<style>.x{display:none}</style>wom<b class='y x'>q</b>bat",
        "<style>#x{opacity:0}</style>wom<b id=x>q</b>bat",
        "<style>i{font-size:0}</style>wom<i>q</i>bat",
        "<style>.a::before{content:'wom'}</style><b class=a>bat</b>",
        "<style>.a::after{content:'b\\61t'}</style><b class=a>wom</b>",
        "wom<div style=display:none>x</div>bat",
        "wom<img alt=bat src=x>",
        "<div style=display:inline>wom</div><div style=display:inline>bat</div>",
        "<bdo dir=rtl>tabmow</bdo>",
        "<span style='direction:rtl;unicode-bidi:bidi-override'>tabmow</span>",
        "wom<!--[if mso]>bat<![endif]-->",
        "wom<i hidden>x</b>y</i>bat",
        "wom<div><i hidden>x</div>bat".replace("<div>", "<b>").replace("</div>", "</b>"),
    ],
)
def test_a_word_that_is_torn_apart(html: str) -> None:
    assert "wombat" in texts(html)


def test_what_is_hidden_is_read_as_well() -> None:
    assert "wombat" in fold(next(iter(readings("<p style=display:none>wombat</p>"))))


@pytest.mark.parametrize(
    "html",
    [
        "plain",
        "<p style='color:#333;font-size:12px'>a<b>b</b></p><img alt=c>",
        "<table><tr><td bgcolor=#eeeeee style='color:#222'>a</td></tr></table>",
        "<!--[if mso]><table><tr><td><![endif]-->a",
        "<style>p{margin:0;color:#111}</style><p>a</p>",
        "<i hidden></i>a",
    ],
)
def test_ordinary_html_has_one_reading(html: str) -> None:
    assert len(list(readings(html))) == 1


def test_elements_that_end_themselves() -> None:
    assert "a b" in texts("<p hidden>x<p>a<table><tr><td hidden>y<td>b</table>")
    assert "a" in texts("<ul><li hidden>x<li>a</ul>")


def test_blocks_that_are_seen_break_words() -> None:
    assert "wom bat" in texts("wom<div>bat</div><i hidden>x</i>")
    assert "wom bat" in texts("wom<div style=opacity:0>x</div>bat")


def test_text_in_the_colour_of_a_picture_is_seen() -> None:
    assert len(texts("<td background=x.png><font color=white>wom</font>bat")) == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "<i hidden>",
            "<p hidden>",
            "<li hidden>x",
            "<i hidden>x</b>",
            "</i>",
            "<div style='display:none'><p>",
        ),
        *(
            "<b>",
            "</p>",
            "<bdo dir=rtl>",
            "x<!--[if a]>y<![endif]-->",
            "<td style='color:#fff'>",
            "x<img alt=y>",
        ),
    ],
)
def test_work_is_linear(unit: str) -> None:
    """Every element is opened and closed once, so that what comes out is no longer than what went in by a factor."""
    html = "<i hidden>x</i>" + unit * 20_000
    made = list(readings(html))
    assert len(made) <= 3
    assert sum(map(len, made)) <= 4 * len(html)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<i hidden>",
                "</i>",
                "<p>",
                "</p>",
                "<td style=display:none>",
                "x",
                "<!--[if a]>y<![endif]-->",
                "</b>",
            ]
        )
    ).map("".join)
)
def test_anything_is_laid_out(html: str) -> None:
    assert 1 <= len(list(readings(html))) <= 3
