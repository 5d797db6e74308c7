"""What a reader reads in HTML (WHATWG HTML, section 13.2.5, tokens only).

A tokeniser of one pattern, no tree: tree builders take quadratic time on deep nesting, and their memory can be
made to explode. Tags and comments within a word vanish, elements that stand on lines of their own break words,
entities are decoded, scripts and style sheets are left out. What is shown otherwise than as text, or only to
some (alternative text, titles, form values, link targets, conditional comments), follows on lines of its own.

Where markup never ends (a comment, a script, a tag) what it would swallow is kept as text: too much rather
than too little. Known limits: styles are not computed, so that hidden text is read too; text made by scripts is
not seen.
"""

from __future__ import annotations

import html as entities
import re

_ATTRIBUTES = r"""((?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?|["'])*+)"""
_TOKEN = re.compile(
    r"<(?:"
    r"/?(?P<name>(?!script[\s/>]|style[\s/>])[a-z][^\s/>]*+)(?P<attributes>"
    + _ATTRIBUTES
    + r")(?P<closing>>|\Z)"
    r"|!---?>"
    r"|!--(?P<comment>.*?)(?P<end>--!?>|\Z)"
    r"|!\[CDATA\["
    r"|(?P<raw>script|style)(?=[\s/>])(?:" + _ATTRIBUTES.replace("(", "(?:", 1) + r")"
    r"(?P<opened>>|\Z)(?P<source>.*?)(?P<closed></(?P=raw)[^>]*+(?:>|\Z)|\Z)"
    r"|[!?/][^>]*+>?"
    r")",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+))""")
_SHOWN_NAMES = "alt title placeholder label aria-label value href action formaction xlink:href"
_SHOWN = frozenset(_SHOWN_NAMES.split())
_BLOCK_NAMES = (
    "address article aside base blockquote body br button caption center col colgroup dd details dialog dir div dl"
    " dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe"
    " input legend li link main menu meta nav noframes noscript object ol optgroup option p pre search section"
    " select summary table tbody td template textarea tfoot th thead title tr ul video"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_LEADING_ZEROS = re.compile(r"&#(x?)0+(?=[0-9a-f])", re.IGNORECASE)
_TOO_BIG = re.compile(r"&#(?:[0-9]{8,}|x[0-9a-f]{7,});?", re.IGNORECASE)


def visible(html: str) -> str:
    """The text of `html` as a reader sees it. Linear in its length; never raises."""
    pieces: list[str] = []
    extras: dict[str, None] = {}
    position = 0
    for match in _TOKEN.finditer(html):
        start, end = match.span()
        if start > position:
            pieces.append(html[position:start])
        position = end
        name, attributes, closing = match.group("name", "attributes", "closing")
        if name is not None:
            if name.lower() in _BLOCKS:
                pieces.append("\n")
            if "=" in attributes:
                _collect(attributes, extras)
            if not closing:
                pieces.append(match[0])
        elif (comment := match["comment"]) is not None:
            if not match["end"]:
                pieces.append(comment)
            elif comment.startswith("[if"):
                extras[visible(comment.partition("]>")[2])] = None
        elif match["raw"] is not None and not match["closed"].endswith(">"):
            pieces.append(match["source"] + match["closed"] if match["opened"] else match[0])
    pieces.append(html[position:])
    text = unescape("".join(pieces))
    return "\n".join([text, *extras]) if extras else text


def unescape(text: str) -> str:
    """`text` with its character references decoded, however many digits they have."""
    if "&" not in text:
        return text
    if "&#" in text:
        text = _TOO_BIG.sub("\ufffd", _LEADING_ZEROS.sub(r"&#\1", text))
    return entities.unescape(text)


def _collect(attributes: str, extras: dict[str, None]) -> None:
    for name, *values in _ATTRIBUTE.findall(attributes):
        if name.lower() in _SHOWN:
            value = unescape("".join(values)).strip()
            if value:
                extras[value] = None
