"""HTML as it is laid out: without what style hides, with what style adds, blocks broken or not as style says.

Letters that a reader does not see tear words apart for a filter that reads them: `wom<i hidden>x</i>bat`. They are
hidden by: `hidden`, template, display, visibility, opacity, sizes of nothing, places out of sight, clipping, and the
colour of their ground. Alternative text stands in the place of its image. Text that runs from right to left by
`bdo` or by style is put between the controls of Unicode that say so, for gateway.text.bidi.

One pass, with a stack of open elements; each element is pushed and popped once. An end tag closes what is open inside
of its element; one without an element is left out. The elements whose end tag may be left out (p, li, td ...) end
where the next one begins. Known limits: formatting elements are not reopened behind a block (the "adoption agency" of
the HTML standard); of selectors see gateway.text.style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.text import style
from gateway.text.markup import BLOCKS, TOKEN, UNSEEN, VOID, attributes_of, unescape
from gateway.text.style import Colour, Declarations, Look

_ENDS_ITSELF: Mapping[str, tuple[str, ...]] = {
    "li": ("li",),
    "option": ("option",),
    "td": ("td", "th"),
    "th": ("td", "th"),
    "tr": ("td", "th", "tr"),
    "dt": ("dt", "dd"),
    "dd": ("dt", "dd"),
}
_MATTERS = re.compile("style|color|hidden|background|alt|text|dir", re.IGNORECASE)  # attributes that do
_ADDED = 1 << 16  # characters, and as many as the document has
_TO_LEFT, _END = "\u202e", "\u202c"


@dataclass(frozen=True, slots=True)
class _State:
    """How text at a place looks."""

    gone: bool = False
    absent: bool = False
    invisible: bool = False
    tiny: bool = False
    colour: Colour = style.BLACK
    background: Colour = style.WHITE

    @property
    def hidden(self) -> bool:
        return self.gone or self.invisible or self.tiny or style.same_colour(self.colour, self.background)

    def within(self, look: Look) -> _State:
        """The state inside an element of that look."""
        return _State(
            self.gone or look.gone,
            self.absent or look.absent,
            self.invisible if look.invisible is None else look.invisible,
            self.tiny if look.tiny is None else look.tiny,
            self.colour if look.colour is None else look.colour,
            self.background if look.background is None else look.background,
        )


@dataclass(slots=True)
class _Element:
    """An open element: its name, the state around it, and what comes where it ends."""

    name: str
    outer: _State
    outer_hidden: bool
    ending: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the attributes of a tag say."""

    look: Look
    plain: bool
    alternative: str


_PLAIN = _Seen(Look(), True, "")


def laid_out(
    html: str, sheet: Mapping[str, Declarations], conditional: Callable[[str], str] | None
) -> str | None:
    """The text of `html` as it is laid out, or None where that is all of it as it stands.

    `sheet` holds the declarations of its style sheets by selector. With `conditional`, which makes text of HTML, the
    content of conditional comments stands in its place, as Outlook has it. Linear; never raises.
    """
    layout = _Layout(sheet, conditional)
    layout.read(html)
    return unescape("".join(layout.pieces)) if layout.changed else None


