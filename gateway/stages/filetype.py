"""What a file is, by its octets: libmagic's word, asked only where it can tell something.

libmagic takes milliseconds over plain text and has little to say about it, so a body that is plainly text and was
sent as such is not put to it. Anything else is: whatever is binary, has a file name, or begins like a known format.
It sees the first 64 KiB (text: 4 KiB, with long runs of white space shortened, over which libmagic takes hundreds
of milliseconds).

libmagic takes a millisecond over the smallest text, so that a message of thousands of tiny files would keep it busy for
seconds. It is asked once about files that begin alike, and a `Budget` bounds how often it is asked for one message.
A file counts towards that with what libmagic sees of it only, lest one that expands paid for all the others.

python-magic guards the libmagic handle with a lock of its own, so `detect` may be called from several threads.

Known limit: importing pylibmagic puts its folder into LIBRARY_PATH, LD_LIBRARY_PATH and MAGIC of this process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pylibmagic  # noqa: F401  # tells python-magic where libmagic is, so it comes first
from magic import Magic

from gateway.spool import Spool

EMPTY = "application/x-empty"
PLAIN = "text/plain"
HTML = "text/html"
PROGRAM = "application/x-dosexec"
UNKNOWN = "application/octet-stream"

_SAMPLE = 64 << 10
_TEXT_SAMPLE = 4 << 10
_HEAD = 512
_SMALL = 4 << 10  # octets of a sample for which the answer is remembered
_REMEMBERED = 256  # samples
_FREE_ASKS = 100
_OCTETS_AN_ASK = 4 << 10
_MOST_ASKS = 300

# Control characters that text may contain: BEL to CR (white space and back space) and ESC (ISO 2022 shifts).
_TEXT_OCTETS = bytes([*range(7, 14), 27, *range(32, 127), *range(128, 256)])
_RUN_OF_SPACE = re.compile(rb"([\x05\t-\r ]{16})[\x05\t-\r ]+")
_LOOKS_LIKE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?+\s*+<(?:!doctype\s++html|!--|(?:html|head|body|title|div|table|meta)\b)",
    re.IGNORECASE,
)
_DOS_PROGRAM = (b"MZ", b"ZM")
_SIGNATURES = (
    *(*_DOS_PROGRAM, b"#!", b"@echo", b"!<arch", b"FWS", b"CWS"),  # programs and scripts
    *(b"PK", b"Rar!", b"7z", b"BZh", b"MSCF", b"ITSF"),  # archives
    *(b"%PDF", b"%!PS", b"{\\rt", b"\xd0\xcf\x11\xe0"),  # documents
    *(b"BM", b"GIF8", b"RIFF", b"ID3"),  # pictures, sound
)

# libmagic takes one file in a hundred of random octets for a DOS program (a .com file begins with any jump), and now
# and then one for an object file of some old Unix. Such types are believed only with these first octets.
_PROOF = {
    PROGRAM: _DOS_PROGRAM,
    "application/x-object": (b"\x7fELF",),
    "application/x-executable": (b"\x7fELF",),
    "application/x-sharedlib": (b"\x7fELF",),
}


@dataclass(slots=True)
class Budget:
    """How often libmagic may be asked for one message: `_FREE_ASKS` times, and once more for every `_OCTETS_AN_ASK`
    octets of all files so far, but no more than `_MOST_ASKS` times. `spent` is true once an answer had to do without
    it."""

    credit: int = _FREE_ASKS * _OCTETS_AN_ASK
    asked: int = 0
    spent: bool = False

    def ask(self) -> bool:
        """Whether libmagic may be asked now."""
        if self.credit < _OCTETS_AN_ASK or self.asked >= _MOST_ASKS:
            self.spent = True
            return False
        self.asked += 1
        self.credit -= _OCTETS_AN_ASK
        return True


class FileTypes:
    """libmagic, loaded once before the workers are forked."""

    def __init__(self) -> None:
        """Raises magic.MagicException where the database can't be loaded."""
        self._magic = Magic(mime=True)
        self._magic.from_buffer(b"\0")  # the database is loaded at first use
        self._known: dict[bytes, str] = {}

    def detect(self, body: Spool, declared: str, *, named: bool, budget: Budget | None = None) -> str:
        """The MIME type of `body`, sent as type `declared` (small letters), with or without a file name."""
        if not body.size:
            return EMPTY
        if budget is not None:
            budget.credit += min(body.size, _SAMPLE)
        head = body.read(0, _HEAD)
        if not named and declared.startswith(("text/", "message/")) and is_plainly_text(head):
            return HTML if declared == HTML or _LOOKS_LIKE_HTML.match(head) else PLAIN
        return self.of_octets(body.read(0, _SAMPLE), budget)

    def of_octets(self, sample: bytes, budget: Budget | None = None) -> str:
        """libmagic's word on the beginning of a file; ours, which is shorter, where `budget` does not allow for it."""
        if b"\0" not in sample[:_HEAD]:
            sample = _RUN_OF_SPACE.sub(rb"\1", sample)
            if not sample.translate(None, _TEXT_OCTETS):
                sample = sample[:_TEXT_SAMPLE]
        known = self._known.get(sample) if len(sample) <= _SMALL else None
        if known is not None:
            return known
        if budget is not None and not budget.ask():
            return _unasked(sample)
        found = self._asked(sample)
        if len(sample) <= _SMALL:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[sample] = found
        return found

    def _asked(self, sample: bytes) -> str:
        found = str(self._magic.from_buffer(sample)).lower()
        if found == UNKNOWN and sample.startswith(_DOS_PROGRAM):
            return PROGRAM  # too short for libmagic, but Windows would start it
        proof = _PROOF.get(found)
        return found if proof is None or sample.startswith(proof) else UNKNOWN


def _unasked(sample: bytes) -> str:
    if sample.startswith(_DOS_PROGRAM):
        return PROGRAM
    return PLAIN if is_plainly_text(sample[:_HEAD]) else UNKNOWN


def is_plainly_text(head: bytes) -> bool:
    """True where the beginning of a body is text and no signature of a known format."""
    return not head.translate(None, _TEXT_OCTETS) and not head.startswith(_SIGNATURES)
