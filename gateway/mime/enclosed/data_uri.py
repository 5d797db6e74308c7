"""Files in data: URIs (RFC 2397) of HTML, XML and SVG: what a link hands out as a download, and pictures.

The URI is the value of an attribute. As in browsers, character references in it are decoded, and tabs and line ends
are passed over; then come percent-encoding and base64.

Known limits: URIs in style sheets and scripts, and those in UTF-16 text, are not found; a scheme and type of more than
512 octets neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from urllib.parse import unquote_to_bytes

from gateway.mime import defect
from gateway.mime.enclosed.base import BLOCK, Buffer, Deviations, Enclosed, carrier, piece, unique
from gateway.mime.encoding_base64 import Base64Decoder
from gateway.text import charset

# An attribute's value that may begin with "data:", be it written with character references.
_VALUE = re.compile(rb"=\s{0,4096}+(?:[\"'][\0-\x20]{0,4096}+)?+(?=[dD]\s{0,99}+[aA&\t\n\r]|&)")
_HEAD = re.compile(rb"[\0-\x20]*+data\s*+:([^,]{0,8192}),", re.IGNORECASE)
_BARE_END = re.compile(rb"[\s>]")
_END = {b'"': re.compile(rb'"'), b"'": re.compile(rb"'")}
_DOWNLOAD = re.compile(rb"[\s/\"']download\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
_SPACE = re.compile(rb"[\t\n\f\r ]+")
_SCANNED = 1 << 16  # octets searched at a time
_HEAD_SIZE = 9_000  # octets of a value in which the comma must stand, references included
_BLANK = bytes(range(0x21))
_GOES_ON = re.compile(rb"[\0-\x20]\Z|&#[xX]?0*\Z")
_ZEROS = re.compile(rb"(&#[xX]?)0+")
_GLANCE = 64  # octets of a value by which most are told not to be meant
_TAG = 4096  # octets before and behind the value in which the tag's other attributes are looked for
_NEAREST = 2  # names before and behind, as it is not worked out where the tag begins and ends
_UNFINISHED = 12  # octets of the longest reference or escape that a block may cut
_MAX_VALUES = 20_000  # that are looked at
_MAX_URIS = 2_000


def data_uris(data: Buffer) -> Iterator[Enclosed]:
    """The files in the data: URIs of attributes, in order. Linear; never raises."""
    uris = done = 0
    for count, place in enumerate(_values(data)):
        if count >= _MAX_VALUES or uris >= _MAX_URIS:
            yield carrier("unread", defect.ENCLOSED_TOO_MANY)
            return
        quote = piece(data, place - 1, place)
        quote = quote if quote in _END else b""
        if place < done or not _glance(data, place):
            continue
        match = _HEAD.match(_plain(piece(data, place, place + _HEAD_SIZE), final=True)[0])
        if match is None:
            uris += 1
            if _end(data, place, quote) - place > _HEAD_SIZE:
                yield carrier("unread", defect.ENCLOSED_TOO_MANY)
            continue
        uris += 1
        end = _end(data, place, quote)
        done = done if quote else end  # what stands in a value without quotation marks begins no other
        yield _enclosed(data, place, end, match[1])


def _values(data: Buffer) -> Iterator[int]:
    """Where the value of an attribute begins that may be such a URI."""
    for first in range(0, len(data), _SCANNED):
        block = piece(data, first, first + _SCANNED + _HEAD_SIZE)
        for match in _VALUE.finditer(block):
            if match.start() >= _SCANNED:
                break
            yield first + match.end()


def _glance(data: Buffer, place: int) -> bool:
    start = piece(data, place, place + _GLANCE)
    if _GOES_ON.search(start):
        start = piece(data, place, place + _HEAD_SIZE).lstrip(_BLANK)
        start = _ZEROS.sub(rb"\1", start, count=4)[:_GLANCE]
    return _plain(start, final=True)[0].lstrip(_BLANK).lower().startswith(b"data")


def _enclosed(data: Buffer, start: int, end: int, written: bytes) -> Enclosed:
    media = unquote_to_bytes(_SPACE.sub(b"", written)).decode("latin-1").lower()
    deviations: Deviations = {}
    content_type = media.partition(";")[0]
    label = re.search(r";charset=[\"']?([^;\"']{1,64})", media)
    return Enclosed(
        "data-uri",
        _names(data, start, end),
        content_type if "/" in content_type else "text/plain",
        (label[1],) if label else (),
        _decoded(data, start, end, deviations, base64=media.endswith(";base64")),
        deviations,
    )


def _end(data: Buffer, start: int, quote: bytes) -> int:
    """Where the value ends."""
    pattern = _END.get(quote, _BARE_END)
    for first in range(start, len(data), _SCANNED):
        found = pattern.search(piece(data, first, first + _SCANNED))
        if found is not None:
            return first + found.start()
    return len(data)


def _names(data: Buffer, start: int, end: int) -> tuple[str, ...]:
    """What the tag says that the file is to be saved as."""
    before = _DOWNLOAD.findall(b" " + piece(data, max(start - _TAG, 0), start))[-_NEAREST:]
    behind = b" " + piece(data, min(end + 1, len(data)), end + _TAG)
    names = [*before, *[found.groups(b"") for found in islice(_DOWNLOAD.finditer(behind), _NEAREST)]]
    written = [one or two or three for one, two, three in names]
    return unique(iter([unescape(charset.decode(name, None)).strip() for name in written]))


def _decoded(data: Buffer, start: int, end: int, deviations: Deviations, *, base64: bool) -> Iterator[bytes]:
    decoder = Base64Decoder()
    held = b""
    in_head = True
    for first in range(start, end, BLOCK):
        last = first + BLOCK >= end
        text, held = _plain(held + piece(data, first, min(first + BLOCK, end)), final=last)
        if in_head:
            match = _HEAD.match(text)
            text = text[match.end() :] if match is not None else text
            in_head = False
        octets = unquote_to_bytes(text)
        if base64:
            octets = decoder.feed(octets)
        if octets:
            yield octets
    if rest := decoder.close():
        yield rest
    deviations.update(decoder.deviations)


def _plain(text: bytes, *, final: bool) -> tuple[bytes, bytes]:
    """`text` with references decoded and line ends left out, and what of its end may belong to one or to an escape."""
    held = b""
    if not final:
        cut = max(text.rfind(b"&", -_UNFINISHED), text.rfind(b"%", -_UNFINISHED))
        if cut >= 0:
            text, held = text[:cut], text[cut:]
    if b"&" in text:
        text = unescape(text.decode("latin-1")).encode("utf-8", "replace")
    return text.translate(None, b"\t\n\r"), held
