"""Messages put together octet by octet, so that nothing between a recipe and the wire corrects them.

Fields are octets without their line ending. An entity is a header, an empty line and a body; a body ends with its
line ending, as the delimiter behind it wants.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.support.evasion.recipe import Made
from tests.support.messages import EICAR, PROGRAM

__all__ = ["EICAR", "PROGRAM"]

CRLF = b"\r\n"
CANARY = "wombatflute"
HARMLESS = b"Minutes of the last meeting, and nothing else.\r\n"

MIME = b"MIME-Version: 1.0"
MIXED = b"Content-Type: multipart/mixed; boundary=foo"
OCTETS = b"Content-Type: application/octet-stream"
ATTACHED = b"Content-Disposition: attachment; filename=agenda.dat"
PLAIN = b"Content-Type: text/plain"
BASE64 = b"Content-Transfer-Encoding: base64"
QP = b"Content-Transfer-Encoding: quoted-printable"
FILE = (OCTETS, ATTACHED)  # the fields of a payload: neither type nor name give it away

Fields = Sequence[bytes]


def lines(*octets: bytes) -> bytes:
    """The lines, each with CRLF."""
    return b"".join([line + CRLF for line in octets])


def b64(data: bytes, width: int = 76) -> bytes:
    """Base64 in lines of `width` characters."""
    text = base64.b64encode(data)
    return lines(*[text[at : at + width] for at in range(0, len(text), width)])


def quoted(data: bytes) -> bytes:
    """Quoted-printable with every octet escaped, in short lines that all but the last end softly."""
    escaped = [b"".join([b"=%02X" % octet for octet in data[at : at + 20]]) for at in range(0, len(data), 20)]
    return b"=\r\n".join(escaped) + CRLF


def uuencoded(data: bytes) -> list[bytes]:
    """The lines of uuencoded data, without those of begin and end."""
    return [binascii.b2a_uu(data[at : at + 45]).rstrip(b"\n") for at in range(0, len(data), 45)]


PAYLOAD = b64(EICAR)


def entity(fields: Fields, body: bytes) -> bytes:
    """A part, or the end of a message."""
    return lines(*fields) + CRLF + body


TEXT = entity([PLAIN], b"Please see the attached file.\r\n")
PART = entity([*FILE, BASE64], PAYLOAD)  # the payload as an honest attachment


def envelope(subject: bytes = b"Papers for Monday") -> tuple[bytes, ...]:
    """The fields that every message begins with."""
    return (
        b"From: Ann <ann@elsewhere.example>",
        b"To: Bob <bob@school.example>",
        b"Subject: " + subject,
        b"Date: Mon, 1 Jan 2024 09:00:00 +0000",
        b"Message-ID: <1@elsewhere.example>",
    )


def message(fields: Fields, body: bytes, *, subject: bytes = b"Papers for Monday") -> bytes:
    """A message with these fields below the usual ones."""
    return entity([*envelope(subject), *fields], body)


def parts(*entities: bytes, delimiter: bytes = b"--foo", close: bytes | None = None) -> bytes:
    """The body of a multipart; `close` is the close delimiter (default: the delimiter and two hyphens, "" for none)."""
    last = delimiter + b"--" if close is None else close
    return b"".join([delimiter + CRLF + item for item in entities]) + (lines(last) if last else b"")


def mixed(*entities: bytes, fields: Fields = (MIME, MIXED)) -> bytes:
    """A multipart/mixed of a text and `entities`."""
    return message(fields, parts(TEXT, *entities))


def attached(fields: Fields, body: bytes) -> bytes:
    """A message with a text and one more part."""
    return mixed(entity(fields, body))


def structured(content_type: bytes, body: bytes) -> bytes:
    """A message of that Content-Type field, with that body."""
    return message([MIME, content_type], body)


def nested(inner: bytes) -> bytes:
    """A message with the message `inner` attached."""
    return attached([b"Content-Type: message/rfc822"], inner)


def with_lf(octets: bytes) -> bytes:
    """The same with line endings of LF alone."""
    return octets.replace(CRLF, b"\n")


def everywhere(name: str, extra: Fields, body: bytes) -> Iterator[Made]:
    """A leaf with the fields `extra`: attached as a file and as text, as the whole message, in an attached message,
    and with line endings of LF."""
    yield name, attached([*FILE, *extra], body)
    yield f"{name}, as text", attached([PLAIN, *extra], body)
    yield f"{name}, alone", message([MIME, OCTETS, *extra], body)
    yield f"{name}, nested", nested(attached([*FILE, *extra], body))
    yield f"{name}, LF", with_lf(attached([*FILE, *extra], body))


def leaves(table: Mapping[str, Fields], body: bytes = PAYLOAD) -> Iterator[Made]:
    """A message for each entry of `table`: the fields of a leaf with that body. The first goes everywhere."""
    for number, (name, extra) in enumerate(table.items()):
        if number:
            yield name, attached([*FILE, *extra], body)
        else:
            yield from everywhere(name, extra, body)


def bodies(table: Mapping[str, bytes], encoding: bytes) -> Iterator[Made]:
    """A message for each entry of `table`: the encoded body of a leaf. The first goes everywhere."""
    for number, (name, body) in enumerate(table.items()):
        if number:
            yield name, attached([*FILE, encoding], body)
            yield f"{name}, as text", attached([PLAIN, encoding], body)
        else:
            yield from everywhere(name, [encoding], body)


def structures(table: Mapping[str, tuple[bytes, bytes]]) -> Iterator[Made]:
    """A message for each entry of `table`: Content-Type field and body. The first also nested and with LF."""
    for number, (name, (content_type, body)) in enumerate(table.items()):
        made = structured(content_type, body)
        yield name, made
        if not number:
            yield f"{name}, nested", nested(made)
            yield f"{name}, LF", with_lf(made)


def boundaries(table: Mapping[str, tuple[bytes, bytes]]) -> Iterator[Made]:
    """A message for each entry of `table`: the parameters behind "multipart/mixed", and the boundary in use."""
    yield from structures(
        {
            name: (b"Content-Type: multipart/mixed" + parameters, parts(TEXT, PART, delimiter=b"--" + used))
            for name, (parameters, used) in table.items()
        }
    )


def field(name: bytes, values: Iterable[bytes]) -> list[bytes]:
    """The field once with each value."""
    return [name + b": " + value for value in values]


def cte(*values: bytes) -> list[bytes]:
    """Content-Transfer-Encoding fields with these values."""
    return field(b"Content-Transfer-Encoding", values)
