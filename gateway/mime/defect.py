"""Every defect that the parser can report, with its severity and meaning.

The names are stable: rules, metrics and `docs/defects.md` use them, and a test keeps that page equal to this
table. RFC 7103 (advice for safe handling of malformed messages) is the background to the severities: NOTE where
all known readers agree on one reading, SUSPECT where they differ, LIMIT where something was left unread.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mime.event import Defect, Severity


@dataclass(frozen=True, slots=True)
class Deviation:
    """A kind of defect: stable `name`, `severity`, and `meaning` for the technician."""

    name: str
    severity: Severity
    meaning: str

    def at(self, path: str, offset: int) -> Defect:
        """The event for this deviation at a place."""
        return Defect(self.name, self.severity, path, offset)


DEVIATIONS: dict[str, Deviation] = {}


def _define(severity: Severity, name: str, meaning: str) -> Deviation:
    deviation = Deviation(name, severity, meaning)
    assert name not in DEVIATIONS
    DEVIATIONS[name] = deviation
    return deviation


_NOTE, _SUSPECT, _LIMIT = Severity.NOTE, Severity.SUSPECT, Severity.LIMIT

# Header
BYTE_ORDER_MARK = _define(_SUSPECT, "byte-order-mark", "A byte order mark stands before the header.")
MBOX_LINE = _define(_NOTE, "mbox-line", "A line of a mailbox file (“From …”) stands before the header.")
BARE_CR = _define(_SUSPECT, "bare-cr", "A header has a CR that is not followed by LF.")
MIXED_LINE_ENDINGS = _define(
    _NOTE, "mixed-line-endings", "A header has lines that end with LF and with CRLF."
)
NUL_IN_HEADER = _define(_SUSPECT, "nul-in-header", "A header has a NUL octet.")
BLANK_CONTINUATION = _define(
    _SUSPECT,
    "blank-continuation",
    "A header has a line of nothing but spaces or tabs; some readers end there.",
)
FIELD_IN_FOLD = _define(
    _SUSPECT,
    "field-in-fold",
    "A MIME field stands on a line that begins with white space, and so goes on from the one before.",
)
FIELD_NAME = _define(_SUSPECT, "field-name", "A field name has characters that may not stand in one.")
SPACE_BEFORE_COLON = _define(
    _NOTE, "space-before-colon", "There is a space or tab between field name and colon."
)
MISSING_COLON = _define(_SUSPECT, "missing-colon", "A Content- field has no colon behind its name.")
JUNK_LINE = _define(
    _SUSPECT, "junk-line", "A line within a header is not a field; the likeliest reading passes over it."
)
MISSING_SEPARATOR = _define(
    _NOTE,
    "missing-separator",
    "No empty line separates header and body; the body begins at the first odd line.",
)
HEADER_UNFINISHED = _define(
    _NOTE, "header-unfinished", "A header ends without an empty line, and has no body."
)
FIELDS_IN_BODY = _define(
    _SUSPECT,
    "fields-in-body",
    "A body begins with what looks like MIME fields: a blank line stands too early.",
)
HEADER_TOO_LARGE = _define(_LIMIT, "header-too-large", "A header is larger than the limit.")
TOO_MANY_FIELDS = _define(_LIMIT, "too-many-fields", "A header has more fields than the limit.")

# Content fields and their parameters
DUPLICATE_FIELD = _define(
    _SUSPECT, "duplicate-field", "A Content- field that may stand once is repeated with another value."
)
CONTENT_TYPE_INVALID = _define(
    _SUSPECT, "content-type-invalid", "The Content-Type cannot be read as type/subtype."
)
UNKNOWN_MULTIPART = _define(
    _SUSPECT, "unknown-multipart", "An unknown main type has a boundary; it is read as multipart."
)
BOUNDARY_ON_LEAF = _define(
    _SUSPECT, "boundary-on-leaf", "A type that has no parts has a boundary, which occurs as delimiter or may."
)
COMMENT_IN_VALUE = _define(_SUSPECT, "comment-in-value", "A comment stands within or right beside a value.")
UNBALANCED_QUOTE = _define(_SUSPECT, "unbalanced-quote", "A quoted string of a parameter has no end.")
JUNK_IN_PARAMETER = _define(
    _SUSPECT,
    "junk-in-parameter",
    "A parameter has something behind its value, or no semicolon before the next.",
)
ENCODED_WORD_IN_FIELD = _define(
    _SUSPECT,
    "encoded-word-in-field",
    "An encoded-word stands where none may be, in a type, encoding or boundary.",
)
CHARSET_AMBIGUOUS = _define(_SUSPECT, "charset-ambiguous", "A part names more than one charset.")
FILENAME_AMBIGUOUS = _define(
    _NOTE, "filename-ambiguous", "The file name can be read in several ways; every reading is judged."
)
FIELD_TOO_LONG = _define(_LIMIT, "field-too-long", "A Content- field is longer than what is parsed.")
TOO_MANY_COMMENTS = _define(
    _LIMIT, "too-many-comments", "A Content- field has more round brackets than are taken for comments."
)
TOO_MANY_READINGS = _define(_LIMIT, "too-many-readings", "A header can be read in more ways than the limit.")
TOO_MANY_FILENAMES = _define(
    _LIMIT, "too-many-filenames", "A part, or the message, has more candidate file names than the limit."
)

# Structure
BOUNDARY_MISSING = _define(_SUSPECT, "boundary-missing", "A multipart has no boundary parameter.")
BOUNDARY_AMBIGUOUS = _define(
    _SUSPECT,
    "boundary-ambiguous",
    "The boundary can be read in several ways; the likeliest reading uses the first that occurs.",
)
BOUNDARY_LENGTH = _define(_NOTE, "boundary-length", "The boundary is empty, or longer than 70 characters.")
BOUNDARY_REUSED = _define(_SUSPECT, "boundary-reused", "A multipart has the boundary of an enclosing one.")
BOUNDARY_TOO_LONG = _define(_LIMIT, "boundary-too-long", "The boundary is longer than the limit.")
TOO_MANY_BOUNDARIES = _define(
    _LIMIT, "too-many-boundaries", "A multipart has more candidate boundaries than the limit."
)
DELIMITER_SUFFIX = _define(
    _SUSPECT,
    "delimiter-suffix",
    "A delimiter line has more on it than the boundary; some readers pass it over.",
)
DELIMITER_AMBIGUOUS = _define(
    _SUSPECT, "delimiter-ambiguous", "A line is the delimiter of more than one enclosing multipart."
)
DELIMITER_AFTER_BARE_CR = _define(
    _SUSPECT, "delimiter-after-bare-cr", "A delimiter line follows, or ends with, a CR without LF."
)
DELIMITER_TOO_LONG = _define(_LIMIT, "delimiter-too-long", "A delimiter line is longer than the limit.")
NO_PARTS = _define(_SUSPECT, "no-parts", "A multipart has no part: no delimiter occurs before it ends.")
CLOSE_MISSING = _define(_NOTE, "close-missing", "A multipart has no close delimiter.")
PART_AFTER_CLOSE = _define(_SUSPECT, "part-after-close", "A part stands behind the close delimiter.")
COMPOSITE_DECODED = _define(
    _SUSPECT, "composite-decoded", "A multipart or message has a transfer encoding, which was removed."
)
COMPOSITE_ENCODING = _define(
    _NOTE, "composite-encoding", "A multipart or message declares a transfer encoding but is not encoded."
)
DEPTH_LIMIT = _define(
    _LIMIT, "depth-limit", "Parts are nested deeper than the limit; the deepest was not opened."
)
TOO_MANY_PARTS = _define(
    _LIMIT, "too-many-parts", "There are more parts than the limit; the rest is one leaf."
)
PART_IN_BODY = _define(
    _NOTE, "part-in-body", "A text has a line like a delimiter and the fields of a part behind it."
)
PART_IN_MARGIN = _define(
    _SUSPECT, "part-in-margin", "What stands before the first or behind the last part begins like a part."
)
TOO_MANY_VIEWS = _define(
    _LIMIT, "too-many-views", "The message can be read in more ways than the limit; some were not followed."
)
DECODED_TOO_LARGE = _define(
    _LIMIT,
    "decoded-too-large",
    "What the message decodes to, all readings together, is larger than the limit.",
)

# Transfer encodings
ENCODING_UNKNOWN = _define(_SUSPECT, "encoding-unknown", "The transfer encoding is not one that is known.")
ENCODING_MALFORMED = _define(
    _SUSPECT,
    "encoding-malformed",
    "The transfer encoding is misspelt; the likeliest reading applies the nearest.",
)
BASE64_JUNK = _define(
    _SUSPECT,
    "base64-junk",
    "Base64 has characters outside its alphabet; the likeliest reading passes over them.",
)
BASE64_SPACE = _define(_NOTE, "base64-space", "Base64 has spaces or tabs.")
BASE64_URL_SAFE = _define(
    _SUSPECT, "base64-url-safe", "Base64 has the characters - or _ of the URL-safe alphabet."
)
BASE64_PADDING = _define(_SUSPECT, "base64-padding", "Base64 has padding where none belongs.")
BASE64_AFTER_PADDING = _define(_SUSPECT, "base64-after-padding", "Base64 goes on behind its padding.")
BASE64_TRUNCATED = _define(
    _SUSPECT, "base64-truncated", "Base64 ends within a group of four, without padding."
)
BASE64_TOO_BROKEN = _define(
    _LIMIT,
    "base64-too-broken",
    "Base64 has padding in so many places that the rest was decoded without regard to it.",
)
QP_ILLEGAL = _define(
    _SUSPECT,
    "quoted-printable-illegal",
    "Quoted-printable has an equals sign without two hexadecimal digits.",
)
GZIP_MALFORMED = _define(_SUSPECT, "gzip-malformed", "Content in x-gzip64 cannot be decompressed.")
UUENCODE_MALFORMED = _define(
    _SUSPECT, "uuencode-malformed", "Uuencoded content has lines that cannot be decoded."
)
UUENCODE_NO_BEGIN = _define(_SUSPECT, "uuencode-no-begin", "Uuencoded content has no begin line.")

# Files within leaves
YENC_MALFORMED = _define(
    _SUSPECT, "yenc-malformed", "A yEnc file has no end, or not the size or checksum that it declares."
)
BINHEX_MALFORMED = _define(
    _SUSPECT, "binhex-malformed", "A BinHex file cannot be decoded whole, or its checksums do not hold."
)
APPLE_MALFORMED = _define(
    _SUSPECT, "apple-malformed", "An AppleSingle, AppleDouble or MacBinary file is not whole."
)
TNEF_MALFORMED = _define(
    _SUSPECT,
    "tnef-malformed",
    "A TNEF stream (winmail.dat) is cut off, malformed, or its checksums do not hold.",
)
CMS_MALFORMED = _define(_SUSPECT, "cms-malformed", "Signed or compressed S/MIME data cannot be read whole.")
ENCLOSED_TOO_MANY = _define(
    _LIMIT, "enclosed-too-many", "A part has more in it that looks like enclosed files than is looked into."
)
