"""S/MIME (RFC 8551) whose content is in the open: CMS SignedData (RFC 5652) and CompressedData (RFC 3274).

Recognised by the content type at the start, in DER or BER, whatever the part is called. Signatures are not verified.
Without content (a detached signature) there is nothing to give, nor is there of enveloped data.

The content is a MIME entity where it begins like a header, or where the part says that it is S/MIME and the content
could be text. Otherwise (a signed document, such as contract.pdf.p7m) it is a file.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain

from gateway.mime import defect
from gateway.mime.enclosed.base import (
    BLOCK,
    MESSAGE,
    OCTETS,
    Buffer,
    Deviations,
    Enclosed,
    blocks,
    carrier,
    piece,
)
from gateway.mime.enclosed.tlv import (
    CONSTRUCTED,
    CONTEXT_0,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    Malformed,
    TooMany,
    Walker,
)

_SIGNED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_COMPRESSED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"
_START = re.compile(
    rb"\x30[\x00-\xff]{1,9}?\x06(?:\x09%b|\x0b%b)" % (re.escape(_SIGNED), re.escape(_COMPRESSED))
)
_FIELD = re.compile(rb"\s*(?:>?From |[!-9;-~]{1,76}[ \t]*:)")
_TYPES = re.compile(r"application/(?:x-)?pkcs7-mime")
_SUFFIXES = (".p7m", ".p7s", ".p7z", ".p7b", ".p7c", ".p7")
_DOCUMENTS = (b"%PDF", b"PK\x03\x04", b"{\\rtf", b"<?xml")
_LOOK_AHEAD = 1024


def is_cms(head: bytes) -> bool:
    """Whether a file that begins with `head` (32 octets do) is CMS of a kind that has content in the open."""
    return head[:1] == b"\x30" and _START.match(head) is not None


def cms(data: Buffer, content_type: str, filenames: Sequence[str]) -> Iterator[Enclosed]:
    """The content of a file for which `is_cms` holds."""
    walker = Walker(data)
    try:
        compressed, content = _content(data, walker)
    except Malformed:
        yield carrier("cms", defect.CMS_MALFORMED)
        return
    if content is None:
        return
    deviations: Deviations = {}
    chunks = _octets(data, walker, content, deviations)
    if compressed:
        chunks = _inflated(chunks, deviations)
    first = next(chunks, b"")
    names = tuple(_plain_name(name) for name in filenames)
    is_message = _FIELD.match(first) or (_TYPES.fullmatch(content_type) and _may_be_text(first[:_LOOK_AHEAD]))
    yield Enclosed(
        "cms",
        () if is_message else names,
        MESSAGE if is_message else OCTETS,
        (),
        chain([first] if first else [], chunks),
        deviations,
    )


def _may_be_text(first: bytes) -> bool:
    return b"\0" not in first and not first.startswith(_DOCUMENTS)


def _plain_name(name: str) -> str:
    suffix = next((one for one in _SUFFIXES if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)] or name


def _content(data: Buffer, walker: Walker) -> tuple[bool, Element | None]:
    """Whether the content is compressed, and the octet string (or whatever it is) that it stands in."""
    outer = _expect(walker, 0, None, SEQUENCE)
    kind = _expect(walker, outer.start, outer.end, OBJECT_IDENTIFIER)
    compressed = piece(data, kind.start, walker.behind(kind)) == _COMPRESSED
    explicit = _expect(walker, walker.behind(kind), outer.end, CONTEXT_0)
    body = _expect(walker, explicit.start, explicit.end, SEQUENCE)
    version = _expect(walker, body.start, body.end, INTEGER)
    algorithms = _expect(walker, walker.behind(version), body.end, SEQUENCE if compressed else SET)
    encapsulated = _expect(walker, walker.behind(algorithms), body.end, SEQUENCE)
    inner_kind = _expect(walker, encapsulated.start, encapsulated.end, OBJECT_IDENTIFIER)
    place = walker.behind(inner_kind)
    if walker.ended(encapsulated, place):
        return compressed, None
    explicit = _expect(walker, place, encapsulated.end, CONTEXT_0)
    return compressed, walker.element(explicit.start, explicit.end)


def _expect(walker: Walker, place: int, end: int | None, tag: int) -> Element:
    one = walker.element(place, end)
    if one.tag != tag:
        raise Malformed
    return one


def _octets(data: Buffer, walker: Walker, content: Element, deviations: Deviations) -> Iterator[bytes]:
    """The content; small pieces, as streaming senders make them, are joined."""
    joined: list[bytes] = []
    size = 0
    try:
        for start, end in _spans(walker, content):
            if end > len(data):
                deviations[defect.CMS_MALFORMED] = None
            for block in blocks(data, start, end):
                joined.append(block)
                size += len(block)
                if size >= BLOCK:
                    yield b"".join(joined)
                    joined, size = [], 0
    except TooMany:
        deviations[defect.ENCLOSED_TOO_MANY] = None
    except Malformed:
        deviations[defect.CMS_MALFORMED] = None
    if joined:
        yield b"".join(joined)


def _spans(walker: Walker, content: Element) -> Iterator[tuple[int, int]]:
    if content.tag & ~CONSTRUCTED == OCTET_STRING:
        return walker.octets(content)
    # PKCS #7 1.5 lets any value stand there; it is given with its contents as they are.
    return iter([(content.start, walker.behind(content))])


def _inflated(pieces: Iterator[bytes], deviations: Deviations) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    try:
        for compressed in pieces:
            while compressed and not inflater.eof:
                if plain := inflater.decompress(compressed, BLOCK):
                    yield plain
                compressed = inflater.unconsumed_tail
    except zlib.error:
        deviations[defect.CMS_MALFORMED] = None
        return
    if not inflater.eof:
        deviations[defect.CMS_MALFORMED] = None
