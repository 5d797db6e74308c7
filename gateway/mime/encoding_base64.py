"""Base64 (RFC 2045 section 6.8), whole blocks at a time.

Well-formed blocks go through two passes in C: line endings out, then a vectorised decoder. A block that it
refuses is cleaned first: characters outside the alphabet are passed over as the RFC says, - and _ are taken for
+ and / (RFC 4648 section 5), and decoding goes on behind padding, because some readers do; those that stop
there see a prefix of what comes out here.

Readers that skip - and _ instead, or that begin anew with each line, see other octets; the deviations say so, and there
is a decoder for each (`gateway.mime.encoding.doubts`).
"""

from __future__ import annotations

import binascii
import re

import pybase64

from gateway.mime import defect
from gateway.mime.defect import Deviation

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LINE_ENDINGS = b"\r\n"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_DROPPED = b"\0"  # no octet of the alphabet: what is not to be there
_WITHOUT = bytes.maketrans(b"-_", _DROPPED * 2)
_KEPT = _ALPHABET + b"=-_"
_JUNK = bytes(octet for octet in range(256) if octet not in _KEPT)
_KEPT_CHARACTER = re.compile(b"[" + re.escape(_KEPT) + b"]")
_SPACES = b" \t"
_PADDED = re.compile(rb"([^=]*+)(=++)")
_WANTED = (0, 0, 2, 1)  # "=" that complete a group of so many characters
_SIGNS = (b"", b"", b"==", b"=")
_MAX_PADDINGS = 20_000  # in one body; each costs time, and honest mail has one


class Base64Decoder:
    """Base64, strict where it can be and tolerant where it must be."""

    filename = None

    def __init__(self, *, skip: int = 0, url_safe: bool = True, stop: bool = False) -> None:
        """`skip` leaves out the first characters of the alphabet; without `url_safe` - and _ are passed over; with
        `stop` nothing is read behind the first "="."""
        self.deviations: dict[Deviation, None] = {}
        self._skip, self._stop = skip, stop
        self._to_standard = _TO_STANDARD if url_safe else _WITHOUT
        self._held = b""  # fewer than four characters of the alphabet: the group that is not complete
        self._padding = 0  # "=" still allowed to complete a padded group that has been decoded
        self._padded = False  # a padded group has been decoded: nothing should follow
        self._paddings = 0
        self._after_characters = False
        self._unfaithful = False

    @property
    def faithful(self) -> bool:
        """True while all was of the alphabet, in groups of four, with padding only at the end."""
        return not (self._unfaithful or self._held or self._padding)

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        clean = data.translate(None, _LINE_ENDINGS)
        if self._skip:
            clean = self._behind_skipped(clean)
        if self._stop:
            clean = b"" if self._padded else clean[: clean.find(b"=") + 1] or clean
        if not clean:
            return b""
        if self._padded:
            return self._tolerant(clean)
        text = self._held + clean if self._held else clean
        whole = len(text) & ~3
        try:
            decoded = pybase64.b64decode(text[:whole] if whole != len(text) else text, validate=True)
        except (binascii.Error, ValueError):
            return self._tolerant(clean)
        rest = text[whole:]
        padded = text[whole - 1 : whole] == b"=" if whole else False
        if rest and (padded or rest.translate(None, _ALPHABET)):
            return self._tolerant(clean)
        self._held, self._padded = rest, padded
        return decoded

    def _behind_skipped(self, text: bytes) -> bytes:
        """What of `text` stands behind the characters that are left out."""
        for match in _KEPT_CHARACTER.finditer(text):
            self._skip -= 1
            if not self._skip:
                return text[match.end() :]
        return b""

    def _tolerant(self, text: bytes) -> bytes:
        text = self._cleaned(text)
        pieces: list[bytes] = []
        position = 0
        for match in _PADDED.finditer(text):
            if self._paddings >= _MAX_PADDINGS:
                self._note(defect.BASE64_TOO_BROKEN)
                break
            characters, signs = match.groups()
            position = match.end()
            if characters:
                self._groups(characters, pieces)
            self._pad(len(signs), pieces)
            if self._stop:
                self._padded, self._padding = True, 0
        self._groups(text[position:].translate(None, b"="), pieces)
        return b"".join(pieces)

    def _cleaned(self, text: bytes) -> bytes:
        kept = text.translate(None, _JUNK)
        if len(kept) != len(text):
            only_spaces = len(text.translate(None, _SPACES)) == len(kept)
            self._note(defect.BASE64_SPACE if only_spaces else defect.BASE64_JUNK)
            if not only_spaces and any(space in text for space in (b" ", b"\t")):
                self._note(defect.BASE64_SPACE)
        if b"-" in kept or b"_" in kept:
            self._note(defect.BASE64_URL_SAFE)
            kept = kept.translate(self._to_standard).translate(None, _DROPPED)
        return kept

    def _groups(self, characters: bytes, pieces: list[bytes]) -> None:
        if not characters:
            return
        if self._padding:
            self._note(defect.BASE64_PADDING)  # "xx=" and then more: the second "=" never came
            self._padding = 0
        if self._padded:
            self._note(defect.BASE64_AFTER_PADDING)
            self._padded = False
        self._after_characters = True
        text = self._held + characters if self._held else characters
        whole = len(text) & ~3
        self._held = text[whole:]
        if whole:
            pieces.append(pybase64.b64decode(text[:whole], validate=True))

    def _pad(self, count: int, pieces: list[bytes]) -> None:
        self._paddings += self._after_characters
        self._after_characters = False
        held = len(self._held)
        wanted = self._padding or _WANTED[held]
        if count > wanted:
            self._note(defect.BASE64_PADDING)
        if held > 1:
            pieces.append(pybase64.b64decode(self._held + _SIGNS[held], validate=True))
            self._held = b""
            self._padded = True
        self._padding = wanted - count if wanted > count else 0

    def _note(self, deviation: Deviation) -> None:
        self.deviations[deviation] = None
        self._unfaithful = True

    def close(self) -> bytes:
        """The rest: an unpadded group is decoded as though it were padded."""
        if self._padding:
            self._note(defect.BASE64_TRUNCATED)
        if not self._held:
            return b""
        self._note(defect.BASE64_TRUNCATED)
        held, self._held = self._held, b""
        return pybase64.b64decode(held + b"=" * (4 - len(held)), validate=True) if len(held) > 1 else b""


