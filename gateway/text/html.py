"""What a reader reads in HTML, by its tokens (gateway.text.markup).

The first reading has everything: tags and comments within a word vanish, elements that stand on lines of their own
break words, entities are decoded, scripts and style sheets are left out. What is shown otherwise than as text, or only
to some (alternative text, titles, form values, link targets as written and percent-decoded, conditional comments, the
documents in data: URIs and in srcdoc), follows on lines of its own.

Where something in the document may hide, add or turn text, it is read as it is laid out too (gateway.text.layout).

Where markup never ends (a comment, a script, a tag) what it would swallow is kept as text: too much rather than too
little. Known limits: text made by scripts is not seen; letters in cells or columns of their own are not put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.text import layout, style, target
from gateway.text.markup import BLOCKS, TOKEN, UNSEEN, attributes_of, unescape

_SHOWN_NAMES = "alt title placeholder label aria-label aria-description value content summary"
_LINK_NAMES = "href action formaction xlink:href cite"
_EMBEDDING_NAMES = "src data background poster srcset"
_SHOWN = frozenset(_SHOWN_NAMES.split())
_LINKS = frozenset(_LINK_NAMES.split())
_EMBEDDING = frozenset(_EMBEDDING_NAMES.split())
_HIDDEN_NAME = re.compile(r"(?<![\w=\"'-])hidden(?![\w-])", re.IGNORECASE)
# An element within a word with its text, or several in one another.
_WITHIN_WORD = re.compile(
    r"(?<=[^\s<>])(?:<[a-z][^<>]*+>){1,4}+[^<>]*+(?:</[a-z][^<>]*+>){1,4}+(?=[^\s<])", re.IGNORECASE
)
_NESTED = 4  # times that they are taken out
# Elements within a word that are laid out otherwise than they stand: hidden, or shown by other text; the last three
# only where an attribute says so.
_TELLING_ELEMENTS = UNSEEN | {"template", "bdo", "img"}
_TELLING_WITH_ATTRIBUTES = frozenset({"br", "hr", "input"})
_DEPTH = 3  # documents within documents that are opened
_COLOURS = 48  # distinct colours that are held against each other


def visible(html: str) -> str:
    """The text of `html`, with what is hidden. Linear in its length; never raises."""
    return _Scan(html, _DEPTH).text


def readings(html: str) -> Iterator[str]:
    """The texts of `html`, lazily: with what is hidden, then as laid out where that may be another one."""
    yield from _readings(html, _DEPTH)


def _readings(html: str, depth: int) -> Iterator[str]:
    scan = _Scan(html, depth)
    yield scan.text
    torn = html
    for _ in range(_NESTED):
        whole, torn = torn, _WITHIN_WORD.sub("", torn)
        if whole == torn:
            break
    if torn != html:  # style hides in more ways than are known
        yield _Scan(torn, depth).text
    if any("attr(" in sheet for sheet in scan.sheets):
        values = [attributes_of(found["attributes"] or "") for found in TOKEN.finditer(html)]
        yield "\n".join([value for pairs in values for _, value in pairs])
    if not scan.needs_layout:
        return
    sheet = style.rules("\n".join(scan.sheets)) if scan.sheets else {}
    for conditional in (False, True) if scan.conditional else (False,):
        text = layout.laid_out(html, sheet, visible if conditional else None)
        if text is not None:
            yield text


class _Scan:
    """One pass over a document."""

    def __init__(self, html: str, depth: int) -> None:
        self._extras: dict[str, None] = {}
        self._depth = depth
        self._seen: set[str] = set()
        self._foregrounds: set[str] = {"#000"}
        self._backgrounds: set[str] = {"#fff"}
        self._telling = False
        self.sheets: list[str] = []
        self.conditional = False
        self.text = self._read(html)

    def _read(self, html: str) -> str:
        pieces: list[str] = []
        position = 0
        seen = self._seen
        for match in TOKEN.finditer(html):
            start, end = match.span()
            if start > position:
                pieces.append(html[position:start])
            position = end
            name, attributes, closing = match.group("name", "attributes", "closing")
            if name is not None:
                lower = name.lower()
                if lower in BLOCKS:
                    pieces.append("\n")
                if lower in _TELLING_ELEMENTS or (attributes and lower in _TELLING_WITH_ATTRIBUTES):
                    in_word = html[start - 1 : start].isalnum()
                    self._telling |= in_word or lower in ("template", "bdo")
                if attributes and attributes not in seen:
                    seen.add(attributes)
                    self._attributes(attributes)
                if not closing:
                    pieces.append(match[0])
            else:
                self._other(match, pieces)
        pieces.append(html[position:])
        text = unescape("".join(pieces))
        return "\n".join([text, *self._extras]) if self._extras else text

    def _other(self, match: re.Match[str], pieces: list[str]) -> None:
        comment = match["comment"]
        if match["section"]:
            pieces.append(match["section"])
            self._telling = True
        elif comment is not None:
            if not match["end"]:
                pieces.append(comment)
            elif comment.startswith("[if"):
                self._conditional(comment.partition("]>")[2], match)
        elif match["raw"] is not None:
            if not match["closed"].endswith(">"):
                pieces.append(match["source"] + match["closed"] if match["opened"] else match[0])
            else:
                source = match["source"]
                if match["raw"].lower() == "style":
                    self.sheets.append(source)
                    self._add(source)  # shown where style says so (display: block), and within MathML
                    self._add(style.strings(source))
                elif "style" in match[0][: match.start("source") - match.start()]:
                    self._add(source)

    def _conditional(self, content: str, match: re.Match[str]) -> None:
        text = _Scan(content, self._depth - 1).text if self._depth > 0 else content
        if text and not text.isspace():
            self._extras[text] = None
            html, start, end = match.string, match.start(), match.end()
            beside = html[max(start - 1, 0) : start] + html[end : end + 1]
            self.conditional |= beside != "" and not beside.isspace()

    def _attributes(self, attributes: str) -> None:
        if "idden" in attributes and _HIDDEN_NAME.search(attributes):
            self._telling = True
        if "=" not in attributes:
            return
        for name, value in attributes_of(attributes):
            if name == "style":
                self._style(value)
            elif name in _SHOWN:
                self._add(value)
            elif name in _LINKS:
                self._link(value)
            elif name in _EMBEDDING or name == "srcdoc":
                self._embedded(name, value)
            elif name in ("color", "text"):
                self._foregrounds.add(value)
            elif name == "bgcolor":
                self._backgrounds.add(value)

    def _style(self, value: str) -> None:
        if '"' in value or "'" in value:
            self._add(style.strings(value))
        if not self._telling and style.TELLING.search(value):
            self._telling = True
        for what, colour in style.COLOURS.findall(value):
            (self._foregrounds if what in ("color", "COLOR") else self._backgrounds).add(colour)

    def _add(self, value: str) -> None:
        value = value.strip()
        if value:
            self._extras[value] = None

    def _link(self, value: str) -> None:
        if self._embedded("href", value):
            return
        self._add(value)
        if "%" in value:
            self._add(target.unquoted(value.replace("+", " ")))

    def _embedded(self, name: str, value: str) -> bool:
        if name == "srcdoc":
            self._document(value, as_html=True)
            return True
        found = target.embedded(value)
        if found is None:
            return False
        if found.text:
            self._document(found.text, as_html=found.content_type.endswith(("html", "xml")))
        return True

    def _document(self, content: str, *, as_html: bool) -> None:
        if not as_html or self._depth <= 0:
            self._add(content)
            return
        for text in _readings(content, self._depth - 1):
            self._add(text)

    @property
    def needs_layout(self) -> bool:
        """True where something may hide text, add to it or turn it."""
        if self._telling or self.conditional or any(map(style.TELLING.search, self.sheets)):
            return True
        for sheet in self.sheets:
            for what, colour in style.COLOURS.findall(sheet):
                (self._foregrounds if what.lower() == "color" else self._backgrounds).add(colour)
        return self._colours_meet()

    def _colours_meet(self) -> bool:
        if len(self._foregrounds) > _COLOURS or len(self._backgrounds) > _COLOURS:
            return True
        grounds = [style.colour(written) for written in self._backgrounds]
        return any(
            style.same_colour(style.colour(written), ground)
            for written in self._foregrounds
            for ground in grounds
        )
