"""What a header says about its body: type, boundaries, transfer encoding, charset, disposition, file names.

RFC 2045 (types, encodings), 2046 (boundaries), 2183 (disposition), 2231 and 2047 (names). A `Reading` is one
reading; where a header can be read in several ways the likeliest is chosen, every candidate that can be kept
beside it is kept (`boundaries`, `filenames`), and a deviation says so.

Known limit: of repeated Content- fields one is chosen (file names are taken from all): the first composite type,
the first encoding that changes anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.mime import defect, words
from gateway.mime.defect import Deviation
from gateway.mime.header import Field, Header
from gateway.mime.limits import Limits
from gateway.mime.parameters import Structured, candidates, parse
from gateway.text import charset as charsets

IDENTITY = "identity"
BASE64 = "base64"
QUOTED_PRINTABLE = "quoted-printable"
UUENCODE = "x-uuencode"

_ENCODINGS = {
    "": IDENTITY,
    "7bit": IDENTITY,
    "8bit": IDENTITY,
    "binary": IDENTITY,
    "base64": BASE64,
    "quoted-printable": QUOTED_PRINTABLE,
    "x-uuencode": UUENCODE,
    "uuencode": UUENCODE,
    "x-uue": UUENCODE,
    "uue": UUENCODE,
    "x-uu": UUENCODE,
}
_COMMON_MISSPELLINGS = frozenset(
    {"7-bit", "8-bit", "7bits", "8bits", "none", "us-ascii", "utf-8", "plain", "text"}
)
_ENCODING_WITHIN = re.compile(r"base64|quoted-printable|uuencode|uue")
_NOISE = re.compile(r"[^a-z0-9-]+")
_TYPE = re.compile(r"[^\s/;()<>@,:\\\"\[\]?=\x00-\x1f\x7f]+/[^\s/;()<>@,:\\\"\[\]?=\x00-\x1f\x7f]+")
_TYPE_NOISE = re.compile(r"[^a-z0-9/!#$&^_.+-]+")
_MAIN_TYPES = frozenset(
    [
        *("application", "audio", "chemical", "example", "font", "haptics", "image"),
        *("message", "model", "multipart", "text", "video", "x-world"),
    ]
)
NESTED_TYPES = frozenset({"message/rfc822", "message/global", "message/news", "message/rfc2822"})
_MAX_STANDARD_BOUNDARY = 70


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a header. `boundaries` are candidates, the likeliest first, empty where there is none."""

    content_type: str
    charsets: tuple[str, ...] = ()
    boundaries: tuple[bytes, ...] = ()
    encoding: str = IDENTITY
    disposition: str = ""
    filenames: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    @property
    def multipart(self) -> bool:
        """True where the body is divided by delimiters."""
        return self.content_type.startswith("multipart/")

    @property
    def composite(self) -> bool:
        """True where the body is divided by delimiters or is a message."""
        return _composite(self.content_type)


def interpret(header: Header, default_type: str, limits: Limits) -> Reading:
    """The reading of a part's or message's header. `default_type` holds where there is no Content-Type."""
    types: list[Field] = []
    encodings: list[Field] = []
    dispositions: list[Field] = []
    for field in header.fields:
        if field.name.startswith("content-"):
            if field.name == "content-type":
                types.append(field)
            elif field.name == "content-transfer-encoding":
                encodings.append(field)
            elif field.name == "content-disposition":
                dispositions.append(field)
    if not (types or encodings or dispositions):
        return Reading(default_type)
    return _Interpreter(limits).read(types, encodings, dispositions, default_type)


