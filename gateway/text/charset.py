"""Octets to text, as mail readers do it: labels are hints, and decoding never fails.

Labels follow the aliases of RFC 2978's registry as Python knows them, and the WHATWG Encoding Standard where
readers treat a label as a superset (iso-8859-1 is windows-1252, gb2312 is gb18030). A byte order mark wins
over any label. Text with a label that is missing or unknown is UTF-8 if it can be, else windows-1252.

EBCDIC goes by many labels, of which Python knows a few; letters and digits stand at the same places in all of them,
so that two codecs serve for the rest.

Known limits: no statistical guessing; `decode` believes a label that names the wrong byte order (the other order is
one of the readings of `gateway.text.decoding`).
"""

from __future__ import annotations

import codecs
import encodings.aliases
import re
from functools import lru_cache

_NOT_TEXT = (
    "base64_codec bz2_codec hex_codec quopri_codec rot_13 uu_codec zlib_codec mbcs tactis unicode_escape"
    " raw_unicode_escape idna punycode undefined oem"
)
_UNALIASED = (
    "cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869"
    " cp874 cp875 cp932 cp949 cp950 cp1006 cp1026 cp1125 cp1140 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256"
    " cp1257 cp1258 koi8_r koi8_t koi8_u mac_arabic mac_croatian mac_farsi mac_romanian big5 big5hkscs euc_jp"
    " euc_kr gb2312 gb18030 gbk hz iso2022_jp iso2022_kr johab shift_jis utf_7 utf_8 utf_16 utf_32"
)
_SUPERSETS = {
    "ascii": "ascii",
    "iso8859_1": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
    "utf_8_sig": "utf_8",
}
_EXTRA = {
    "ksc56011987": "cp949",
    "ksc5601": "cp949",
    "xsjis": "cp932",
    "mskanji": "cp932",
    "windows31j": "cp932",
    "xeucjp": "euc_jp",
    "xgbk": "gb18030",
    "xbig5": "big5hkscs",
    "xmacroman": "mac_roman",
    "macintosh": "mac_roman",
    "xmaccyrillic": "mac_cyrillic",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "unicode11utf7": "utf_7",
    "unicode20utf7": "utf_7",
    "xunicode20utf7": "utf_7",
    "unicode11utf8": "utf_8",
    "unicode": "utf_16",
    "ucs2": "utf_16",
    "iso10646ucs2": "utf_16",
    "iso10646ucs4": "utf_32",
    "ucs4": "utf_32",
    "dos874": "cp874",
    "ansix341968": "ascii",
}
_EBCDIC_US = "037 1047 1140 924 1047s390 1148s390"
_EBCDIC_OTHERS = (
    "277 278 280 284 285 297 500 870 871 880 905 1025 1112 1122 1141 1142 1143 1144 1145 1146 1147 1148 1149"
)
_EBCDIC_NAMES = ("ebcdic", "ebcdicus", "ebcdicuk", "ebcdiclatin1", "ebcdicinternational")
_UNWANTED = re.compile(r"[^a-z0-9]+")
# The code pages in EBCDIC that Windows, Java and ICU know and Python does not.
_IBM = re.compile(
    r"x?(?:cp|ibm|ccsid)0*(?:thai|273|290|420|423|424|833|836|838|875|918|930|933|935|937|939|1047|114\d"
    r"|1364|1371|1388|1390|1399|20273|20277|20278|2028\d|20290|20297|20420|20423|20424|20833|20838|20871|20880|20905"
    r"|20924|21025)(?:s390)?"
)
_C1_AS_LATIN1 = "".join(
    [bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in range(256)]
)  # windows-1252 with its five holes filled, so that every octet is a character
_BOMS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz &<>"
_MAX_LABEL = 64  # characters; no charset has a longer name
_SAMPLE = 4096  # octets looked at to tell the byte order


def _labels() -> dict[str, str]:
    not_text = frozenset(_NOT_TEXT.split())
    known = {**{name: name for name in _UNALIASED.split()}, **encodings.aliases.aliases}
    known.update({name: name for name in encodings.aliases.aliases.values()})
    table = {
        _UNWANTED.sub("", label.lower()): _SUPERSETS.get(codec, codec)
        for label, codec in known.items()
        if codec not in not_text
    }
    for numbers, codec in ((_EBCDIC_US, "cp037"), (_EBCDIC_OTHERS, "cp500")):
        for number in numbers.split():
            for name in ("cp", "ibm", "csibm", "ccsid", "cp0", "ibm0"):
                table.setdefault(name + number, codec)
    return table | dict.fromkeys(_EBCDIC_NAMES, "cp037") | _EXTRA


_LABELS = _labels()


def codec_of(label: str | None) -> str | None:
    """The name of Python's codec for a charset label, or None where the label is missing or unknown."""
    return _codec(label[:_MAX_LABEL]) if label else None


@lru_cache(1024)
def _codec(label: str) -> str | None:
    plain = _UNWANTED.sub("", label.lower())
    found = _LABELS.get(plain) or _LABELS.get(plain.removeprefix("x"))
    if found is None and ("ebcdic" in plain or _IBM.fullmatch(plain)):
        return "cp037"  # letters and digits stand at the same places in all of them, capitals at least
    return found


def decode(data: bytes, charset: str | None) -> str:
    """`data` as text. Never raises; what cannot be decoded becomes U+FFFD. No lone surrogates come out."""
    marked, length = mark_of(data)
    return decode_as(data[length:], marked) if marked is not None else decode_as(data, codec_of(charset))


def mark_of(data: bytes) -> tuple[str | None, int]:
    """The codec that a byte order mark names, and the mark's length in octets; None and 0 where there is none."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return codec, len(mark)
    return None, 0


def decode_as(data: bytes, codec: str | None) -> str:
    """`data` by one of the codecs that `codec_of` names (None: unlabelled), whatever mark it begins with."""
    if codec is None or codec == "ascii":
        return _unlabelled(data)
    if codec in ("utf_16", "utf_32"):
        codec += "_" + _byte_order(data, 4 if codec == "utf_32" else 2)
    if codec == "cp1252":
        return _as_windows_1252(data)
    text = data.decode(codec, "replace")
    if codec == "utf_7":  # the one codec here that lets lone surrogates through
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@lru_cache(256)
def holds_ascii(codec: str) -> bool:
    """True where octets below 128 always are the characters of ASCII: no shifts, no other widths, no EBCDIC."""
    if codec in ("utf_7", "hz") or codec.startswith("iso2022"):
        return False
    return all(bytes([octet]).decode(codec, "replace") == chr(octet) for octet in _LETTERS)


def _unlabelled(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _as_windows_1252(data)


def _as_windows_1252(data: bytes) -> str:
    return codecs.charmap_decode(data, "replace", _C1_AS_LATIN1)[0]


def _byte_order(data: bytes, width: int) -> str:
    """Without a mark: the order in which more characters have a zero in their highest octet; else big-endian."""
    sample = data[:_SAMPLE]
    return "le" if sample[width - 1 :: width].count(0) > sample[::width].count(0) else "be"
