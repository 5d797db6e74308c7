"""What a header says about its body: type, boundaries, transfer encoding, charset, disposition, file names.

RFC 2045 (types, encodings), 2046 (boundaries), 2183 (disposition), 2231 and 2047 (names), 3676 (flowed text). A
`Reading` is one reading. Where a header can be read in several ways the likeliest comes first: the first composite
type, the first encoding that changes anything. File names and charsets are the same for all readings: every candidate
there is. The other types, boundaries and encodings are readings of their own (`Reading.others`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from gateway.mime import defect, words
from gateway.mime.defect import Deviation
from gateway.mime.event import Flow
from gateway.mime.header import Field, Header
from gateway.mime.limits import Limits
from gateway.mime.parameters import Structured, candidates, parse
from gateway.text import charset as charsets

IDENTITY = "identity"
BASE64 = "base64"
QUOTED_PRINTABLE = "quoted-printable"
UUENCODE = "x-uuencode"
GZIP64 = "x-gzip64"

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
    "x-gzip64": GZIP64,
    "gzip64": GZIP64,
    "x-yencode": IDENTITY,
    "mac-binhex40": IDENTITY,
    "x-binhex40": IDENTITY,
}
_COMMON_MISSPELLINGS = frozenset(
    {"7-bit", "8-bit", "7bits", "8bits", "none", "us-ascii", "utf-8", "plain", "text"}
)
_OWN = re.compile(rb"name|boundary", re.IGNORECASE)
_REMEMBERED_OCTETS = 80
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
HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers"})
REPORT_TYPES = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
        "message/global-disposition-notification",
        "message/external-body",
        "message/tracking-status",
    }
)
NESTED_TYPES = frozenset({"message/rfc822", "message/global", "message/news", "message/rfc2822"})
_MAX_STANDARD_BOUNDARY = 70
# A multipart that shows one of these may be no multipart to some readers.
_DOUBTFUL_MULTIPART = frozenset(
    {defect.CONTENT_TYPE_INVALID, defect.UNKNOWN_MULTIPART, defect.ENCODED_WORD_IN_FIELD}
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a header. `boundaries` are candidates, the likeliest first, empty where there is none.

    `others` are the other readings, each with a name that says in what it differs.
    """

    content_type: str
    charsets: tuple[str, ...] = ()
    boundaries: tuple[bytes, ...] = ()
    encoding: str = IDENTITY
    disposition: str = ""
    filenames: tuple[str, ...] = ()
    flow: Flow = Flow.FIXED
    deviations: tuple[Deviation, ...] = ()
    others: tuple[tuple[str, Reading], ...] = ()

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
    location: Field | None = None
    for field in header.fields:
        if field.name.startswith("content-"):
            if field.name == "content-type":
                types.append(field)
            elif field.name == "content-transfer-encoding":
                encodings.append(field)
            elif field.name == "content-disposition":
                dispositions.append(field)
            elif field.name == "content-location":
                location = location or field
    if not (types or encodings or dispositions or location):
        return Reading(default_type)
    if len(types) == 1 >= len(encodings) and not (dispositions or location) and _is_plain(types[0]):
        if not encodings:
            return _remembered(types[0].value, None, default_type, limits)
        if _is_plain(encodings[0]):
            return _remembered(types[0].value, encodings[0].value, default_type, limits)
    reading = _Interpreter(limits).read(types, encodings, dispositions, default_type)
    if location is not None and not (reading.filenames or reading.composite):
        return replace(reading, filenames=_located(location.value))
    return reading


def _is_plain(field: Field) -> bool:
    """Whether a field is one of those that most texts have: short, and without a name or boundary of its own."""
    value = field.value
    return not field.odd and not field.lines and len(value) <= _REMEMBERED_OCTETS and not _OWN.search(value)


@lru_cache(512)
def _remembered(content_type: bytes, encoding: bytes | None, default_type: str, limits: Limits) -> Reading:
    types = [Field("content-type", content_type, 0, 0)]
    encodings = [] if encoding is None else [Field("content-transfer-encoding", encoding, 0, 0)]
    return _Interpreter(limits).read(types, encodings, [], default_type)


