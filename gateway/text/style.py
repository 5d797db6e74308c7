"""What style does to text: the few properties of CSS by which text is hidden, turned round, or added.

Declarations are kept as they are written and weighed together, inline style last. Of selectors only the last simple
one counts (`td .note > b.x` is `.x`), so that more elements may seem styled than are. That is no harm: text is read
with what is hidden as well as without.

Known limits: no specificity; conditions (`@media`) are taken to hold; no `calc()` and no variables; a size in
percent or of the surrounding font counts by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

Colour = tuple[int, int, int] | str
Declarations = dict[str, str]

# A style that could matter. Most styles of ordinary mail do not match, and are not looked at any further.
TELLING = re.compile(
    r"""display\s*:\s*(?:none|inline) | visibility\s*: | opacity\s*[:(] | \\ | /\*
    | font(?:-size)?\s*:[^;]{0,40}?(?<![\d.\#a-f])[012](?:\.\d+)?\s*(?:px|pt|em|rem|%|/|;|\}|"|'|!|\s|\Z)
    | font-size\s*:\s*(?:0?\.|(?:\d|1[0-5])(?:\.\d+)?%)
    | (?:height|width)\s*:\s*[01](?![\d.]*[1-9]) | text-indent\s*: \s*- | (?:left|right|top|bottom)\s*:\s*-
    | margin(?:-left|-top)?\s*:\s*-\d{3} | clip | scale | mso-hide | override | content\s*:""",
    re.IGNORECASE | re.VERBOSE,
)
# The colours that a style names: (what for, which).
COLOURS = re.compile(r"(?<![a-z-])(background(?:-color)?|color)\s*+:\s*+([^;\s]++)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|pc|em|rem|ex|ch|cm|mm|in|q|vw|vh|%)?")
_SMALLEST = {
    "px": 2.0,
    "pt": 1.5,
    "em": 0.15,
    "rem": 0.15,
    "%": 15.0,
}  # of a font; what is smaller cannot be read
_STRING = re.compile(r""""([^"]*)"|'([^']*)'""")
_COMPOUND = re.compile(r"([a-z][\w-]*)?((?:[.#][\w-]+)*)(?:::?(before|after))?", re.IGNORECASE)
_NAMED = {
    "white": "#ffffff",
    "black": "#000000",
    "snow": "#fffafa",
    "ivory": "#fffff0",
    "whitesmoke": "#f5f5f5",
}
_LONGEST_CONTENT = 1 << 14  # characters of added text that are weighed
_FAR = 100  # a shift by more than this many pixels is out of sight
_NEAR = 24  # colours whose parts differ by less than this in all are one to the eye
# Properties that are weighed; others are not kept, as a sheet may give thousands of them to thousands of selectors.
_KNOWN = frozenset(
    {
        *(
            "display",
            "visibility",
            "opacity",
            "filter",
            "transform",
            "mso-hide",
            "position",
            "overflow",
            "content",
        ),
        *("clip", "clip-path", "text-indent", "margin-left", "margin-top", "left", "right", "top", "bottom"),
        *("width", "height", "max-width", "max-height", "font", "font-size", "color", "background"),
        *("background-color", "direction", "unicode-bidi", "before-content", "after-content"),
    }
)
_SIMPLE = frozenset({"color", "background", "background-color"})  # the properties that most styles have
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Look:
    """What declarations say about an element; None is as the element around it.

    `gone` is hidden with all that it holds, `absent` takes no room either. `before` and `after` are added text.
    """

    gone: bool = False
    absent: bool = False
    invisible: bool | None = None
    tiny: bool | None = None
    colour: Colour | None = None
    background: Colour | None = None
    inline: bool = False
    reversed: bool = False
    before: str = ""
    after: str = ""


def declarations(style: str) -> Declarations:
    """The properties (lower case) of a style attribute or block, the last of each; comments and escapes undone."""
    if "/*" in style:
        style = _COMMENT.sub("", style)
    found: Declarations = {}
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            property_name = _unescaped(name).strip().lower()
            if property_name not in _KNOWN:
                continue
            value = _unescaped(value) if property_name != "content" else value
            found[property_name] = value.strip().removesuffix("!important").rstrip()
    return found


def rules(sheet: str) -> dict[str, Declarations]:
    """Selector (`.class`, `#id`, `tag`) -> declarations. `before-content` and `after-content` hold added text."""
    found: dict[str, Declarations] = {}
    previous = ""
    tokens = re.split(r"([{}])", _COMMENT.sub("", sheet))
    for index in range(1, len(tokens), 2):
        text = tokens[index - 1]
        if tokens[index] == "{":
            previous = text
        elif previous:
            _add(previous, declarations(text), found)
            previous = ""
    return found


def strings(sheet: str) -> str:
    """The strings of a style sheet or attribute, those of one declaration joined: they may be shown as added text,
    marks of lists, or marks of quotation."""
    declarations = [one for one in re.split(r"[;{}]", sheet) if '"' in one or "'" in one]
    lines = [
        "".join([_unescaped(double or single) for double, single in _STRING.findall(one)])
        for one in declarations
    ]
    return "\n".join(filter(None, lines))


