"""Class J: documents, files of two types, and other attachments."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator

from tests.support.evasion.archive import (
    docx,
    pdf,
    stream,
    zipped,
)
from tests.support.evasion.build import (
    BASE64,
    EICAR,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    PROGRAM,
    attached,
    b64,
    message,
    mixed,
    with_lf,
)
from tests.support.evasion.class_j import HIDDEN, file, holding
from tests.support.evasion.legacy import active_mime
from tests.support.evasion.recipe import Made, Target, recipe

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@recipe("J209", "a document with macros under another name", Target.POLICY)
def macros() -> Iterator[Made]:
    code = OLE + bytes(504) + b'Attribute VB_Name = "ThisDocument"\r\nSub AutoOpen()\r\nEnd Sub\r\n'
    content = docx(more={"word/vbaProject.bin": code}, macros=True)
    for name in ("letter.docm", "letter.docx", "letter.doc", "letter.rtf", "letter.pdf", "letter", ""):
        yield name or "no name", holding(name, content)
    yield "declared as picture", holding("a.png", content, b"image/png")
    yield "sheet", holding("sheet.xlsx", docx(more={"xl/vbaProject.bin": code}, macros=True))
    yield "capitals", holding("letter.docx", docx(more={"word/VBAPROJECT.BIN": code}, macros=True))
    yield "part of another name", holding("letter.docx", docx(more={"word/settings.dat": code}, macros=True))
    yield (
        "old macros sheet",
        holding("sheet.xlsx", docx(more={"xl/macrosheets/sheet1.xml": b"<xm:macrosheet/>"})),
    )
    flat = b"<?xml version='1.0'?><?mso-application progid='Word.Document'?>"
    flat += b"<pkg:package xmlns:pkg='http://schemas.microsoft.com/office/2006/xmlPackage'>"
    flat += b"<pkg:part pkg:name='/word/vbaProject.bin'><pkg:binaryData>" + base64.b64encode(code)
    flat += b"</pkg:binaryData></pkg:part></pkg:package>"
    yield "one XML file", holding("letter.xml", flat)
    yield "one XML file, as document", holding("letter.doc", flat)
    link = b'<Relationships><Relationship Id="r1" TargetMode="External" Type="x/attachedTemplate" '
    link += b'Target="http://host.invalid/a.dotm"/></Relationships>'
    yield "template elsewhere", holding("letter.docx", docx(more={"word/_rels/settings.xml.rels": link}))
    yield "within an archive", holding("papers.zip", zipped({"letter.docx": content}))


@recipe("J210", "a file embedded in a document", Target.EICAR, may_miss=True)
def embedded() -> Iterator[Made]:
    plain = stream(EICAR, b"/Type/EmbeddedFile")
    packed = stream(zlib.compress(EICAR), b"/Type/EmbeddedFile/Filter/FlateDecode")
    spec = b"<</Type/Filespec/F(agenda.dat)/EF<</F 6 0 R>>>>"
    yield "PDF", holding("report.pdf", pdf(b"Minutes", plain, spec), b"application/pdf")
    yield "PDF, compressed", holding("report.pdf", pdf(b"Minutes", packed, spec), b"application/pdf")
    coded = stream(EICAR.hex().encode() + b">", b"/Type/EmbeddedFile/Filter/ASCIIHexDecode")
    yield "PDF, hexadecimal", holding("report.pdf", pdf(b"Minutes", coded, spec), b"application/pdf")
    yield (
        "Word",
        holding("letter.docx", docx(more={"word/embeddings/oleObject1.bin": OLE + bytes(504) + EICAR})),
    )
    yield "Word, as a file", holding("letter.docx", docx(more={"word/embeddings/agenda.dat": EICAR}))
    hexadecimal = (OLE + EICAR).hex().encode()
    yield "RTF", holding("letter.rtf", rb"{\rtf1{\object\objemb{\*\objdata " + hexadecimal + b"}}}")
    apart = b"\r\n ".join([hexadecimal[at : at + 3] for at in range(0, len(hexadecimal), 3)])
    yield (
        "RTF, with signs between",
        holding("letter.rtf", rb"{\rtf1{\object\objemb{\*\objdata " + apart + b"}}}"),
    )
    yield "ActiveMime", holding("editdata.mso", active_mime())


@recipe("J211", "files of two types at once", Target.MAGIC)
def polyglots() -> Iterator[Made]:
    program = zipped({"invoice.exe": PROGRAM})
    script = b"=1/*\0\0*/;new ActiveXObject('WScript.Shell').Run('x');new ActiveXObject('MSXML2.XMLHTTP')"
    jar = {"META-INF/MANIFEST.MF": b"Main-Class: A\r\n", "A.class": b"\xca\xfe\xba\xbe"}
    page = b"<html><hta:application></html>"
    for name, (file_name, content) in {
        "PDF and ZIP": ("report.pdf", pdf(b"Minutes") + program),
        "GIF and ZIP": ("a.gif", b"GIF89a\1\0\1\0\0\0\0;" + program),
        "GIF and script": ("a.gif", b"GIF89a" + script),
        "PDF and program": ("report.pdf", PROGRAM + pdf(b"Minutes")),
        "PDF before program": ("report.pdf", pdf(b"Minutes") + PROGRAM),
        "picture before program": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(100) + PROGRAM),
        "picture and page": ("a.gif", b"GIF89a" + bytes(20) + page),
        "ZIP and program": ("papers.zip", PROGRAM + zipped({"minutes.txt": HARMLESS})),
        "document and JAR": ("letter.docx", docx(more=jar)),
    }.items():
        yield name, holding(file_name, content, KINDS[file_name.rpartition(".")[2]])


KINDS = {
    "pdf": b"application/pdf",
    "gif": b"image/gif",
    "png": b"image/png",
    "zip": b"application/zip",
    "docx": b"application/msword",
}


@recipe("J213", "files that are started rather than read", Target.EXT)
def started() -> Iterator[Made]:
    for extension in (
        *(
            "js",
            "vbs",
            "hta",
            "wsf",
            "ps1",
            "lnk",
            "url",
            "scf",
            "iqy",
            "one",
            "xll",
            "msi",
            "jar",
            "desktop",
            "jse",
        ),
        *(
            "vbe",
            "wsh",
            "bat",
            "cmd",
            "com",
            "pif",
            "scr",
            "cpl",
            "chm",
            "reg",
            "sct",
            "application",
            "library-ms",
        ),
        *(
            "settingcontent-ms",
            "appref-ms",
            "msix",
            "search-ms",
            "diagcab",
            "website",
            "jnlp",
            "command",
            "slk",
            "img",
        ),
        *(
            "iso",
            "vhd",
            "xlam",
            "ppam",
            "rdp",
            "theme",
            "gadget",
            "ws",
            "msc",
            "inf",
            "py",
            "sh",
            "apk",
            "dll",
        ),
    ):
        yield extension, holding(f"start.{extension}", HARMLESS)
    yield (
        "all",
        mixed(*[file(f"start.{extension}", HARMLESS) for extension in ("js", "vbs", "hta", "wsf", "ps1")]),
    )


@recipe("J214", "a file cut into several attachments", Target.POLICY)
def split() -> Iterator[Made]:
    half = len(HIDDEN) // 2
    for first, second in (
        *(("papers.zip.001", "papers.zip.002"), ("papers.r00", "papers.r01"), ("papers.z01", "papers.zip")),
        *(
            ("papers.7z.001", "papers.7z.002"),
            ("papers.part1.rar", "papers.part2.rar"),
            ("papers.001", "papers.002"),
        ),
        *(
            ("papers.zip.010", "papers.zip.011"),
            ("papers.zip.aa", "papers.zip.ab"),
            ("papers.r10", "papers.r11"),
        ),
    ):
        yield f"{first}, {second}", mixed(file(first, HIDDEN[:half]), file(second, HIDDEN[half:]))
    yield "second alone", mixed(file("papers.zip.002", HIDDEN[half:]))
    yield "first alone", mixed(file("papers.zip.001", HIDDEN[:half]))


@recipe("J215", "forms of the test virus", Target.EICAR, may_miss=["reversed", "cut short", "other case"])
def forms() -> Iterator[Made]:
    for name, content in {
        "white space behind": EICAR + b" \t\r\n\x1a",
        "128 octets": EICAR.ljust(128),
        "middle of a text": HARMLESS * 20 + EICAR + b"\r\n" + HARMLESS * 20,
        "no line end": HARMLESS.rstrip() + EICAR + HARMLESS,
        "UTF-16": EICAR.decode().encode("utf-16-le"),
        "UTF-16, big": EICAR.decode().encode("utf-16-be"),
        "UTF-16, mark": EICAR.decode().encode("utf-16"),
        "behind zeros": bytes(100_000) + EICAR,
        "twice": EICAR * 2,
        "reversed": EICAR[::-1],
        "cut short": EICAR[:-1],
        "other case": EICAR.lower(),
    }.items():
        yield (
            name,
            attached([PLAIN, b"Content-Disposition: attachment; filename=e.txt", BASE64], b64(content)),
        )
    yield "in the text", message([MIME, PLAIN], EICAR + b"\r\n")
    yield "in the text, LF", with_lf(message([MIME, PLAIN], HARMLESS + EICAR + b"\r\n"))
    yield "in a field", message([b"X-Note: " + EICAR, MIME, PLAIN], HARMLESS)
    yield "in the subject", message([MIME, PLAIN], HARMLESS, subject=EICAR)
    yield "far behind", attached([OCTETS, BASE64], b64(HARMLESS * 100_000 + EICAR))
