"""What declarations do to text."""

from __future__ import annotations

import pytest

from gateway.text.style import TELLING, Look, colour, declarations, look, rules, same_colour


@pytest.mark.parametrize(
    "written",
    [
        *(
            "display:none",
            "DISPLAY : NONE !important",
            "dis/**/play:none",
            "display:n\\6f ne",
            "color:red;display:none",
        ),
        *("opacity:0", "opacity: .01", "mso-hide:all", "filter:opacity(0)", "transform:scale(0)"),
        *("text-indent:-9999px", "margin-left:-500px", "text-indent:-99em"),
        *("position:absolute;left:-9999px", "position:fixed;top:-200px"),
        *("max-height:0;overflow:hidden", "overflow:hidden;width:0px", "height:1px;overflow:clip"),
        *("clip:rect(0,0,0,0)", "clip-path:inset(100%)"),
    ],
)
def test_gone(written: str) -> None:
    assert look(declarations(written)).gone
    assert TELLING.search(written)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "display:block",
            "opacity:0.9",
            "text-indent:-20px",
            "left:-9999px",
            "max-height:0",
            "height:20px",
        ),
        *(
            "overflow:hidden;height:100px",
            "color:red",
            "nonsense",
            "a:b:c",
            ":",
            "font-size:12px",
            "opacity:x",
        ),
    ],
)
def test_not_gone(written: str) -> None:
    assert not look(declarations(written)).gone


@pytest.mark.parametrize(
    ("written", "tiny"),
    [
        *(
            ("font-size:0", True),
            ("font-size:1px", True),
            ("font-size:.1em", True),
            ("font-size:0.0px", True),
        ),
        *(
            ("font:0/0 a", True),
            ("font:bold 1px Arial", True),
            ("font-size:5%", True),
            ("font-size:1pt", True),
        ),
        *(
            ("font-size:12px", False),
            ("font-size:1em", False),
            ("font:12px/1.5 a", False),
            ("font-size:90%", False),
        ),
        ("font-size:large", False),
    ],
)
def test_sizes_of_letters(written: str, tiny: bool) -> None:
    assert look(declarations(written)).tiny is tiny
    if tiny:
        assert TELLING.search(written)


def test_what_can_be_taken_back() -> None:
    assert look(declarations("visibility:hidden")).invisible is True
    assert look(declarations("visibility:visible")).invisible is False
    assert look({}) == Look()


@pytest.mark.parametrize(
    "style", ["font-size:12px;color:#333", "line-height:1.5", "margin:0 auto", "font-family:a,b"]
)
def test_ordinary_styles_tell_nothing(style: str) -> None:
    assert TELLING.search(style) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("#fff", "white", True),
        ("#FEFEFE", "rgb(255, 255, 255)", True),
        ("transparent", "black", True),
        ("rgba(1,2,3,0)", "black", True),
        ("#000", "#fff", False),
        ("chartreuse", "chartreuse", True),
        ("chartreuse", "red", False),
        ("#eee", "#fff", False),
        ("rgb(999,0,0)", "#fff", False),
        ("rgb(", "#fff", False),
    ],
)
def test_colours(one: str, other: str, same: bool) -> None:
    assert same_colour(colour(one), colour(other)) is same


def test_a_ground_that_is_a_picture_is_no_colour() -> None:
    assert look(declarations("background:url(x.png) white")).background == "image"
    assert look(declarations("background:#fff url(x.png)")).background == "image"
    assert look(declarations("background:#fff none")).background == (255, 255, 255)
    assert look(declarations("background:transparent")).background is None


def test_rules_of_a_sheet() -> None:
    sheet = """
        @import url(x); /* .z{display:none} */
        .a, td .b > i.c { display:none } #d{opacity:0}
        @media (max-width:600px) { .e { font-size:0 } }
        .f::before { content: "wom" } .f:after { content: 'b\\61t' } .g:hover { display:none }
        em { visibility: hidden }
    """
    found = rules(sheet)
    assert set(found) == {".a", ".c", "#d", ".e", ".f", "em"}
    assert look(found[".a"]).absent
    assert (look(found[".f"]).before, look(found[".f"]).after) == ("wom", "bat")


def test_later_rules_win() -> None:
    assert not look(rules(".a{display:none} .a{display:block}")[".a"]).gone


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["{", "}", "a{", "{}", "/*", ".a{b:c}", "a,", "\\", "@media{", "a:", ";"])
def test_hostile_sheets(unit: str) -> None:
    assert len(rules(unit * 50_000)) <= 1
    assert isinstance(look(declarations(unit * 50_000)), Look)
    TELLING.search(unit * 50_000)