def _add(selectors: str, declared: Declarations, found: dict[str, Declarations]) -> None:
    for selector in selectors.rpartition(";")[2].split(","):
        words = selector.replace(">", " ").replace("+", " ").replace("~", " ").split()
        match = _COMPOUND.fullmatch(words[-1]) if words else None
        if match is None:
            continue
        tag, marks, pseudo = match.groups()
        last = max(marks.rfind("."), marks.rfind("#"))
        key = marks[last:] if marks else (tag or "").lower()
        content = {f"{pseudo}-content": declared["content"]} if pseudo and "content" in declared else {}
        if key:
            found.setdefault(key, {}).update(content if pseudo else declared)


def look(declared: Declarations) -> Look:
    """What declarations amount to."""
    if _SIMPLE.issuperset(declared):
        return Look(
            colour=colour(declared["color"]) if "color" in declared else None,
            background=_background(declared),
        )
    display = declared.get("display", "").lower()
    absent = display == "none" or _out_of_flow(declared)
    visibility = declared.get("visibility", "").lower()
    size = declared.get("font-size") or _shorthand_size(declared.get("font", ""))
    turned = declared.get("direction", "").lower() == "rtl" and "override" in declared.get("unicode-bidi", "")
    return Look(
        gone=absent or _gone(declared),
        absent=absent,
        invisible=None if not visibility else visibility in ("hidden", "collapse"),
        tiny=None if not size else _tiny(size),
        colour=colour(declared["color"]) if "color" in declared else None,
        background=_background(declared),
        inline=display.startswith("inline") or display == "contents",
        reversed=turned,
        before=_content(declared.get("before-content", "")),
        after=_content(declared.get("after-content", "")),
    )


def _gone(declared: Declarations) -> bool:
    if _number(declared.get("opacity", "1")) < 0.05 or declared.get("mso-hide") == "all":
        return True
    if "opacity(0" in declared.get("filter", "") or "scale(0" in declared.get("transform", ""):
        return True
    if any(_number(declared.get(side, "0")) < -_FAR for side in ("text-indent", "margin-left", "margin-top")):
        return True
    clip = declared.get("clip", "") + declared.get("clip-path", "")
    if "rect(0" in clip or "rect(1px" in clip or "inset(50%" in clip or "inset(100%" in clip:
        return True
    cut = "hidden" in declared.get("overflow", "") or "clip" in declared.get("overflow", "")
    sizes = ("max-height", "height", "max-width", "width")
    return cut and any(_number(declared.get(size, "9")) <= 1 for size in sizes)


def _out_of_flow(declared: Declarations) -> bool:
    if declared.get("position", "").lower() not in ("absolute", "fixed", "relative"):
        return False
    sides = ("left", "right", "top", "bottom")
    return any(_number(declared.get(side, "0")) < -_FAR for side in sides)


def _number(value: str) -> float:
    """A length in pixels or thereabouts; a large number where it is none."""
    match = _LENGTH.match(value)
    if match is None:
        return float("inf")
    number = float(match[1])
    return number * 16 if match[2] in ("em", "rem", "vw", "vh") and number < 0 else number


def _tiny(size: str) -> bool:
    match = _LENGTH.match(size.lower())
    return match is not None and float(match[1]) <= _SMALLEST.get(match[2] or "", 0.0)


def _shorthand_size(font: str) -> str:
    return next(
        (word for word in font.split() if (_LENGTH.match(word) and not word.isdigit()) or word == "0"), ""
    )


def _background(declared: Declarations) -> Colour | None:
    written = declared.get("background-color") or declared.get("background")
    if not written:
        return None
    if "(" in written and not written.startswith(("rgb", "hsl")):
        return "image"
    found = colour(written if written.startswith(("rgb", "hsl")) else written.split()[0])
    return None if found == "transparent" else found


def colour(written: str) -> Colour:
    """A colour as its parts (0 to 255), or as its name where it has no known parts."""
    name = written.strip().lower()
    name = _NAMED.get(name, name)
    digits = name.removeprefix("#")
    if name.startswith("rgb"):
        parts = [
            _number(part.strip()) for part in name.partition("(")[2].rstrip(")").replace("/", ",").split(",")
        ]
        if len(parts) == 4 and parts[3] < 0.05:
            return "transparent"
        if len(parts) >= 3 and all(0 <= part <= 255 for part in parts[:3]):
            return int(parts[0]), int(parts[1]), int(parts[2])
    elif re.fullmatch(r"[0-9a-f]{3}(?:[0-9a-f]{3})?", digits):
        pairs = (
            [digit * 2 for digit in digits] if len(digits) == 3 else [digits[at : at + 2] for at in (0, 2, 4)]
        )
        return int(pairs[0], 16), int(pairs[1], 16), int(pairs[2], 16)
    return name


def same_colour(one: Colour, other: Colour) -> bool:
    """True where an eye could not tell text of one colour from a ground of the other."""
    if one == "transparent":
        return True
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < _NEAR


def _content(written: str) -> str:
    return _strings(written[:_LONGEST_CONTENT])


@lru_cache(64)
def _strings(written: str) -> str:
    return "".join([_unescaped(double or single) for double, single in _STRING.findall(written)])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped, text) if "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2] if match[2] != "\n" else ""
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"
