"""Targets of `gateway.text`: the texts of a leaf, HTML, folding, header fields as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.mime.event import Flow
from gateway.text import bidi, charset, excerpt, header_text, html, lookalike, style
from gateway.text import target as links
from gateway.text.normalise import fold, locate
from gateway.text.reader import is_text, readings
from tests.fuzz import fragments, fragments_text
from tests.fuzz.target import options, target, with_options
from tests.fuzz.targets_mime import leaves_of

_FLOWS = {flow.value: flow for flow in Flow}
_MOST_TEXTS = 12


def _leaves(message: bytes) -> Iterator[bytes]:
    for leaf in leaves_of(message):
        if is_text(leaf.start.content_type):
            words = [leaf.start.content_type, leaf.start.flow.value, ",".join(leaf.start.charsets)]
            yield with_options(words, leaf.octets)


_HEADS = [
    b"text/html|fixed|utf-7\n",
    b"text/plain|flowed|utf-16,koi8-r\n",
    b"text/plain|delete-space|gb2312\n",
    b"text/calendar|fixed|iso-2022-jp\n",
    b"text/enriched|fixed|utf-32,cp037\n",
]


@target("text", _leaves, [*fragments_text.TEXTS, *_HEADS], runs=1_000)
def texts(data: bytes) -> None:
    """The texts of a leaf: not too many, each another one, and fit to be searched.

    The first line holds the type, the flow of lines, and the labels of charsets.
    """
    (content_type, flow, labels), octets = options(data, 3)
    types = [content_type if is_text(content_type) else "text/plain", "text/html"]
    for kinds in (types[:1], types):
        found = readings(octets, kinds, labels.split(","), _FLOWS.get(flow, Flow.FIXED))
        assert 1 <= len(found.texts) <= _MOST_TEXTS
        assert len(set(found.texts)) == len(found.texts)
        for text in found.texts:
            text.encode("utf-8")
            fold(text)
    for label in labels.split(","):
        charset.decode(octets, label).encode("utf-8")


def _markup(message: bytes) -> Iterator[bytes]:
    for leaf in leaves_of(message):
        if leaf.start.content_type == "text/html":
            yield leaf.octets


@target("html", _markup, fragments_text.MARKUP, runs=1_000)
def markup(data: bytes) -> None:
    """HTML: text comes out, of a length that is bounded by that of the source, the same each time."""
    source = data.decode("utf-8", "replace")
    found = list(html.readings(source))
    assert found == list(html.readings(source))
    assert found[0] == html.visible(source)
    assert len(found) <= 5
    if "<" not in source and "&" not in source:
        assert found == [source]
    for declared in style.rules(source).values():
        style.look(declared)
    style.look(style.declarations(source))
    style.colour(source[:40])
    links.unquoted(source)
    links.embedded("data:" + source)


@target("fold", _markup, fragments_text.TEXTS, longest=1_000)
def folding(data: bytes) -> None:
    """Folding is stable, and what stands at a place of the folded text is found again in the text."""
    for text in (data.decode("utf-8", "replace"), data.decode("utf-16", "replace")):
        folded = fold(text)
        assert fold(folded) == folded
        assert "  " not in folded
        assert folded == folded.strip()
        shown = bidi.displayed(text)
        assert shown is None or len(shown) <= len(text)
        latin = lookalike.latinised(text)
        assert latin is None or len(latin) == len(text)
        for start in range(0, len(folded), 1 + len(folded) // 7):
            end = min(start + 1 + len(data) % 23, len(folded))
            first, behind = locate(text, start, end)
            assert 0 <= first <= behind <= len(text)
            assert folded[start:end].strip() in fold(text[first:behind]), (start, end)
            assert excerpt.around(text, start, end).isprintable()


def _addresses(message: bytes) -> Iterator[bytes]:
    for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            yield name.lower() + b"\n" + value.strip()


@target(
    "header-text",
    _addresses,
    [*fragments.COMMANDS, *fragments.WORDS, b"from\n", b"to\n", b"x-what\n"],
    longest=1_000,
)
def header_field(data: bytes) -> None:
    """What people may read of a header field; the first line is its name."""
    (name,), value = options(data, 1)
    header_text.is_read(name.lower())
    for field in (name.lower(), "from"):
        left = header_text.without_addresses(field, value)
        assert len(left) <= len(value)
        assert left == value or b"@" in value