class LineBase64Decoder:
    """Base64 in which each line stands for itself: what is left of a group at its end is dropped unless padded."""

    faithful = False
    filename = None

    def __init__(self) -> None:
        self.deviations: dict[Deviation, None] = {}
        self._held = b""
        self._padded = False  # what of the line has been decoded had an "="

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        *lines, self._held = _LINES.split(self._held + data)
        pieces: list[bytes] = []
        if lines:
            pieces = [_line(lines[0], padded=self._padded), *map(_line, lines[1:])]
            self._padded = False
        if len(self._held) > _LONG_LINE:
            self._padded = self._padded or b"=" in self._held
            characters = self._held.translate(_TO_STANDARD, _JUNK + b"=")
            whole = len(characters) & ~3
            pieces.append(pybase64.b64decode(characters[:whole], validate=True))
            self._held = characters[whole:]
        return b"".join(pieces)

    def close(self) -> bytes:
        """The last line."""
        held, self._held = self._held, b""
        return _line(held, padded=self._padded)


class GroupBase64Decoder:
    """Base64 in which an equals sign counts as a character of its group, and costs it an octet, wherever it stands."""

    faithful = False
    filename = None

    def __init__(self) -> None:
        self.deviations: dict[Deviation, None] = {}
        self._held = b""
        self._paddings = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next encoded octets; give what can be decoded."""
        text = self._held + data.translate(None, _JUNK + b"-_")
        whole = len(text) & ~3
        self._held = text[whole:]
        return self._groups(text[:whole])

    def _groups(self, text: bytes) -> bytes:
        decoded = pybase64.b64decode(text.replace(b"=", b"A"), validate=True)
        pieces: list[bytes] = []
        position = 0
        at = text.find(b"=")
        while at >= 0 and self._paddings < _MAX_PADDINGS:
            self._paddings += 1
            group = at // 4
            kept = max(3 - text.count(b"=", group * 4, group * 4 + 4), 1)
            pieces.append(decoded[position : group * 3 + kept])
            position = group * 3 + 3
            at = text.find(b"=", group * 4 + 4)
        return b"".join([*pieces, decoded[position:]])

    def close(self) -> bytes:
        """A group that is not complete is left out."""
        return b""


_LINES = re.compile(rb"[\r\n]+")
_LONG_LINE = 1 << 12  # octets; of a longer line what is there is decoded


def _line(line: bytes, *, padded: bool = False) -> bytes:
    """What a line decodes to; `padded` is true where an "=" stood in what came before it on the line."""
    characters = line.translate(_TO_STANDARD, _JUNK + b"=")
    spare = len(characters) % 4
    if spare and (spare == 1 or not (padded or b"=" in line)):
        characters, spare = characters[:-spare], 0
    return pybase64.b64decode(characters + b"=" * (-spare % 4), validate=True)
