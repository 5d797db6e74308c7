"""Class G: messages within messages, signed and encrypted ones, and content that is kept elsewhere or sent in parts."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from tests.support.evasion.build import (
    ATTACHED,
    BASE64,
    CRLF,
    FILE,
    HARMLESS,
    MIME,
    MIXED,
    OCTETS,
    PART,
    PAYLOAD,
    PLAIN,
    QP,
    TEXT,
    attached,
    b64,
    cte,
    entity,
    lines,
    message,
    mixed,
    nested,
    parts,
    quoted,
    uuencoded,
    with_lf,
)
from tests.support.evasion.recipe import Made, Target, recipe

INNER = mixed(PART).replace(b"foo", b"inner")
RFC822 = b"Content-Type: message/rfc822"
MBOX = b"From ann Mon Jan  1 09:00:00 2024\n"


@recipe("G133", "an attached message with a transfer encoding", Target.EICAR)
def encoded_message() -> Iterator[Made]:
    yield "base64", attached([RFC822, BASE64], b64(INNER))
    yield "quoted-printable", attached([RFC822, QP], quoted(INNER))
    yield "base64, LF within", attached([RFC822, BASE64], b64(with_lf(INNER)))
    yield "base64, text within", attached([RFC822, BASE64], b64(message([MIME, PLAIN, BASE64], PAYLOAD)))
    yield "base64, no fields within", attached([RFC822, BASE64], b64(CRLF + PAYLOAD))
    yield "declared only", attached([RFC822, BASE64], INNER)
    yield "twice", attached([RFC822, BASE64], b64(attached([RFC822, BASE64], b64(INNER))))
    uu = lines(b"begin 644 x.eml", *uuencoded(INNER), b"`", b"end")
    yield "uuencoded", attached([RFC822, *cte(b"x-uuencode")], uu)
    yield "unknown", attached([RFC822, *cte(b"x-unknown")], b64(INNER))
    yield "alone", message([MIME, RFC822, BASE64], b64(INNER))
    yield "alone, not encoded", message([MIME, RFC822], INNER)
    yield "LF", with_lf(attached([RFC822, BASE64], b64(INNER)))


@recipe("G134", "an attached message under another type", Target.EICAR, may_miss=["mailbox, second message"])
def other_types() -> Iterator[Made]:
    name = b"Content-Disposition: attachment; filename="
    yield "global", attached([b"Content-Type: message/global"], INNER)
    yield "global, base64", attached([b"Content-Type: message/global", BASE64], b64(INNER))
    yield "octets, .eml", attached([OCTETS, name + b"x.eml", BASE64], b64(INNER))
    for value in (
        b"message/news",
        b"message/x-rfc822",
        b"message",
        b"message/RFC822",
        b"message/http",
        b"message/s-http",
    ):
        yield value.decode(), attached([b"Content-Type: " + value], INNER)
    for file in (b"x.EML", b"x.msg", b"x.txt", b"x.dat", b"x.mbox", b"x.emlx", b"x"):
        yield f"octets, {file.decode()}", attached([OCTETS, name + file, BASE64], b64(INNER))
    yield "octets, no name", attached([OCTETS, BASE64], b64(INNER))
    yield "octets, plain", attached([OCTETS], INNER)
    yield "text, .eml", attached([PLAIN, name + b"x.eml"], INNER)
    yield "mailbox", attached([OCTETS, BASE64], b64(b"From ann Mon Jan  1 09:00:00 2024\r\n" + INNER))
    yield (
        "mailbox, second message",
        attached(
            [b"Content-Type: application/mbox", BASE64],
            b64(MBOX + with_lf(message([PLAIN], HARMLESS)) + b"\n" + MBOX + with_lf(INNER)),
        ),
    )
    yield (
        "type in the disposition",
        attached([b"Content-Type: application/x-message", ATTACHED, BASE64], b64(INNER)),
    )


@recipe("G135", "messages within messages", Target.EICAR)
def deep() -> Iterator[Made]:
    for levels in (5, 40, 60, 300):
        whole = message([MIME, PLAIN, BASE64], PAYLOAD)
        for _ in range(levels):
            whole = message([MIME, RFC822], whole)
        yield f"{levels} levels", whole
    whole = INNER
    for number in range(30):
        whole = parts(TEXT, entity([RFC822], whole), delimiter=b"--level%d" % number)
        whole = message([MIME, b"Content-Type: multipart/mixed; boundary=level%d" % number], whole)
    yield "30 levels with multiparts", whole
    whole = message([MIME, PLAIN, BASE64], PAYLOAD)
    for _ in range(6):
        whole = message([MIME, RFC822, BASE64], b64(whole))
    yield "6 levels of base64", whole
    for _ in range(6):
        whole = message([MIME, RFC822, BASE64], b64(whole))
    yield "12 levels of base64", whole


@recipe("G137", "content that is elsewhere, or that comes in parts", Target.POLICY)
def elsewhere() -> Iterator[Made]:
    kind = b"Content-Type: message/external-body; "
    inner = lines(OCTETS, b"Content-ID: <a@b>", b"")
    for name, parameters in {
        "URL": b'access-type=URL; URL="http://host.invalid/agenda"',
        "FTP": b'access-type=ftp; site="host.invalid"; name="agenda"; directory="/"',
        "anonymous FTP": b'access-type=anon-ftp; site="host.invalid"; name="agenda"',
        "local file": b'access-type=local-file; name="//host.invalid/agenda"',
        "mail server": b'access-type=mail-server; server="list@host.invalid"',
        "content": b"access-type=content-id",
        "no access type": b"name=agenda",
        "other case": b"ACCESS-TYPE=url; Url=http://host.invalid/agenda",
    }.items():
        yield name, attached([kind + parameters], inner)
    url = b'access-type=URL; URL="http://host.invalid/agenda"'
    yield "alone", message([MIME, kind + url], inner)
    yield "nested", nested(attached([kind + url], inner))
    yield "base64", attached([kind + url, BASE64], b64(inner))
    yield "twice typed", attached([PLAIN, kind + url], inner)
    yield "twice typed, text last", attached([kind + url, PLAIN], inner)
    partial = b'Content-Type: message/partial; id="a@host"; '
    yield "first part", message([MIME, partial + b"number=1; total=2"], INNER[: len(INNER) // 2] + CRLF)
    yield "last part", message([MIME, partial + b"number=2; total=2"], INNER[len(INNER) // 2 :])
    yield "no total", message([MIME, partial + b"number=1"], INNER[:300] + CRLF)
    yield "part in a part", attached([partial + b"number=1; total=2"], INNER[:300] + CRLF)


@recipe("G138", "a report on delivery with the message", Target.EICAR)
def report() -> Iterator[Made]:
    kind = b"Content-Type: multipart/report; report-type=delivery-status; boundary=foo"
    status = entity(
        [b"Content-Type: message/delivery-status"],
        b"Reporting-MTA: dns; host.invalid\r\n\r\n"
        b"Final-Recipient: rfc822; a@host.invalid\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n",
    )
    for name, (fields, body) in {
        "whole message": ([RFC822], INNER),
        "header only, but with a body": ([b"Content-Type: text/rfc822-headers"], INNER),
        "base64": ([RFC822, BASE64], b64(INNER)),
        "global": ([b"Content-Type: message/global"], INNER),
        "global headers": ([b"Content-Type: message/global-headers"], INNER),
        "text": ([PLAIN], INNER),
    }.items():
        yield name, message([MIME, kind], parts(TEXT, status, entity(fields, body)))
    hidden = entity([b"Content-Type: message/delivery-status", BASE64], PAYLOAD)
    yield "status is the payload", message([MIME, kind], parts(TEXT, hidden))
    yield (
        "notification of disposition",
        message(
            [MIME, kind.replace(b"delivery-status", b"disposition-notification")],
            parts(
                TEXT, status.replace(b"delivery-status", b"disposition-notification"), entity([RFC822], INNER)
            ),
        ),
    )
    yield (
        "status declared, message inside",
        message([MIME, kind], parts(TEXT, entity([b"Content-Type: message/delivery-status"], INNER))),
    )
    yield "in a plain mixed", mixed(status, entity([RFC822], INNER))


def tlv(tag: int, *contents: bytes) -> bytes:
    """A value in DER."""
    content = b"".join(contents)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def endless(tag: int, *contents: bytes) -> bytes:
    """A value in BER of indefinite length."""
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"


_PKCS7 = bytes.fromhex("2a864886f70d0107")
_COMPRESSED = tlv(6, bytes.fromhex("2a864886f70d0109100109"))
_DATA, _SIGNED, _ENVELOPED = (tlv(6, _PKCS7 + bytes([kind])) for kind in (1, 2, 3))
_SHA256 = tlv(0x30, tlv(6, bytes.fromhex("608648016503040201")))
_VERSION = tlv(2, b"\1")


def signed(content: bytes, *, kind: bytes = _DATA) -> bytes:
    """Signed data (RFC 5652) around `content`, without signers."""
    inside = tlv(0x30, kind, tlv(0xA0, tlv(4, content)))
    data = tlv(0x30, _VERSION, tlv(0x31, _SHA256), inside, tlv(0x31))
    return tlv(0x30, _SIGNED, tlv(0xA0, data))


def signed_in_pieces(content: bytes, size: int) -> bytes:
    """The same in BER, `content` in pieces of `size` octets."""
    pieces = [tlv(4, content[at : at + size]) for at in range(0, len(content), size)]
    inside = endless(0x30, _DATA, endless(0xA0, endless(0x24, *pieces)))
    data = endless(0x30, _VERSION, tlv(0x31, _SHA256), inside, tlv(0x31))
    return endless(0x30, _SIGNED, endless(0xA0, data))


@recipe("G139", "a signed message that hides its content", Target.EICAR)
def opaque_signed() -> Iterator[Made]:
    content = INNER[INNER.index(MIME) :]
    whole = b64(signed(content))
    kinds = {
        "pkcs7-mime": b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "x-pkcs7-mime": b"application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "no smime-type": b"application/pkcs7-mime; name=smime.p7m",
        "smime-type of certificates": b"application/pkcs7-mime; smime-type=certs-only; name=smime.p7c",
        "octets with the name": b"application/octet-stream; name=smime.p7m",
        "octets": b"application/octet-stream",
        "pkcs7-signature": b"application/pkcs7-signature; name=smime.p7s",
        "text": b"text/plain",
        "cms": b"application/cms; name=smime.cms",
        "no name": b"application/pkcs7-mime",
    }
    for name, value in kinds.items():
        yield name, attached([b"Content-Type: " + value, BASE64], whole)
    kind = b"Content-Type: " + kinds["pkcs7-mime"]
    yield "alone", message([MIME, kind, BASE64], whole)
    yield "nested", nested(message([MIME, kind, BASE64], whole))
    yield "in pieces", message([MIME, kind, BASE64], b64(signed_in_pieces(content, 1_000)))
    yield "in small pieces", message([MIME, kind, BASE64], b64(signed_in_pieces(content, 7)))
    yield (
        "signed twice",
        message([MIME, kind, BASE64], b64(signed(lines(kind, BASE64, b"") + b64(signed(content))))),
    )
    yield "payload itself", message([MIME, kind, BASE64], b64(signed(entity([PLAIN, BASE64], PAYLOAD))))
    yield "binary", message([MIME, kind, *cte(b"binary")], signed(content) + CRLF)
    zlib_used = tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d0109100308")))
    packed = tlv(0x30, _DATA, tlv(0xA0, tlv(4, zlib.compress(content))))
    squeezed = tlv(0x30, tlv(2, b"\0"), zlib_used, packed)
    compressed = tlv(0x30, _COMPRESSED, tlv(0xA0, squeezed))
    yield (
        "compressed",
        message([MIME, kind.replace(b"signed-data", b"compressed-data"), BASE64], b64(compressed)),
    )
    sealed = tlv(0x30, _DATA, tlv(0x80, bytes(64)))
    enveloped = tlv(0x30, _ENVELOPED, tlv(0xA0, tlv(0x30, tlv(2, b"\0"), tlv(0x31), sealed)))
    yield (
        "encrypted",
        message([MIME, kind.replace(b"signed-data", b"enveloped-data"), BASE64], b64(enveloped)),
    )
    clear = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=foo'
    signature = entity(
        [b"Content-Type: application/pkcs7-signature; name=smime.p7s", BASE64], b64(signed(b""))
    )
    yield "in the clear", message([MIME, clear], parts(PART, signature))
    yield (
        "in the clear, payload as signature",
        message(
            [MIME, clear],
            parts(
                TEXT, entity([b"Content-Type: application/pkcs7-signature; name=smime.p7s", BASE64], PAYLOAD)
            ),
        ),
    )
    yield (
        "beside a text",
        message([MIME, MIXED], parts(TEXT, entity([kind, BASE64], whole), entity([*FILE], HARMLESS))),
    )
