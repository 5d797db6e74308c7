"""Files in calendar objects and business cards (RFC 5545 section 3.8.1.1, RFC 6350): values in base64, and data: URIs.

Known limits: an object that does not begin within the first octets is not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from gateway.mime import defect
from gateway.mime.enclosed.base import OCTETS, Buffer, Deviations, Enclosed, carrier, piece, unique
from gateway.mime.encoding_base64 import Base64Decoder
from gateway.text import charset

_HEAD = 1024
_FOLD = re.compile(rb"(?:\r\n?|\n)[ \t]")
_BEGIN = re.compile(rb"BEGIN[ \t]*:[ \t]*V", re.IGNORECASE)
_LINE = re.compile(
    rb"^[A-Za-z0-9.-]{1,64}((?:;[^=;:\r\n]{1,64}=(?:\"[^\"\r\n]*+\"|[^\";:\r\n]++)*+)++):([^\r\n]*+)",
    re.MULTILINE,
)
_PARAMETER = re.compile(rb";([^=;:]{1,64})=((?:\"[^\"]*+\"|[^\";]++)*+)")
_URI = re.compile(rb"data:([^,]{0,512}),", re.IGNORECASE)
_MOST = 16 << 20  # octets of an object that are looked into
_MAX_FILES = 500


def attached(data: Buffer) -> Iterator[Enclosed]:
    """The files in the properties of a calendar object or card, in order. Linear; never raises."""
    if _BEGIN.search(_FOLD.sub(b"", piece(data, 0, _HEAD))) is None:
        return
    if len(data) > _MOST:
        yield carrier("unread", defect.ENCLOSED_TOO_MANY)
    count = 0
    for line in _LINE.finditer(_FOLD.sub(b"", piece(data, 0, _MOST)).replace(b"\r", b"\n")):
        parameters = [(name.upper(), value.strip(b'"')) for name, value in _PARAMETER.findall(line[1])]
        encoded = any(name == b"ENCODING" and value[:1] in b"bB" and value for name, value in parameters)
        uri = _URI.match(line[2])
        if not encoded and uri is None:
            continue
        count += 1
        if count > _MAX_FILES:
            yield carrier("unread", defect.ENCLOSED_TOO_MANY)
            return
        names = [charset.decode(value, None) for name, value in parameters if name.endswith(b"NAME")]
        value = line[2] if encoded else unquote_to_bytes(line[2][uri.end() :]) if uri else b""
        base64 = encoded or (uri is not None and uri[1].lower().replace(b" ", b"").endswith(b";base64"))
        decoder = Base64Decoder()
        content = decoder.feed(value) + decoder.close() if base64 else value
        deviations: Deviations = {}
        yield Enclosed("calendar", unique(iter(names)), OCTETS, (), iter([content]), deviations)
