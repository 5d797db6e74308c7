"""Inputs for which something once did not hold, as short as they could be made: each is a test from then on.

A new one is added with a name that says what it showed. Every target is run over every one.
"""

from __future__ import annotations

import base64
import gzip
import random


def _grown_and_dense() -> bytes:
    """Content in x-gzip64 that expands much at first and hardly at all later."""
    return base64.encodebytes(gzip.compress(bytes(3 << 20) + random.Random(1).randbytes(30_000), mtime=0))


CRASHERS: dict[str, bytes] = {
    "base64 without its first characters: junk was noted or not, as the blocks were": b"1\n!QUJDRA==!\n",
    "base64 by line: a line longer than is held back was divided among its junk": b"9000\n!QUJDRUZH",
    "base64 up to its padding: what was noted of the rest depended on the blocks": b"1\nQUI==!QUJD\n",
    "gzip: what came before damage was lost with the block": b"\n\nH4sIAAAAAAACA3POwq0c/N",
    "gzip: whether too much came out depended on the blocks": b"1\n" + _grown_and_dense(),
    "uuencode: a name behind the first content was known or not, as the blocks were": (
        b"Content-Transfer-Encoding: uue\r\n\r\n" + b"#0V%T\r\n" * 90 + b"begin 644 a.b\r\n#0V%T\r\n"
    ),
    "views: reading without bare CR was not counted as one": (b"\nContent-Transfer-Encoding: base64\r\nCo\r"),
    "file names: those of unfolded fields came on top of the limit": (
        b'Content-Disposition: ; filename=U"Pln\r\n at'
    ),
    "field name alone on its line": b"00:0\nContent-Tf\n: ",
    "parameters within the value of another": b'; filename*0=in FileName*0=oLENAME*1=.ex"',
    "encoded-word in UTF-7 of octets that are none": b"==?u\x85tf-7?q?" + b"\xff" * 28 + b"?=",
    "compressed S/MIME that breaks off": (
        bytes.fromhex("0d0a3080060b2a864886f70d0109100109a0803080020100300030800609")
        + bytes.fromhex("2a864886f70d010701a0802480")
    ),
    "uuencoded lines that lost their spaces": b"300\nM\n",
}
