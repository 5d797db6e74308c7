"""Class J: archives, and what they hold. Large ones are few."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from tests.support.evasion.archive import (
    Entry,
    archive,
    central,
    deflate,
    docx,
    end,
    entry,
    local,
    lzw,
    pdf,
    stream,
    zip_crypto,
    zipped,
)
from tests.support.evasion.build import (
    BASE64,
    EICAR,
    HARMLESS,
    MIME,
    OCTETS,
    PLAIN,
    attached,
    b64,
    entity,
    message,
    mixed,
    nested,
)
from tests.support.evasion.recipe import Made, Target, recipe

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
HIDDEN = zipped({"agenda.dat": EICAR})


def file(name: str, content: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    """A part with `content` under that name; no name where it is empty."""
    disposition = b'Content-Disposition: attachment; filename="' + name.encode() + b'"'
    fields = [b"Content-Type: " + kind, *([disposition] if name else []), BASE64]
    return entity(fields, b64(content))


def holding(name: str, content: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    """A message with that part."""
    return mixed(file(name, content, kind))


@recipe("J189", "archives within archives", Target.EICAR)
def nested_archives() -> Iterator[Made]:
    for levels in (1, 2, 5, 50):
        content = HIDDEN
        for _ in range(levels):
            content = zipped({"inner.zip": content}, stored=levels == 50)
        yield f"{levels + 1} levels", holding("papers.zip", content)
    yield "one level", holding("papers.zip", HIDDEN)
    yield "inner has another name", holding("papers.zip", zipped({"picture.png": HIDDEN}))
    yield "inner has no name", holding("papers.zip", zipped({"inner": HIDDEN}))
    yield "inner is a tar", holding("papers.zip", zipped({"inner.dat": tar({"agenda.dat": EICAR})}))
    yield (
        "inner is a message",
        holding("papers.zip", zipped({"x.eml": attached([OCTETS, BASE64], b64(EICAR))})),
    )
    yield "no name", holding("", HIDDEN)
    yield "nested message", nested(holding("papers.zip", HIDDEN))
    yield (
        "among 500",
        holding("papers.zip", zipped({**{f"{n}.txt": HARMLESS for n in range(500)}, "z.txt": EICAR})),
    )


@recipe("J190", "a ZIP archive under another name", Target.EXT)
def renamed() -> Iterator[Made]:
    content = zipped({"invoice.exe": HARMLESS})
    for name in (
        "report.pdf",
        "photo.jpg",
        "",
        "papers",
        "letter.docx",
        "papers.zip.txt",
        "papers.dat",
        "notes.txt",
    ):
        yield name or "no name", holding(name, content)
    yield "picture", holding("photo.png", content, b"image/png")
    yield "text", holding("notes.txt", content, b"text/plain")
    yield "body of the message", message([MIME, PLAIN, BASE64], b64(content))
    yield "message type", holding("", content, b"message/rfc822")


@recipe("J191", "a ZIP archive behind something else", Target.EICAR)
def prefixed() -> Iterator[Made]:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\0IEND\xaeB`\x82"
    for name, front in {
        "PNG": png,
        "PDF": pdf(b"Minutes"),
        "junk": b"x" * 1_000,
        "text": HARMLESS * 30,
        "NUL": bytes(5_000),
        "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9",
        "RTF": rb"{\rtf1 Minutes}",
        "another archive": zipped({"minutes.txt": HARMLESS}),
    }.items():
        yield name, holding("papers.zip", front + HIDDEN)
        if name in ("PNG", "PDF"):
            yield f"{name} by name", holding(f"papers.{name.lower()}", front + HIDDEN)
        yield (
            f"{name}, offsets right",
            holding("papers.zip", archive(entry(b"agenda.dat", EICAR), prefix=front)),
        )
    yield "something behind", holding("papers.zip", HIDDEN + b"x" * 70_000)


@recipe("J193", "a ZIP archive that describes a member in two ways", Target.EICAR)
def mismatch() -> Iterator[Made]:
    hidden, plain = entry(b"agenda.dat", EICAR), entry(b"agenda.dat", EICAR, deflated=False)
    for name, item in {
        "names": replace(hidden, name=b"eicar.com", local_name=b"photo.png"),
        "names, harmless": replace(hidden, local_name=b"photo.png"),
        "names, other way": replace(hidden, name=b"photo.png", local_name=b"eicar.com"),
        "method stored in the local header": replace(hidden, local_method=0),
        "method deflated in the directory": replace(plain, method=8, local_method=0),
        "size in the local header": replace(hidden, local_size=1),
        "size zero": replace(hidden, size=0),
        "sum": replace(hidden, crc=0),
        "unknown method": replace(hidden, method=99),
    }.items():
        yield name, holding("papers.zip", archive(item))
    shown = entry(b"minutes.txt", HARMLESS)
    body = local(hidden) + local(shown)
    directory = central(shown, len(local(hidden)))
    yield (
        "member not in the directory",
        holding("papers.zip", body + directory + end(1, len(directory), len(body))),
    )
    yield "two directories", holding("papers.zip", archive(hidden) + archive(shown))
    yield (
        "two members of one name",
        holding("papers.zip", archive(entry(b"a.txt", HARMLESS), entry(b"a.txt", EICAR))),
    )
    yield (
        "data descriptor",
        holding("papers.zip", archive(replace(hidden, flags=8, local_size=0))),
    )


@recipe("J194", "an encrypted ZIP archive", Target.POLICY)
def encrypted() -> Iterator[Made]:
    def locked(name: bytes) -> Entry:
        packed = zip_crypto(deflate(EICAR), zlib.crc32(EICAR))
        return replace(entry(name, EICAR), packed=packed, flags=1)

    yield "program's name", holding("papers.zip", archive(locked(b"eicar.com")))
    yield "harmless name", holding("papers.zip", archive(locked(b"agenda.pdf")))
    yield "one of two", holding("papers.zip", archive(entry(b"minutes.txt", HARMLESS), locked(b"agenda.pdf")))
    yield "as document", holding("papers.docx", archive(locked(b"agenda.pdf")))
    yield "strong encryption", holding("papers.zip", archive(replace(locked(b"agenda.pdf"), method=99)))
    yield "no name", holding("", archive(locked(b"agenda.pdf")))
    yield (
        "flag in the directory only",
        holding("papers.zip", _flags(archive(locked(b"agenda.pdf")), in_local=False)),
    )
    yield (
        "flag in the local header only",
        holding("papers.zip", _flags(archive(locked(b"agenda.pdf")), in_local=True)),
    )
    inner = archive(locked(b"agenda.pdf"))
    yield "within another", holding("papers.zip", zipped({"inner.zip": inner}))
    yield "within another, other name", holding("papers.zip", zipped({"inner.dat": inner}))


def _flags(data: bytes, *, in_local: bool) -> bytes:
    """`data` with the flag of encryption kept in one of the two headers only."""
    at = data.index(b"PK\1\2") + 8 if in_local else data.index(b"PK\3\4") + 6
    return data[:at] + b"\0\0" + data[at + 2 :]


@recipe("J195", "names of members that leave the folder, or end early", Target.EXT)
def member_names() -> Iterator[Made]:
    for name in (
        *(
            b"../../invoice.exe",
            b"C:\\invoice.exe",
            b"/etc/invoice.exe",
            b"invoice.exe\0.txt",
            b"..\\..\\invoice.exe",
        ),
        *(b"invoice.exe.", b"invoice.exe ", b"report.pdf" + b" " * 100 + b".exe", b"a.txt/../invoice.exe"),
        *(
            b"invoice.exe::$DATA",
            b"INVOICE.SCR",
            "invoice\u202egnp.exe".encode(),
            b"\xff\xfeinvoice.exe",
            b"x/" * 40 + b"invoice.exe",
        ),
        *("invoice\uff0eexe".encode(), b"invoice.js", b"~invoice.lnk", b"invoice.e\x01xe"),
    ):
        yield ascii(name)[2:60], holding("papers.zip", archive(entry(name, HARMLESS)))
    yield (
        "traversal with a harmless name",
        holding("papers.zip", archive(entry(b"../../start.docx", HARMLESS))),
    )


@recipe("J197", "a ZIP archive of very many members", Target.LIMIT)
def many() -> Iterator[Made]:
    pieces, directory, at = [], [], 0
    for number in range(65_000):
        item = Entry(b"%x" % number, b"", 0, 0)
        pieces.append(local(item))
        directory.append(central(item, at))
        at += len(pieces[-1])
    listed = b"".join(directory)
    yield "65,000 empty ones", holding("papers.zip", b"".join(pieces) + listed + end(65_000, len(listed), at))


@recipe("J198", "a ZIP archive whose members overlap", Target.LIMIT)
def overlapping() -> Iterator[Made]:
    item = entry(b"a.txt", bytes(10 << 20))
    body = local(item)
    listed = b"".join([central(item, 0).replace(b"a.txt", b"%05d" % number) for number in range(1_000)])
    yield "1,000 on one", holding("papers.zip", body + listed + end(1_000, len(listed), len(body)))
    yield (
        "1,000 on one, as document",
        holding("papers.docx", body + listed + end(1_000, len(listed), len(body))),
    )


@recipe("J199", "a ZIP archive that grows without measure", Target.LIMIT)
def bomb() -> Iterator[Made]:
    content, name = bytes(1 << 20), "0.txt"
    for _ in range(5):
        content, name = zipped({f"{number}{name[1:]}": content for number in range(10)}), "0.zip"
    yield "ten in ten, five times", holding("papers.zip", content)
    gzipped = bytes(50 << 20)
    for _ in range(3):
        gzipped = gzip.compress(gzipped, 9, mtime=0)
    yield "gzip in gzip", holding("papers.gz", gzipped)


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b0 "ha">'
    + "".join([f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10)])
    + "]>"
)


@recipe("J201", "XML that grows without measure", Target.LIMIT)
def laughs() -> Iterator[Made]:
    svg = _LAUGHS + '<svg xmlns="http://www.w3.org/2000/svg"><text>&b9;</text></svg>'
    yield "drawing", holding("logo.svg", svg.encode(), b"image/svg+xml")
    yield (
        "document",
        holding(
            "letter.docx", zipped({**_docx_parts(), "word/document.xml": (_LAUGHS + "<a>&b9;</a>").encode()})
        ),
    )
    yield (
        "properties",
        holding("letter.docx", docx(more={"docProps/core.xml": (_LAUGHS + "<a>&b9;</a>").encode()})),
    )
    yield "XML", holding("notes.xml", (_LAUGHS + "<a>&b9;</a>").encode(), b"text/xml")


def _docx_parts() -> dict[str, bytes]:
    return {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>"}


@recipe("J202", "a PDF that grows without measure", Target.LIMIT)
def pdf_bomb() -> Iterator[Made]:
    squeezer = zlib.compressobj(9)
    block = bytes(1 << 20)
    once = b"".join([squeezer.compress(block) for _ in range(100)]) + squeezer.flush()
    twice = stream(zlib.compress(once, 9), b"/Filter[/FlateDecode/FlateDecode]")
    yield "100 MB, twice compressed", holding("report.pdf", pdf(b"Minutes", twice), b"application/pdf")


@recipe("J203", "a ZIP archive that only claims to be encrypted", Target.EICAR, may_miss=True)
def false_flag() -> Iterator[Made]:
    sound = archive(replace(entry(b"agenda.dat", EICAR), flags=1))
    yield "both headers", holding("papers.zip", sound)
    yield "directory only", holding("papers.zip", _flags(sound, in_local=False))
    yield "local header only", holding("papers.zip", _flags(sound, in_local=True))
    yield (
        "stored",
        holding("papers.zip", archive(replace(entry(b"agenda.dat", EICAR, deflated=False), flags=1))),
    )


@recipe("J205", "a ZIP archive without its directory", Target.EICAR)
def no_directory() -> Iterator[Made]:
    item = local(entry(b"agenda.dat", EICAR))
    yield "local entry only", holding("papers.zip", item)
    yield "half a directory", holding("papers.zip", HIDDEN[:-30])
    yield "no end record", holding("papers.zip", HIDDEN[:-22])
    yield "as picture", holding("photo.png", item)
    yield "two entries", holding("papers.zip", local(entry(b"minutes.txt", HARMLESS)) + item)
    yield "spanned mark first", holding("papers.zip", b"PK\7\x08" + HIDDEN)
    yield "count zero", holding("papers.zip", HIDDEN[:-14] + bytes(4) + HIDDEN[-10:])


def tar(files: dict[str, bytes]) -> bytes:
    """A tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as target:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def gz(content: bytes, name: bytes = b"") -> bytes:
    """A gzip member that names its file."""
    sound = gzip.compress(content, mtime=0)
    return sound[:3] + b"\x08" + sound[4:10] + name + b"\0" + sound[10:] if name else sound


