"""Message content on the wire: dot transparency, end of data and line endings (RFC 5321 sections 2.3.8, 4.5.2).

`ContentReader` turns what follows a 354 reply into message octets; `DotStuffer` does the reverse for the next
hop. Both work on blocks, keep state over block edges, do no I/O, and run in linear time.

Only CRLF "." CRLF, as the sender wrote it, ends the data. A line that begins behind a bare CR or LF is no line for
dot transparency, so none of the "SMTP smuggling" forms splits a message here; and because bare CR and LF leave as
CRLF, with every line that starts with "." stuffed again, none is passed on.
"""

from __future__ import annotations

import re

_END = b"\r\n.\r\n"
_NUL_DOT = re.compile(rb"\r\n(?=\0+\.)")
_MOST_NULS = 1 << 20
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class ContentError(ValueError):
    """Content that can't be sent on safely."""


class ContentReader:
    """Reads the content of one message from blocks of the connection's octets.

    `feed` returns clean message octets: dots removed, line endings CRLF. After the end of data `finished` is true
    and `rest` holds what the client sent behind it (pipelined commands). Beyond `max_size` octets of content
    nothing more is returned and `oversize` is set, but the end is still looked for, so that the client can be
    answered in order.
    """

    __slots__ = (
        "_held",
        "_max_size",
        "_virtual",
        "bare",
        "eight_bit",
        "finished",
        "oversize",
        "rest",
        "size",
    )

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        # The CRLF that ended the DATA command counts as the one before the first line.
        self._held = b"\r\n"
        self._virtual = True
        self.size = 0
        self.finished = False
        self.oversize = False
        self.bare = False
        self.eight_bit = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next octets; return the clean content that is certain now (perhaps none)."""
        block = self._held + data
        dot = block.find(b"\r\n.")
        end = block.find(_END, dot) if dot >= 0 else -1
        if end >= 0:
            self.finished = True
            self.rest = block[end + len(_END) :]
            block = block[: end + 2]
            self._held = b""
        else:
            keep = _held_back(block)
            self._held = block[len(block) - keep :] if keep else b""
            block = block[: len(block) - keep] if keep else block
        return self._clean(block, dotted=dot >= 0)

    def _clean(self, block: bytes, *, dotted: bool) -> bytes:
        if dotted:
            block = block.replace(b"\r\n.", b"\r\n")
        pairs = block.count(b"\r\n")
        if block.count(b"\n") != pairs or block.count(b"\r") != pairs:
            self.bare = True
            block = _BARE.sub(b"\r\n", block)
        if self._virtual and block:
            self._virtual = False
            block = block[2:]
        self.size += len(block)
        if self.size > self._max_size:
            self.oversize = True
            return b""
        if not self.eight_bit and not block.isascii():
            self.eight_bit = True
        return block


def _held_back(block: bytes) -> int:
    """How many octets at the end of `block` may be the beginning of the end of data."""
    for length in (4, 3, 2, 1):
        if block.endswith(_END[:length]):
            return length
    return 0


class DotStuffer:
    """Makes message octets fit for DATA: each line that starts with "." gets another one (RFC 5321 4.5.2).

    A line that starts with NULs and then a dot is stuffed too, which any receiver undoes: some servers drop NULs
    before they look for the end of data. The content must have no bare CR or LF.
    """

    __slots__ = ("_nuls", "_tail")

    def __init__(self) -> None:
        self._tail = b"\r\n"
        self._nuls = b""

    def feed(self, block: bytes) -> bytes:
        """The octets to send for `block`. Raises ValueError for a line that starts with a megabyte of NULs."""
        joined = self._tail + self._nuls + block
        known = len(self._tail)
        self._nuls = b""
        nuls = b"\0" in joined
        if nuls:
            joined = self._hold_nuls(joined)
        self._tail = joined[-2:]
        if b"\r\n." in joined:
            joined = joined.replace(b"\r\n.", b"\r\n..")
        if nuls:
            joined = _NUL_DOT.sub(b"\r\n.", joined)
        return joined[known:]

    def _hold_nuls(self, joined: bytes) -> bytes:
        """Keep back NULs at the start of a line until it is known what follows them."""
        kept = joined.rstrip(b"\0")
        if len(kept) == len(joined) or not kept.endswith(b"\r\n"):
            return joined
        self._nuls = joined[len(kept) :]
        if len(self._nuls) > _MOST_NULS:
            raise ContentError("a line starts with too many NUL octets")
        return kept

    def finish(self) -> bytes:
        """What ends the data."""
        return b".\r\n" if self._tail == b"\r\n" and not self._nuls else self._nuls + b"\r\n.\r\n"
