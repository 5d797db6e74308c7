"""The messages that benchmarks send: made from a fixed seed, so that every run measures the same octets.

Three kinds, after what schools send most: a short text, a letter in HTML with a document attached, a large PDF.
Run as a program it writes them into a folder:

    python benchmarks/messages.py FOLDER
"""

from __future__ import annotations

import base64
import io
import random
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_TEXT = (
    "about after again also another because before between both children class come day each even every find "
    "first form give good great group hall hand have help here home hour idea just keep kind know last late learn "
    "leave letter library like line list little long look lunch make many meet meeting minute month more morning "
    "most name near need next note number office often only open order other over page paper parents part people "
    "place plan please point question read ready report room same school science see send several should show side "
    "small some sports start still summer take teacher term than their them there these thing think this those "
    "three through time today together trip under until visit week well were what when where which while will "
    "with without word work would write year your"
)
WORDS = _TEXT.split()

HEADER = (
    "Received: from mail.elsewhere.example ([192.0.2.25])\r\n"
    "\tby mx.elsewhere.example with ESMTPS id 4XyZ1a2b3c; Mon, 1 Jan 2024 09:00:00 +0000\r\n"
    "From: Ann Example <ann@elsewhere.example>\r\n"
    "To: Bob Example <bob@school.example>\r\n"
    "Subject: Arrangements for next week\r\n"
    "Date: Mon, 1 Jan 2024 09:00:00 +0000\r\n"
    "Message-ID: <20240101090000.1@elsewhere.example>\r\n"
    "MIME-Version: 1.0\r\n"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message: `content` with CRLF, as it should arrive."""

    name: str
    title: str
    content: bytes

    @property
    def wire(self) -> bytes:
        """The content as sent behind DATA, without the end of data."""
        return (b"\r\n" + self.content).replace(b"\r\n.", b"\r\n..")[2:]

    def file_for_smtp_source(self, folder: Path) -> Path:
        """A file for `smtp-source -F`, which wants lines that end with LF."""
        file = folder / f"{self.name}.lf"
        file.write_bytes(self.content.replace(b"\r\n", b"\n"))
        return file


def prose(chance: random.Random, size: int, line: int = 72) -> str:
    """About `size` characters of words in sentences, CRLF between lines."""
    lines: list[str] = []
    length = 0
    while length < size:
        words: list[str] = []
        while sum(map(len, words)) + len(words) < line - 8:
            words.append(chance.choice(WORDS))
        text = " ".join(words).capitalize() + "."
        lines.append(text)
        length += len(text) + 2
    return "\r\n".join(lines)


def text_message() -> bytes:
    """4 KB, one text part."""
    chance = random.Random(4)
    top = HEADER + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    body = prose(chance, 4096 - len(top) - 2)
    return (top + body + "\r\n").encode()


def multipart_message() -> bytes:
    """200 KB: text and HTML as alternatives, and a Word document."""
    chance = random.Random(200)
    alternative = [
        part("text/plain; charset=utf-8", prose(chance, 3_000).encode()),
        part("text/html; charset=utf-8", html(chance, 24_000).encode(), "quoted-printable"),
    ]
    document = docx(chance, 125_000)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    inner = multipart("alternative", "=_inner", alternative)
    return (
        HEADER.encode()
        + b'Content-Type: multipart/mixed; boundary="=_outer"\r\n\r\n'
        + b"--=_outer\r\n"
        + inner
        + b"\r\n--=_outer\r\n"
        + attachment(word, "letter.docx", document)
        + b"\r\n--=_outer--\r\n"
    )


def pdf_message() -> bytes:
    """10 MB, nearly all of it a PDF."""
    chance = random.Random(10)
    return (
        HEADER.encode()
        + b'Content-Type: multipart/mixed; boundary="=_outer"\r\n\r\n'
        + b"--=_outer\r\n"
        + part("text/plain; charset=utf-8", prose(chance, 1_000).encode())
        + b"\r\n--=_outer\r\n"
        + attachment("application/pdf", "prospectus.pdf", pdf(chance, 7_650_000))
        + b"\r\n--=_outer--\r\n"
    )


def part(content_type: str, content: bytes, encoding: str = "8bit") -> bytes:
    """One part with its header; quoted-printable here is only what the HTML below needs."""
    if encoding == "quoted-printable":
        content = content.replace(b"=", b"=3D")
    top = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return top.encode() + content


def multipart(subtype: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    """A multipart entity of parts."""
    top = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    delimiter = f"--{boundary}".encode()
    joined = b"".join([delimiter + b"\r\n" + piece + b"\r\n" for piece in parts])
    return top + joined + delimiter + b"--"


def attachment(content_type: str, filename: str, content: bytes) -> bytes:
    """A base64 attachment with its header."""
    top = (
        f'Content-Type: {content_type}; name="{filename}"\r\n'
        f'Content-Disposition: attachment; filename="{filename}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    encoded = base64.b64encode(content)
    lines = [encoded[start : start + 76] for start in range(0, len(encoded), 76)]
    return top.encode() + b"\r\n".join(lines)


def html(chance: random.Random, size: int) -> str:
    """A page with the usual clutter of mail programs around every paragraph."""
    pieces = ["<html><head><style>p { margin: 0 } .x { color: #333333 }</style></head><body>"]
    while sum(map(len, pieces)) < size:
        text = prose(chance, 300, 60).replace("\r\n", "<br>\r\n")
        pieces.append(f'<p class="x"><span style="font-family: Calibri, sans-serif">{text}</span></p>')
    return "\r\n".join([*pieces, "</body></html>"])


def docx(chance: random.Random, size: int) -> bytes:
    """A Word document: a zip of the customary members, with a picture that brings it to about `size` octets."""
    paragraphs = "".join([f"<w:p><w:r><w:t>{prose(chance, 500, 400)}</w:t></w:r></w:p>" for _ in range(40)])
    space = "http://schemas.openxmlformats.org"
    members = {
        "[Content_Types].xml": f'<Types xmlns="{space}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{space}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{space}/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{space}/wordprocessingml/2006/main">'
        f"<w:body>{paragraphs}</w:body></w:document>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + text)
        picture = b"\x89PNG\r\n\x1a\n" + chance.randbytes(size - file.tell())
        archive.writestr(zipfile.ZipInfo("word/media/image1.png"), picture)
    return file.getvalue()


def pdf(chance: random.Random, size: int) -> bytes:
    """A PDF of about `size` octets: pages with compressed text, and pictures that do not compress."""
    file = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []

    def add(content: bytes) -> None:
        places.append(len(file))
        file.extend(b"%d 0 obj\n%b\nendobj\n" % (len(places), content))

    add(b"<< /Type /Catalog /Pages 2 0 R >>")
    add(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
    add(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>")
    while len(file) < size:
        for stream in (zlib.compress(prose(chance, 4_000).encode()), chance.randbytes(120_000)):
            add(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream))
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    file += b"".join([b"%010d 00000 n \n" % place for place in places])
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start)
    return bytes(file)


MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "text": ("4 KB text", text_message),
    "multipart": ("200 KB HTML and docx", multipart_message),
    "pdf": ("10 MB PDF", pdf_message),
}


def kinds() -> list[Kind]:
    """All kinds, smallest first."""
    return [Kind(name, title, make()) for name, (title, make) in MAKERS.items()]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for kind in kinds():
        (target / f"{kind.name}.eml").write_bytes(kind.content)
        print(f"{kind.name}.eml: {len(kind.content)} octets")
