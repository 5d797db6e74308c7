"""Files in calendar objects and business cards."""

from __future__ import annotations

import base64

import pytest

from gateway.mime.enclosed.calendar import attached
from gateway.mime.enclosed.finder import find

CONTENT = b"MZ\x90\0 a file"
ENCODED = base64.b64encode(CONTENT)
FILE = b"ATTACH;ENCODING=BASE64;VALUE=BINARY"


def event(*lines: bytes) -> bytes:
    return b"\r\n".join([b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", *lines, b"END:VEVENT", b"END:VCALENDAR", b""])


def found(data: bytes) -> list[tuple[tuple[str, ...], bytes]]:
    return [(one.filenames, b"".join(one.chunks)) for one in attached(data)]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (FILE + b":" + ENCODED, ()),
        (FILE + b';X-FILENAME="invoice.exe":' + ENCODED, ("invoice.exe",)),
        (FILE + b';X-A="a:b;c";FILENAME=invoice.exe:' + ENCODED, ("invoice.exe",)),
        (FILE.lower() + b":" + ENCODED[:5] + b"\r\n " + ENCODED[5:], ()),
        (b"PHOTO;ENCODING=b;TYPE=JPEG:" + ENCODED, ()),
        (b"ATTACH;FMTTYPE=a/b:data:a/b;base64," + ENCODED, ()),
        (b"ATTACH;FMTTYPE=a/b:data:a/b,MZ%90%00 a file", ()),
    ],
)
def test_files(line: bytes, names: tuple[str, ...]) -> None:
    assert found(event(b"SUMMARY:x", line)) == [(names, CONTENT)]
    assert found(event(line).replace(b"\r\n", b"\n")) == [(names, CONTENT)]


@pytest.mark.parametrize(
    "line", [b"ATTACH:https://files.example/a", b"SUMMARY:ENCODING=BASE64", b"DTSTART;TZID=x:1"]
)
def test_lines_without_one(line: bytes) -> None:
    assert found(event(line)) == []


def test_only_in_such_an_object() -> None:
    assert found(FILE + b":" + ENCODED) == []


def test_too_many_are_told() -> None:
    *files, last = attached(event(*[FILE + b":" + ENCODED] * 501))
    assert len(files) == 500
    assert (last.kind, [one.name for one in last.deviations]) == ("unread", ["enclosed-too-many"])


def test_the_finder_looks_for_them() -> None:
    (one,) = find(event(FILE + b":" + ENCODED), "text/calendar", ())
    assert (one.kind, b"".join(one.chunks)) == ("calendar", CONTENT)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", [b"A;B=", b'A;B="x', b"A;B=C:", b";", b"A;ENCODING=B:QUJD\r\n"])
def test_hostile_repetition(piece: bytes) -> None:
    data = b"BEGIN:VCARD\r\n" + piece * (1_000_000 // len(piece))
    assert sum(len(b"".join(one.chunks)) for one in attached(data)) <= len(data)
