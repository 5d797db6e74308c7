"""Base64 between a first and a last line in a text: POSIX "begin-base64", and PEM (RFC 7468) around a CMS object.

What a PEM armour holds is given out as it stands; the CMS object is looked into in its turn.

Known limit: armour is recognised for CMS and PKCS #7 only, as nothing else in it is a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.mime.enclosed.base import OCTETS, Buffer, Enclosed, line_blocks, line_end, unique
from gateway.mime.encoding_base64 import Base64Decoder
from gateway.mime.encoding_uu import CR_TO_LF
from gateway.text import charset

_BEGIN = re.compile(rb"begin-base64[ \t]+[0-7]{1,6}(?:[ \t]+(.*))?", re.IGNORECASE)
_END = re.compile(rb"^(?:====|begin-base64[ \t])", re.IGNORECASE | re.MULTILINE)
_PEM_BEGIN = re.compile(
    rb"-----BEGIN (?:PKCS ?#?7(?: SIGNED DATA)?|CMS|SIGNED MESSAGE)-----\s*", re.IGNORECASE
)
_PEM_END = re.compile(rb"^-----", re.MULTILINE)
_MAX_LINE = 1 << 14


def begin_base64(data: Buffer, start: int) -> Iterator[Enclosed]:
    """The file whose "begin-base64" line may stand at `start`."""
    line, content = line_end(data, start, _MAX_LINE)
    begin = _BEGIN.fullmatch(line)
    if begin is None:
        return
    names = unique(iter([charset.decode(begin[1] or b"", None).strip()]))
    yield _enclosed("begin-base64", names, OCTETS, data, content, _END)


def pem(data: Buffer, start: int) -> Iterator[Enclosed]:
    """The CMS object whose PEM armour may begin at `start`."""
    line, content = line_end(data, start, _MAX_LINE)
    if _PEM_BEGIN.fullmatch(line):
        yield _enclosed("cms-pem", (), "application/pkcs7-mime", data, content, _PEM_END)


def _enclosed(
    kind: str, names: tuple[str, ...], content_type: str, data: Buffer, start: int, end: re.Pattern[bytes]
) -> Enclosed:
    decoder = Base64Decoder()
    return Enclosed(kind, names, content_type, (), _decoded(data, start, end, decoder), decoder.deviations)


def _decoded(data: Buffer, start: int, end: re.Pattern[bytes], decoder: Base64Decoder) -> Iterator[bytes]:
    for _whole, block in line_blocks(data, start):
        text = block.translate(CR_TO_LF)
        last = end.search(text)
        if decoded := decoder.feed(text[: last.start()] if last else text):
            yield decoded
        if last:
            break
    if rest := decoder.close():
        yield rest