class _Interpreter:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._deviations: dict[Deviation, None] = {}

    def read(
        self, types: list[Field], encodings: list[Field], dispositions: list[Field], default_type: str
    ) -> Reading:
        structures: dict[_Structure, None] = {}
        likely: list[_Structure] = []  # of each field
        parameters: list[Structured] = []
        for field in self._distinct(types):
            structured, found = self._type(field, default_type)
            parameters.append(structured)
            likely.append(found[0])
            structures.update(dict.fromkeys(found))
            if field.odd:
                structures[_Structure(default_type)] = None
        attached = [self._structured(field.value) for field in self._distinct(dispositions)]
        likely = likely or [_Structure(default_type)]
        likeliest = next((one for one in likely if _composite(one.content_type)), likely[0])
        found_encodings = self._encodings(encodings)
        deciding = next((one for one in parameters if one.parameters), Structured(b""))
        reading = Reading(
            likeliest.content_type,
            self._charsets(parameters),
            likeliest.boundaries,
            found_encodings[0],
            _word(attached[0].value) if attached else "",
            self._within_limit(
                [*self._filenames(attached, parameters), *self._unfolded(dispositions + types)]
            ),
            _flow(deciding),
        )
        others = self._others(reading, structures, found_encodings)
        if not (others or self._deviations):
            return reading
        return replace(reading, deviations=tuple(self._deviations), others=others)

    def _others(
        self, reading: Reading, structures: Collection[_Structure], encodings: Sequence[str]
    ) -> tuple[tuple[str, Reading], ...]:
        """Every combination but the likeliest one."""
        certain = reading.boundaries or not reading.multipart
        if certain and not self._deviations and len(structures) < 2 and len(encodings) == 1:
            return ()
        wanted: dict[_Structure, str] = {_Structure(reading.content_type, reading.boundaries): ""}
        for one in structures:
            wanted.setdefault(one, f"type {one.content_type}")
            for index, boundary in enumerate(one.boundaries if len(one.boundaries) > 1 else ()):
                wanted.setdefault(
                    _Structure(one.content_type, (boundary,)), f"boundary {index + 1} of {one.content_type}"
                )
        if reading.multipart and (self._deviations.keys() & _DOUBTFUL_MULTIPART or not reading.boundaries):
            wanted.setdefault(_Structure("text/plain"), "type text/plain")
        if len(wanted) == 1 == len(encodings):
            return ()
        views = [
            (
                ", ".join(
                    filter(None, [view, "" if encoding == reading.encoding else f"encoding {encoding}"])
                ),
                replace(
                    reading,
                    content_type=structure.content_type,
                    boundaries=structure.boundaries,
                    encoding=encoding,
                ),
            )
            for structure, view in wanted.items()
            for encoding in encodings
        ][1:]
        if len(views) > self._limits.readings:
            self._note(defect.TOO_MANY_READINGS)
        return tuple(views[: self._limits.readings])

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

    def _type(self, field: Field, default_type: str) -> tuple[Structured, list[_Structure]]:
        value = field.value.lstrip(b": \t")
        head = value.partition(b";")[0]
        if b"=?" in head:
            self._note(defect.ENCODED_WORD_IN_FIELD)
            whole = words.decode_octets(value).encode("utf-8", "replace")
            value = words.decode_octets(head).encode("utf-8", "replace") + value[len(head) :]
            if _composite(_word(whole.partition(b";")[0])):
                value = whole
        structured = self._structured(value)
        written = _word(structured.value)
        content_type = self._valid_type(written, default_type)
        boundaries = self._boundaries(structured)
        found = [_Structure(content_type, boundaries)]
        if not _composite(content_type) and boundaries:
            if content_type.partition("/")[0] in _MAIN_TYPES:
                self._note(defect.BOUNDARY_ON_LEAF)
                found.append(_Structure("multipart/mixed", boundaries))
            else:
                self._note(defect.UNKNOWN_MULTIPART)
                found.insert(0, _Structure("multipart/mixed", boundaries))
        return structured, found

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

    def _charsets(self, parameters: list[Structured]) -> tuple[str, ...]:
        found = [
            (octets if named is None else charsets.decode(octets, named).encode("utf-8"))
            .decode("latin-1")
            .strip("\"' \t")
            .lower()
            for structured in parameters
            for octets, named in candidates(structured, "charset")
        ]
        codecs = dict.fromkeys([codec for label in found if (codec := charsets.codec_of(label)) is not None])
        if len(codecs) > 1:
            self._note(defect.CHARSET_AMBIGUOUS)
        known = [label for label in found if charsets.codec_of(label) is not None]
        return tuple(dict.fromkeys([label for label in [*known, *found] if label]))

    def _encodings(self, fields: list[Field]) -> list[str]:
        """Every encoding that a reader may apply, the likeliest first: one that changes anything."""
        readings: dict[str, None] = {}
        likely: list[str] = []  # of each field
        for field in fields:
            found = self._one_encoding(field.value)
            likely.append(found[0])
            readings.update(dict.fromkeys(found))
            if field.odd:
                readings[IDENTITY] = None
        if len(set(likely)) > 1:
            self._note(defect.DUPLICATE_FIELD)
        likeliest = next((one for one in likely if one != IDENTITY), IDENTITY)
        return list(dict.fromkeys([likeliest, *readings]))

    def _one_encoding(self, value: bytes) -> tuple[str, ...]:
        text = value.decode("latin-1").lower()
        known = _ENCODINGS.get(text)
        if known is not None:
            return (known,)
        if "=?" in text:
            self._note(defect.ENCODED_WORD_IN_FIELD)
            text = words.decode_octets(value).lower()
        bare = _word(parse(text.encode("utf-8", "replace")[: self._limits.field_octets]).value)
        if bare in _ENCODINGS and bare == text.rstrip("; \t"):
            return (_ENCODINGS[bare],)
        if bare in _COMMON_MISSPELLINGS and not _ENCODING_WITHIN.search(_NOISE.sub("", text)):
            return (IDENTITY,)
        within = [_ENCODINGS[found[0]] for found in _ENCODING_WITHIN.finditer(_NOISE.sub("", text))]
        first = [_ENCODINGS[bare]] if bare and bare in _ENCODINGS else []
        if not within and not first:
            self._note(defect.ENCODING_UNKNOWN)
            return (IDENTITY, BASE64, QUOTED_PRINTABLE)
        self._note(defect.ENCODING_MALFORMED)
        return tuple(dict.fromkeys([*first, *within, IDENTITY]))

    def _unfolded(self, fields: list[Field]) -> list[str]:
        """Names as they are to readers that leave out the white space of folds."""
        tight = [parse(field.unspaced[: self._limits.field_octets]) for field in fields if field.lines]
        return self._filenames(tight, tight) if tight else []

    def _filenames(self, attached: list[Structured], types: list[Structured]) -> list[str]:
        decoded: dict[str, None] = {}
        raw: dict[str, None] = {}
        named = [(one, "filename") for one in attached] + [(one, "name") for one in types]
        swapped = [(one, "filename") for one in types] + [(one, "name") for one in attached]
        for structured, name in named + swapped:
            if not structured.parameters:
                continue
            for octets, charset in candidates(structured, name):
                text = charsets.decode(octets, charset)
                decoded.update(dict.fromkeys([one.strip() for one in words.readings(text)]))
                raw[text.strip()] = None
        if len(decoded) > 1:
            self._note(defect.FILENAME_AMBIGUOUS)
        return [name for name in decoded | raw if name]

    def _within_limit(self, names: list[str]) -> tuple[str, ...]:
        """The names, each once; of too many the first and the last."""
        found = list(dict.fromkeys(names))
        if len(found) > self._limits.filenames:
            self._note(defect.TOO_MANY_FILENAMES)
            half = self._limits.filenames // 2
            found = found[: self._limits.filenames - half] + found[-half:]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Structure:
    """What a body is taken for."""

    content_type: str
    boundaries: tuple[bytes, ...] = ()


def _flow(structured: Structured) -> Flow:
    """How lines of text are joined (RFC 3676 section 4)."""
    if not structured.parameters or not _says(structured, "format", b"flowed"):
        return Flow.FIXED
    return Flow.DELETE_SPACE if _says(structured, "delsp", b"yes") else Flow.FLOWED


def _says(structured: Structured, name: str, value: bytes) -> bool:
    return any(one.octets.lower() == value for one in candidates(structured, name))


def _composite(content_type: str) -> bool:
    return content_type.startswith("multipart/") or content_type in NESTED_TYPES


def _located(value: bytes) -> tuple[str, ...]:
    """The file name at the end of a Content-Location (RFC 2557 section 4.2), which some clients save a part under that
    has no other."""
    text = words.decode_octets(value).strip()
    _, separator, rest = text.partition("://")
    path = rest.partition("/")[2] if separator else text
    name = re.split(r"[?#]", path.strip(), maxsplit=1)[0].rpartition("/")[2]
    return (name,) if "." in name and not text.lower().startswith(("cid:", "mid:", "www.")) else ()


def _word(value: bytes) -> str:
    return value.decode("latin-1").strip().lower()
