"""The texts of a leaf, as some reader sees them: which types are text, and how each is made readable.

    octets -> texts by charset (decoding) -> also what they hold in encoded form (encoded)
           -> HTML as text, with what is hidden and without (html), or lines joined (flowed)
           -> also as displayed (bidi), also with look-alikes as Latin letters (lookalike)

Ordinary mail (ASCII, or UTF-8 that says so, without tricks of HTML) has exactly one. The likeliest comes first, texts
that are equal come once. Their number is limited by the size of the leaf; where there would be more, that is told.

Known limits: rich text (text/rtf) is given as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.mime.event import Flow
from gateway.text import bidi, encoded, flowed, html, lookalike
from gateway.text.decoding import decodings, plain

_HTML_TYPES = frozenset(
    {
        *("text/html", "text/x-html", "text/x-amp-html", "application/xhtml+xml", "image/svg+xml"),
        *("text/enriched", "text/richtext"),
    }
)
_TEXT_TYPES = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/external-body",
        "message/feedback-report",
        "message/global-delivery-status",
        "message/global-disposition-notification",
        "message/global-headers",
        "message/partial",
        "application/json",
        "application/xml",
        "application/ics",
    }
)
_FOLDED_TYPES = frozenset(
    {"text/calendar", "text/vcard", "text/x-vcard", "text/x-vcalendar", "text/directory", "application/ics"}
)
_DECLARATION = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,32}+=\s{0,32}+[\"']?\s{0,32}+([A-Za-z0-9_.:-]{1,64})"
    rb"|<\?xml[^>]{0,100}?encoding\s{0,32}+=\s{0,32}+[\"']([A-Za-z0-9_.:-]{1,64})",
    re.IGNORECASE,
)
_DECLARATIONS_SEARCHED = 4096  # octets; the HTML standard asks for the first 1,024
_DECLARATIONS = 4
_BARE_CR = re.compile(r"\r(?!\n)")
# What shows as a blank although Unicode does not count it as white space: Braille without dots, fillers, a null note.
_BLANKS = re.compile("[\u2800\u115f\u1160\u3164\uffa0\u180e\U0001d159]")
_QUOTED = re.compile(r"(?<=[\r\n])>[> ]*+")
_PARAMETER = re.compile(r"<(param|comment)>[^<]*+</\1>", re.IGNORECASE)
_NEW_LINE = re.compile(r"<(?:nl|np)>", re.IGNORECASE)
_ENRICHED = frozenset({"text/enriched", "text/richtext"})
_MOST = 12  # texts of a leaf
_FEWEST = 4  # texts of a leaf however large it is
_WORK = 3 << 20  # octets that all texts of a leaf together may take, beyond the fewest


@dataclass(frozen=True, slots=True)
class Readings:
    """The texts of a leaf, the likeliest first. `complete` is false where there are more than were made."""

    texts: tuple[str, ...]
    complete: bool = True


def is_html(content_type: str) -> bool:
    """True for a type (lower case) that readers show as HTML."""
    return content_type in _HTML_TYPES


def is_text(content_type: str) -> bool:
    """True for a type (lower case) that readers show as text, HTML among them."""
    return content_type.startswith("text/") or content_type in _TEXT_TYPES or content_type in _HTML_TYPES


def readings(
    data: bytes,
    content_types: Iterable[str],
    charsets: Sequence[str],
    flow: Flow = Flow.FIXED,
    extra: int | None = None,
) -> Readings:
    """The texts of a leaf with decoded octets `data`, by all types (lower case) that it may have; those that are not
    types of text give none. `charsets` are the labels that its header gives. With `extra`, all texts but the first
    take so many octets at most, as the leaf has them. Never raises."""
    types = [content_type for content_type in content_types if is_text(content_type)]
    if not types:
        return Readings(())
    markup = any(map(is_html, types))
    labels = [*charsets, *_declared(data)] if markup or b"<?xml" in data[:64] else charsets
    if not markup and flow is Flow.FIXED and _FOLDED_TYPES.isdisjoint(types):
        text = plain(data, labels)
        if (
            text is not None
            and text.isascii()
            and "=" not in text
            and "\n>" not in text
            and _BARE_CR.search(text) is None
        ):
            return Readings((text,))  # what follows would say the same, and takes longer
    most = max(_FEWEST, min(_MOST, _WORK // (len(data) or 1)))
    if extra is not None:
        most = min(most, 1 + max(extra, 0) // (len(data) or 1))
    return _limited(_texts(data, types, labels, flow), most)


def variants(text: str) -> Iterator[str]:
    """`text`, and as it is displayed, and with look-alikes as Latin letters, where these are other texts."""
    yield text
    if text.isascii():
        return
    spaced = _BLANKS.sub(" ", text)
    if spaced != text:
        yield spaced
    shown = bidi.displayed(text)
    if shown is not None:
        yield shown
    for written in (text, shown) if shown is not None else (text,):
        latin = lookalike.latinised(written)
        if latin is not None:
            yield latin


def _limited(texts: Iterator[str], most: int) -> Readings:
    found: list[str] = []  # a set would take the hash of every text, a list compares the lengths of a few
    for text in texts:
        if text not in found:
            if len(found) == most:
                return Readings(tuple(found), complete=False)
            found.append(text)
    return Readings(tuple(found))


def _texts(data: bytes, types: Sequence[str], labels: Sequence[str], flow: Flow) -> Iterator[str]:
    seen: list[str] = []
    for decoded in decodings(data, labels):
        if decoded in seen:
            continue
        seen.append(decoded)
        for text in _as_shown(decoded, types, flow):
            yield from variants(text)


def _as_shown(text: str, types: Sequence[str], flow: Flow) -> Iterator[str]:
    markup = any(map(is_html, types))
    for source in (text, *encoded.decoded(text, markup=markup)):
        if markup:
            yield from html.readings(source)
        if not _ENRICHED.isdisjoint(types):
            yield from html.readings(_NEW_LINE.sub("\n", _PARAMETER.sub("", source)))
        if not all(map(is_html, types)):
            yield from _lines(source, types, flow)


def _lines(text: str, types: Sequence[str], flow: Flow) -> Iterator[str]:
    if flow is Flow.FLOWED:
        text = flowed.joined(text, flow)  # says what the lines as they stand say too
    yield _QUOTED.sub("", text) if "\n>" in text or "\r>" in text else text
    if flow is Flow.DELETE_SPACE:
        yield flowed.joined(text, flow)
    if not _FOLDED_TYPES.isdisjoint(types):
        yield flowed.unfolded(text)
    if _BARE_CR.search(text) is not None:
        yield _BARE_CR.sub("", text)


def _declared(data: bytes) -> list[str]:
    """The labels that a document gives itself. One that can be read as ASCII is not in UTF-16 (HTML standard, section
    13.2.3.2)."""
    found: list[str] = []
    for match in _DECLARATION.finditer(data, 0, _DECLARATIONS_SEARCHED):
        label = (match[1] or match[2]).decode("ascii")
        if not label.lower().startswith(("utf-16", "utf-32")):
            found.append(label)
        if len(found) == _DECLARATIONS:
            break
    return found