class _Interpreter:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._deviations: dict[Deviation, None] = {}

    def read(
        self, types: list[Field], encodings: list[Field], dispositions: list[Field], default_type: str
    ) -> Reading:
        readings = [self._type(field, default_type) for field in self._distinct(types)] or [
            (default_type, (), Structured(b""))
        ]
        content_type, boundaries, structured = next(
            (one for one in readings if _composite(one[0])), readings[0]
        )
        attached = [self._structured(field.value) for field in self._distinct(dispositions)]
        disposition = _word(attached[0].value) if attached else ""
        encoding = self._encoding(encodings)
        filenames = self._filenames([*attached], [one[2] for one in readings])
        return Reading(
            content_type,
            self._charsets(structured),
            boundaries,
            encoding,
            disposition,
            filenames,
            tuple(self._deviations),
        )

    def _note(self, deviation: Deviation) -> None:
        self._deviations[deviation] = None

    def _distinct(self, fields: list[Field]) -> list[Field]:
        if len(fields) < 2:
            return fields
        distinct: dict[bytes, Field] = {}
        for field in fields:
            distinct.setdefault(field.value, field)
        if len(distinct) > 1:
            self._note(defect.DUPLICATE_FIELD)
        return list(distinct.values())

    def _structured(self, value: bytes) -> Structured:
        if len(value) > self._limits.field_octets:
            self._note(defect.FIELD_TOO_LONG)
            value = value[: self._limits.field_octets]
        structured = parse(value)
        self._deviations.update(dict.fromkeys(structured.deviations))
        return structured

    def _type(self, field: Field, default_type: str) -> tuple[str, tuple[bytes, ...], Structured]:
        value = field.value.lstrip(b": \t")
        head = value.partition(b";")[0]
        if b"=?" in head:
            self._note(defect.ENCODED_WORD_IN_FIELD)
            value = words.decode_octets(head).encode("utf-8", "replace") + value[len(head) :]
        structured = self._structured(value)
        content_type = self._valid_type(_word(structured.value), default_type)
        boundaries = self._boundaries(structured)
        if not _composite(content_type) and boundaries:
            if content_type.partition("/")[0] in _MAIN_TYPES:
                self._note(defect.BOUNDARY_ON_LEAF)
            else:
                self._note(defect.UNKNOWN_MULTIPART)
                content_type = "multipart/mixed"
        return content_type, boundaries, structured

    def _valid_type(self, text: str, default_type: str) -> str:
        if _TYPE.fullmatch(text):
            return text
        if not text:
            return default_type
        self._note(defect.CONTENT_TYPE_INVALID)
        cleaned = _TYPE_NOISE.sub("", text)
        main, _, sub = cleaned.partition("/")
        if main == "multipart":
            return f"multipart/{sub or 'mixed'}"
        return cleaned if main and sub and "/" not in sub else "text/plain"

    def _boundaries(self, structured: Structured) -> tuple[bytes, ...]:
        found: dict[bytes, None] = {}
        for octets, charset in candidates(structured, "boundary"):
            boundary = octets if charset is None else charsets.decode(octets, charset).encode("utf-8")
            found[boundary.rstrip(b" \t")] = None
            if b"=?" in boundary:
                found[words.decode_octets(boundary).encode("utf-8", "replace")] = None
                self._note(defect.ENCODED_WORD_IN_FIELD)
            if boundary.startswith(b"boundary="):
                found.update({boundary[len(b"boundary=") :]: None, b"boundary": None})
        if len(found) > 1:
            self._note(defect.BOUNDARY_AMBIGUOUS)
        usable = [boundary for boundary in found if len(boundary) <= self._limits.boundary_octets]
        if len(usable) < len(found):
            self._note(defect.BOUNDARY_TOO_LONG)
        if any(not 0 < len(boundary) <= _MAX_STANDARD_BOUNDARY for boundary in found):
            self._note(defect.BOUNDARY_LENGTH)
        if len(usable) > self._limits.boundaries:
            self._note(defect.TOO_MANY_BOUNDARIES)
        return tuple(usable[: self._limits.boundaries])

    def _charsets(self, structured: Structured) -> tuple[str, ...]:
        found = [
            (octets if named is None else charsets.decode(octets, named).encode("utf-8"))
            .decode("latin-1")
            .strip("\"' \t")
            .lower()
            for octets, named in candidates(structured, "charset")
        ]
        codecs = dict.fromkeys([codec for label in found if (codec := charsets.codec_of(label)) is not None])
        if len(codecs) > 1:
            self._note(defect.CHARSET_AMBIGUOUS)
        known = [label for label in found if charsets.codec_of(label) is not None]
        return tuple(dict.fromkeys([label for label in [*known, *found] if label]))

    def _encoding(self, fields: list[Field]) -> str:
        readings: dict[str, None] = {}
        for field in fields:
            readings[self._one_encoding(field.value)] = None
        if len(readings) > 1:
            self._note(defect.DUPLICATE_FIELD)
        return next((reading for reading in readings if reading != IDENTITY), IDENTITY)

    def _one_encoding(self, value: bytes) -> str:
        text = value.decode("latin-1").lower()
        known = _ENCODINGS.get(text)
        if known is not None:
            return known
        if "=?" in text:
            self._note(defect.ENCODED_WORD_IN_FIELD)
            text = words.decode_octets(value).lower()
        bare = _word(parse(text.encode("utf-8", "replace")[: self._limits.field_octets]).value)
        if bare in _ENCODINGS:
            if bare != text.rstrip("; \t"):
                self._note(defect.ENCODING_MALFORMED)
            return _ENCODINGS[bare]
        if bare in _COMMON_MISSPELLINGS:
            return IDENTITY
        within = _ENCODING_WITHIN.search(_NOISE.sub("", text))
        self._note(defect.ENCODING_UNKNOWN if within is None else defect.ENCODING_MALFORMED)
        return IDENTITY if within is None else _ENCODINGS[within[0]]

    def _filenames(self, attached: list[Structured], types: list[Structured]) -> tuple[str, ...]:
        decoded: dict[str, None] = {}
        raw: dict[str, None] = {}
        for structured, name in [*[(one, "filename") for one in attached], *[(one, "name") for one in types]]:
            if not structured.parameters:
                continue
            for octets, charset in candidates(structured, name):
                text = charsets.decode(octets, charset)
                decoded[words.decode(text).strip()] = None
                raw[text.strip()] = None
        if len(decoded) > 1:
            self._note(defect.FILENAME_AMBIGUOUS)
        found = [name for name in decoded | raw if name]
        if len(found) > self._limits.filenames:
            self._note(defect.TOO_MANY_FILENAMES)
            half = self._limits.filenames // 2
            found = found[: self._limits.filenames - half] + found[-half:]
        return tuple(found)


def _composite(content_type: str) -> bool:
    return content_type.startswith("multipart/") or content_type in NESTED_TYPES


def _word(value: bytes) -> str:
    return value.decode("latin-1").strip().lower()
