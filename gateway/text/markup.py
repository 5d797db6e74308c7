"""The tokens of HTML (WHATWG HTML, section 13.2.5), by one pattern: no tree.

Tree builders take quadratic time on deep nesting, and their memory can be made to explode. Every quantifier here is
possessive, or what follows it cannot be met before its end, so that time is linear.

Known limits: the content of title, textarea and the like is taken for markup. A CDATA section is read to its first
angle bracket, as in HTML, where it is a comment; what it holds is kept as text all the same.
"""

from __future__ import annotations

import html as entities
import re

_ATTRIBUTES = r"""((?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?|["'])*+)"""
TOKEN = re.compile(
    r"<(?:"
    r"/?(?P<name>(?!script[\s/>]|style[\s/>])[a-z][^\s/>]*+)(?P<attributes>"
    + _ATTRIBUTES
    + r")(?P<closing>>|\Z)"
    r"|!---?>"
    r"|!--(?P<comment>.*?)(?P<end>--!?>|\Z)"
    r"|!\[CDATA\[(?P<section>[^<>]*+)>?"
    r"|(?P<raw>script|style)(?=[\s/>])(?:" + _ATTRIBUTES.replace("(", "(?:", 1) + r")"
    r"(?P<opened>>|\Z)(?P<source>.*?)(?P<closed></(?P=raw)[^>]*+(?:>|\Z)|\Z)"
    r"|[!?/][^>]*+>?"
    r")",
    re.IGNORECASE | re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([^\s=>"'/]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+))""")
_BLOCK_NAMES = (
    "address article aside base blockquote body br button caption center col colgroup dd details dialog dir div dl"
    " dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe"
    " input legend li link main menu meta nav noframes noscript object ol optgroup option p pre search section"
    " select summary table tbody td template textarea tfoot th thead title tr ul video"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
# What is not shown where it stands, and takes no room.
_UNSEEN_NAMES = (
    "annotation area audio base basefont canvas datalist desc dialog head iframe link meta metadata noembed noframes"
    " object param rp template title video"
)
UNSEEN = frozenset(_UNSEEN_NAMES.split())
_VOID_NAMES = "area base br col embed frame hr img input link meta param source track wbr"
VOID = frozenset(_VOID_NAMES.split())
_LEADING_ZEROS = re.compile(r"&#(x?)0+(?=[0-9a-f])", re.IGNORECASE)
_TOO_BIG = re.compile(r"&#(?:[0-9]{8,}|x[0-9a-f]{7,});?", re.IGNORECASE)


def unescape(text: str) -> str:
    """`text` with its character references decoded, however many digits they have."""
    if "&" not in text:
        return text
    if "&#" in text:
        text = _TOO_BIG.sub("\ufffd", _LEADING_ZEROS.sub(r"&#\1", text))
    return entities.unescape(text)


def attributes_of(attributes: str) -> list[tuple[str, str]]:
    """Names (lower case) and values, references decoded, of the attributes that have a value; the first of a name
    counts, as in browsers, but all are given."""
    return [
        (name.lower(), unescape(double or single or bare))
        for name, double, single, bare in ATTRIBUTE.findall(attributes)
    ]