class _Layout:
    def __init__(self, sheet: Mapping[str, Declarations], conditional: Callable[[str], str] | None) -> None:
        self._sheet = sheet
        self._conditional = conditional
        self._memory: dict[tuple[str, str], _Seen] = {}
        self._stack: list[_Element] = []
        self._open: dict[str, int] = {}
        self._state = _State()
        self._hidden = False
        self._added: set[str] = set()
        self._left = 0  # characters of text that style adds again and again
        self.pieces: list[str] = []
        self.changed = False

    def read(self, html: str) -> None:
        """The one pass."""
        position = 0
        self._left = _ADDED + len(html)
        for match in TOKEN.finditer(html):
            start, end = match.span()
            if start > position:
                self._text(html[position:start])
            position = end
            name = match["name"]
            if name is None:
                self._other(match["comment"], match["end"])
            elif html[start + 1] == "/":
                self._end(name.lower())
            else:
                self._start(name.lower(), match["attributes"], html[start - 1 : start].isalnum())
        if position < len(html):
            self._text(html[position:])

    def _text(self, text: str) -> None:
        if not self._hidden:
            self.pieces.append(text)
        elif not self.changed and not text.isspace():
            self.changed = True

    def _other(self, comment: str | None, end: str | None) -> None:
        if comment is None:
            return
        if not end:
            self._text(comment)
        elif self._conditional is not None and comment.startswith("[if") and not self._hidden:
            self.pieces.append(self._conditional(comment.partition("]>")[2]).strip("\n"))
            self.changed = True

    def _start(self, name: str, attributes: str, in_word: bool) -> None:
        if self._stack and (name in _ENDS_ITSELF or self._stack[-1].name == "p"):
            self._end_before(name)
        seen = self._memory.get((name, attributes)) or self._seen(name, attributes)
        if seen is _PLAIN or (name == "head" and not in_word):
            self._start_plain(name)
            return
        outer, outer_hidden = self._state, self._hidden
        state = outer if seen.plain else outer.within(seen.look)
        hidden = outer_hidden if seen.plain else state.hidden
        breaks = name in BLOCKS and not state.absent
        if seen.look.inline and breaks:
            breaks, self.changed = False, True
        if breaks:
            self.pieces.append("\n")
        elif name in BLOCKS and not outer.absent:
            self.changed = True  # to who does not see that it is hidden, it would break a word
        if seen.alternative and not hidden:
            self.pieces.append(seen.alternative)
            self.changed |= in_word
        if name in VOID:
            return
        ending = "\n" if breaks else ""
        if seen.look.before and not hidden:
            self._add(seen.look.before)
        if seen.look.after and not hidden:
            ending = self._afforded(seen.look.after) + ending
            self.changed = True
        if seen.look.reversed and not hidden:
            self._add(_TO_LEFT)
            ending = _END + ending
        self._stack.append(_Element(name, outer, outer_hidden, ending))
        self._open[name] = self._open.get(name, 0) + 1
        self._state, self._hidden = state, hidden

    def _start_plain(self, name: str) -> None:
        breaks = name in BLOCKS and not self._state.absent
        if breaks:
            self.pieces.append("\n")
        if name not in VOID:
            self._stack.append(_Element(name, self._state, self._hidden, "\n" if breaks else ""))
            self._open[name] = self._open.get(name, 0) + 1

    def _add(self, text: str) -> None:
        self.pieces.append(self._afforded(text))
        self.changed = True

    def _afforded(self, text: str) -> str:
        """`text` as source of HTML; "" where it has been added already and there is too much of it: one rule of a
        style sheet may add a long text to each of a hundred thousand elements."""
        self._left -= len(text)
        if self._left < 0 and text in self._added:
            return ""
        self._added.add(text)
        return text.replace("&", "&amp;")

    def _end_before(self, name: str) -> None:
        closes = _ENDS_ITSELF.get(name)
        if closes is not None:
            for one in closes:
                if self._stack and self._stack[-1].name == one:
                    self._pop()
        elif name in BLOCKS and name not in VOID and name not in UNSEEN:
            self._pop()

    def _end(self, name: str) -> None:
        if not self._open.get(name):
            if name in BLOCKS and not self._state.absent:
                self.pieces.append("\n")
            return
        while self._pop() != name:
            pass

    def _pop(self) -> str:
        element = self._stack.pop()
        self._open[element.name] -= 1
        self._state, self._hidden = element.outer, element.outer_hidden
        if element.ending:
            self.pieces.append(element.ending)
        return element.name

    def _seen(self, name: str, attributes: str) -> _Seen:
        matters = self._sheet or _MATTERS.search(attributes) or name in UNSEEN or name == "bdo"
        seen = self._memory[name, attributes] = self._look(name, attributes) if matters else _PLAIN
        return seen

    def _look(self, name: str, attributes: str) -> _Seen:
        found = dict(reversed(attributes_of(attributes))) if attributes else {}
        declared: Declarations = {}
        if self._sheet:
            marks = [f".{word}" for word in found.get("class", "").split()]
            for key in (name, *marks, f"#{found.get('id', '')}"):
                declared.update(self._sheet.get(key, {}))
        declared.update(_presentational(name, found))
        if "style" in found:
            declared.update(style.declarations(found["style"]))
        if name == "head":  # within a body it is passed over, and so it is read as a plain element
            declared["display"] = "inline"
        elif name in UNSEEN or "hidden" in found or _hidden_attribute(attributes):
            declared["display"] = "none"
        look = style.look(declared) if declared else Look()
        return _Seen(look, look == Look(), found.get("alt", "").strip() if name == "img" else "")


def _hidden_attribute(attributes: str) -> bool:
    return "idden" in attributes and "hidden" in attributes.lower().replace("/", " ").split()


def _presentational(name: str, found: Mapping[str, str]) -> Declarations:
    declared: Declarations = {}
    if "bgcolor" in found:
        declared["background-color"] = found["bgcolor"]
    if "background" in found:
        declared["background"] = "url()"
    if name == "font" and "color" in found:
        declared["color"] = found["color"]
    if name == "body" and "text" in found:
        declared["color"] = found["text"]
    if found.get("dir", "").lower() == "rtl":
        declared["direction"] = "rtl"
        if name == "bdo":
            declared["unicode-bidi"] = "bidi-override"
    if name == "input" and found.get("type", "").lower() == "hidden":
        declared["display"] = "none"
    return declared