@recipe("J206", "other archives and compressed files", Target.EICAR)
def others() -> Iterator[Made]:
    inside = tar({"agenda.dat": EICAR})
    for name, content in {
        "papers.tar": inside,
        "papers.tar.gz": gz(inside),
        "papers.tar.bz2": bz2.compress(inside),
        "papers.tar.xz": lzma.compress(inside),
        "papers.lzma": lzma.compress(inside, lzma.FORMAT_ALONE),
        "agenda.gz": gz(EICAR),
        "agenda.bz2": bz2.compress(EICAR),
        "agenda.xz": lzma.compress(EICAR),
        "agenda.Z": lzw(EICAR),
    }.items():
        yield name, holding(name, content)
        if name.startswith("papers.tar") or name == "agenda.gz":
            yield f"{name}, as agenda.dat", holding("agenda.dat", content)
            yield f"{name}, no name", holding("", content)
    yield "named inside", holding("papers.gz", gz(EICAR, b"invoice.exe"))
    yield "named inside, other name", holding("papers.dat", gz(HARMLESS, b"invoice.exe"))
    yield "tar with a program's name", holding("papers.dat", tar({"invoice.exe": EICAR}))
    yield "tar in gzip in gzip", holding("papers.dat", gz(gz(inside)))


@recipe("J207", "gzip members one behind the other", Target.EICAR)
def members() -> Iterator[Made]:
    both = gz(HARMLESS) + gz(EICAR)
    yield "payload second", holding("papers.gz", both)
    yield "payload second, other name", holding("papers.dat", both)
    yield "half and half", holding("papers.gz", gz(EICAR[:30]) + gz(EICAR[30:]))
    yield "zeros between", holding("papers.gz", gz(HARMLESS) + bytes(512) + gz(EICAR))
    yield "bzip2", holding("papers.bz2", bz2.compress(HARMLESS) + bz2.compress(EICAR))
    yield "xz", holding("papers.xz", lzma.compress(HARMLESS) + lzma.compress(EICAR))
