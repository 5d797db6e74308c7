"""yEnc in a text (draft 1.3 of its author, 2002; never standardised): from "=ybegin" to "=yend".

Each part of a file that was split is given for itself. Octets are the file's plus 42; "=" announces one that is 64
higher still.

Known limits: dots that stand doubled at the start of a line are not undone, as SMTP has done that already.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from gateway.mime import defect
from gateway.mime.enclosed.base import OCTETS, Buffer, Deviations, Enclosed, line_blocks, line_end, unique
from gateway.mime.encoding_uu import CR_TO_LF
from gateway.text import charset

_BEGIN = re.compile(rb"=ybegin[ \t].*?(?:\bname=(.*))?", re.IGNORECASE)
_CONTROL = re.compile(rb"^=y(?:end|begin)(?=[ \t\n]|$).*", re.IGNORECASE | re.MULTILINE)
_PART = re.compile(rb"=ypart[ \t]", re.IGNORECASE)
_SIZE = re.compile(rb"\bsize=(\d{1,18})", re.IGNORECASE)
_CHECKSUM = re.compile(rb"\b(p?crc32)=([0-9a-f]{1,8})", re.IGNORECASE)
_TOKENS = re.compile(rb"=[\0-\xff]|[^=]+")
_MAX_LINE = 1 << 14
_SHIFT = bytes((octet - 42) & 0xFF for octet in range(256))
_ESCAPES = {b"=" + bytes([octet]): bytes([(octet - 64) & 0xFF]) for octet in range(256)}


def yencoded(data: Buffer, start: int) -> Iterator[Enclosed]:
    """The file, or part of one, whose "=ybegin" line may stand at `start`."""
    line, content = line_end(data, start, _MAX_LINE)
    begin = _BEGIN.fullmatch(line)
    if begin is None:
        return
    second, behind = line_end(data, content, _MAX_LINE)
    if _PART.match(second):
        content = behind
    deviations: Deviations = {}
    names = unique(iter([charset.decode(begin[1] or b"", None).strip(' \t"')]))
    yield Enclosed("yenc", names, OCTETS, (), _decoded(data, content, deviations), deviations)


def _decoded(data: Buffer, start: int, deviations: Deviations) -> Iterator[bytes]:
    size = checksum = 0
    held = b""
    last = b""
    for whole, block in line_blocks(data, start):
        text = block.translate(CR_TO_LF)
        control = _CONTROL.search(text, 0 if whole else 1)
        if control:
            last, text = control[0], text[: control.start()]
        decoded, held = unescaped(held + text.translate(None, b"\n"))
        size += len(decoded)
        checksum = zlib.crc32(decoded, checksum)
        if decoded:
            yield decoded
        if control:
            break
    if held or not _holds(last, size, checksum):
        deviations[defect.YENC_MALFORMED] = None


def unescaped(text: bytes) -> tuple[bytes, bytes]:
    """What encoded octets without line ends stand for, and what is left over because its other half is to come."""
    held = b""
    if b"=" in text:
        tokens = _TOKENS.findall(text)
        if sum(map(len, tokens)) < len(text):
            held = b"="
        get = _ESCAPES.get
        text = b"".join([get(token, token) for token in tokens])
    return text.translate(_SHIFT), held


def _holds(line: bytes, size: int, checksum: int) -> bool:
    """Whether the "=yend" line agrees with what was decoded."""
    if line[:5].lower() != b"=yend":
        return False
    declared = _SIZE.search(line)
    if declared and int(declared[1]) != size:
        return False
    sums = {name.lower(): int(value, 16) for name, value in _CHECKSUM.findall(line)}
    # In a part, crc32 is that of the whole file.
    wanted = sums.get(b"pcrc32", sums.get(b"crc32") if b"part=" not in line.lower() else None)
    return wanted is None or wanted == checksum
