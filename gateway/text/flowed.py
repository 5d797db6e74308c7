"""Lines of text that are joined before they are shown: format=flowed (RFC 3676), and folded lines (RFC 5545, 6350).

Known limits: quoting depth is not compared, so that a line which ends in a space is joined with what follows whoever
wrote it; signature separators are joined too.
"""

from __future__ import annotations

import re

from gateway.mime.event import Flow

_SOFT_BREAK = re.compile(r" (?:\r\n?|\n)>*+ ?")
_FOLD = re.compile(r"(?:\r\n?|\n)[ \t]")


def joined(text: str, flow: Flow) -> str:
    """`text` with its soft line breaks undone: the break, the marks of quoting behind it and a stuffed space go, the
    space in front of it too where `flow` says so. Linear; never raises."""
    if flow is Flow.FIXED:
        return text
    return _SOFT_BREAK.sub("" if flow is Flow.DELETE_SPACE else " ", text)


def unfolded(text: str) -> str:
    """`text` with every line break that is followed by white space taken out, and one white space with it."""
    return _FOLD.sub("", text)
