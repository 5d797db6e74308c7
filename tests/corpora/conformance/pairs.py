"""Pairs of files, one the encoded form of the other: transfer encodings, encoded-words and RFC 2231 parameters.

The encoded form is put under the fields that name its encoding and goes through the parser like any other body.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.corpora.conformance.leaf import Case, Expected

_SUFFIXES = {".b64": "base64", ".uu": "x-uuencode", ".qp": "quoted-printable"}
_CODECS = ("base64", "quoted-printable", "x-uuencode")


def kmime(folder: Path) -> Iterator[Case]:
    """mime-kde-kmime: codec_ENCODING with NAME.ENCODING and NAME-encode, each with .expected beside it."""
    for expected in sorted(folder.rglob("codec_*/*.expected")):
        codec = expected.parent.name.removeprefix("codec_")
        other = expected.with_suffix("")
        encoded, decoded = (expected, other) if other.name.endswith("-encode") else (other, expected)
        if codec in _CODECS and other.exists():
            yield _case("mime-kde-kmime", folder, encoded, codec, decoded.read_bytes())


def gmime(folder: Path) -> Iterator[Case]:
    """mime-gmime: photo and text in several encodings."""
    yield from _by_suffix("mime-gmime", folder)


def mimekit(folder: Path) -> Iterator[Case]:
    """mime-mimekit: the same."""
    yield from _by_suffix("mime-mimekit", folder)


def mimetools(folder: Path) -> Iterator[Case]:
    """mime-mimetools: one file for its base64 decoder (its other encoded files are of other content)."""
    for encoded in sorted(folder.rglob("*.b64")):
        decoded = encoded.with_suffix(".bin")
        if decoded.exists():
            yield _case("mime-mimetools", folder, encoded, "base64", decoded.read_bytes())


def mailutils(folder: Path) -> Iterator[Case]:
    """mime-mailutils: one pair for the base64 filter."""
    for encoded in sorted(folder.rglob("tests/Decode")):
        decoded = encoded.with_name("Encode")
        if decoded.exists():
            yield _case("mime-mailutils", folder, encoded, "base64", decoded.read_bytes())


def _by_suffix(collection: str, folder: Path) -> Iterator[Case]:
    """Files NAME.b64, NAME.uu, NAME.qp that have exactly one plain form: NAME, or NAME with another ending."""
    for encoded in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
        plain = [
            path
            for path in sorted(encoded.parent.glob(f"{encoded.stem}*"))
            if path.suffix not in _SUFFIXES and encoded.stem in (path.name, path.stem)
        ]
        if len(plain) == 1:
            encoding = _SUFFIXES[encoded.suffix]
            yield _case(collection, folder, encoded, encoding, plain[0].read_bytes())


def _case(collection: str, folder: Path, encoded: Path, encoding: str, data: bytes) -> Case:
    header = (
        f"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    )
    name = str(encoded.relative_to(folder))
    return Case(collection, name, header + encoded.read_bytes(), (Expected(data=data),))
