"""Octets to text, as mail readers do it: labels are hints, and decoding never fails.

Labels follow the aliases of RFC 2978's registry as Python knows them, and the WHATWG Encoding Standard where
readers treat a label as a superset (iso-8859-1 is windows-1252, gb2312 is gb18030). A byte order mark wins
over any label. Text with a label that is missing or unknown is UTF-8 if it can be, else windows-1252.

Known limits: no statistical guessing; a label that names the wrong byte order is believed.
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
_UNWANTED = re.compile(r"[^a-z0-9]+")
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
    return table | _EXTRA


_LABELS = _labels()


def codec_of(label: str | None) -> str | None:
    """The name of Python's codec for a charset label, or None where the label is missing or unknown."""
    return _codec(label[:_MAX_LABEL]) if label else None


@lru_cache(1024)
def _codec(label: str) -> str | None:
    plain = _UNWANTED.sub("", label.lower())
    return _LABELS.get(plain) or _LABELS.get(plain.removeprefix("x"))


def decode(data: bytes, charset: str | None) -> str:
    """`data` as text. Never raises; what cannot be decoded becomes U+FFFD. No lone surrogates come out."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(codec, "replace")
    named = codec_of(charset)
    if named is None or named == "ascii":
        return _unlabelled(data)
    if named in ("utf_16", "utf_32"):
        named += "_" + _byte_order(data, 4 if named == "utf_32" else 2)
    if named == "cp1252":
        return codecs.charmap_decode(data, "replace", _C1_AS_LATIN1)[0]
    text = data.decode(named, "replace")
    if named == "utf_7":  # the one codec here that lets lone surrogates through
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _unlabelled(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return codecs.charmap_decode(data, "replace", _C1_AS_LATIN1)[0]


def _byte_order(data: bytes, width: int) -> str:
    """Without a mark: the order in which more characters have a zero in their highest octet; else big-endian."""
    sample = data[:_SAMPLE]
    return "le" if sample[width - 1 :: width].count(0) > sample[::width].count(0) else "be"
