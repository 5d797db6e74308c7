"""Text that is itself encoded although nothing says so: quoted-printable and encoded-words in what a reader opens.

Readers show such text as it stands, people and some programs decode it. It is taken for encoded where it has the marks
of it: a soft line break behind a word, an equals sign written as `=3D`, a letter within a word written by its number.
Known limits: only text that has one of these is decoded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from gateway.mime import words
from gateway.text import charset as charsets

_SOFT_BREAK = re.compile(r"=(?<=[^=\s]=)(?:\r\n?|\n)(?=[^\s=])")
_EQUALS = re.compile(r"=3D", re.IGNORECASE)
_LETTER = re.compile(r"=(?<=[A-Za-z0-9=]=)[4-7][0-9A-Fa-f](?=[A-Za-z=])|=[CE][0-9A-F]=[89AB][0-9A-F]")


def decoded(text: str, *, markup: bool) -> Iterator[str]:
    """The texts that `text` holds in encoded form; none for ordinary text. `markup` is true for the source of HTML,
    where an equals sign with digits behind it is ordinary."""
    if "=" not in text:
        return
    if _EQUALS.search(text) or _SOFT_BREAK.search(text) or (not markup and _LETTER.search(text)):
        yield charsets.decode(binascii.a2b_qp(text.encode("utf-8", "replace")), None)
    if "=?" in text:
        plain = words.decode(text)
        if plain != text:
            yield plain
