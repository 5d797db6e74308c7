"""Messages for tests, written out as octets so that nothing between the test and the wire improves them."""

from __future__ import annotations

import base64
from pathlib import Path

# In two pieces, so that no scanner takes this file for the test virus itself.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()

# The beginning of a Windows program: a DOS header that points to a PE header. It does nothing.
PROGRAM = (
    b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8\x00\x00\x00\x00\x00\x00\x00@"
    + b"\x00" * 35
    + b"\x80\x00\x00\x00"
    + b"\x0e\x1f\xba\x0e\x00\xb4\t\xcd!\xb8\x01L\xcd!This program cannot be run in DOS mode.\r\r\n$"
    + b"\x00" * 7
    + b"PE\x00\x00L\x01\x01\x00"
    + b"\x00" * 240
)


def message(subject: str, body: str, *fields: str) -> bytes:
    """A plain text message; `fields` are further header fields, written out."""
    lines = [
        "From: Ann <ann@elsewhere.example>",
        "To: Bob <bob@school.example>",
        f"Subject: {subject}",
        "Date: Mon, 1 Jan 2024 09:00:00 +0000",
        "Message-ID: <1@elsewhere.example>",
        *fields,
        "",
        *body.splitlines(),
    ]
    return "".join([f"{line}\r\n" for line in lines]).encode()


def with_attachment(
    subject: str, content: bytes, filename: str, content_type: str = "application/octet-stream"
) -> bytes:
    """A message with one base64 attachment."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    top = message(
        subject,
        "",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="=_part"',
    )
    return (
        top
        + b"--=_part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease see the attachment.\r\n"
        + b"--=_part\r\n"
        + f'Content-Type: {content_type}; name="{filename}"\r\n'.encode()
        + f'Content-Disposition: attachment; filename="{filename}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"--=_part--\r\n"
    )


def write(folder: Path, name: str, content: bytes) -> Path:
    """Put a message into a file, for swaks and smtp-source."""
    file = folder / name
    file.write_bytes(content)
    return file


def body_of(octets: bytes) -> bytes:
    """What stands behind the fields that Postern added: from the sender's first field on.

    The messages here all begin with a From field, which nobody on the way adds."""
    start = octets.find(b"\nFrom: Ann <ann@elsewhere.example>") + 1
    assert start > 0, f"the sender's first field is missing: {octets[:500]!r}"
    return octets[start:]
