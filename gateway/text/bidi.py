"""Text in the order in which it is displayed, as far as overrides change it (UAX #9, section 2.2 and rule L2).

Between a right-to-left override (U+202E) and its end letters of any script run from right to left, so that
"etulftabmow" reads "wombatflute". Nested embeddings and isolates keep their own order and stand as a whole. The end of
a line ends them all.

Known limits: text without overrides is left as it is stored, which is the order in which it is read. Nesting deeper
than `_DEPTH` is taken for part of what encloses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_OVERRIDE = "\u202e"
_END, _END_OF_ISOLATE = "\u202c", "\u2069"
_OPENING = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_ISOLATES = frozenset("\u2066\u2067\u2068")
_TOKENS = re.compile("([\u202a-\u202e\u2066-\u2069\n\r\u2028\u2029])")
_DEPTH = 16


@dataclass(slots=True)
class _Run:
    """Text at one level: its pieces in the order of storage, each already in that of display."""

    opening: str
    pieces: list[str] = field(default_factory=list)
    overflow: int = 0

    def displayed(self) -> str:
        if self.opening == _OVERRIDE:
            self.pieces.reverse()
        return "".join(self.pieces)


def displayed(text: str) -> str | None:
    """`text` in the order of display, or None where it holds no right-to-left override. Linear; never raises."""
    if _OVERRIDE not in text:
        return None
    stack = [_Run("")]
    for token in _TOKENS.split(text):
        if token in _OPENING:
            if len(stack) <= _DEPTH:
                stack.append(_Run(token))
            else:
                stack[-1].overflow += 1
        elif token == _END:
            if stack[-1].overflow:
                stack[-1].overflow -= 1
            elif len(stack) > 1 and stack[-1].opening not in _ISOLATES:
                _close(stack)
        elif token == _END_OF_ISOLATE:
            if stack[-1].overflow:
                stack[-1].overflow -= 1
            elif any(run.opening in _ISOLATES for run in stack):
                while _close(stack) not in _ISOLATES:
                    pass
        elif token in ("\n", "\r", "\u2028", "\u2029"):
            while len(stack) > 1:
                _close(stack)
            stack[0].pieces.append(token)
        elif token:
            stack[-1].pieces.append(token[::-1] if stack[-1].opening == _OVERRIDE else token)
    while len(stack) > 1:
        _close(stack)
    return "".join(stack[0].pieces)


def _close(stack: list[_Run]) -> str:
    run = stack.pop()
    stack[-1].pieces.append(run.displayed())
    return run.opening
