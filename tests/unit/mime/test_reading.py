"""What a header says about its body."""

from __future__ import annotations

import pytest

from gateway.mime.header import Field, Header
from gateway.mime.limits import Limits
from gateway.mime.reading import Reading, interpret


def read(*lines: bytes, default_type: str = "text/plain", limits: Limits | None = None) -> Reading:
    """The reading of a header that has these lines."""
    fields = []
    for line in lines:
        name, _, value = line.partition(b":")
        fields.append(Field(name.decode().lower(), value.strip(), 0, 0))
    return interpret(Header(tuple(fields)), default_type, limits or Limits())


def names(reading: Reading) -> list[str]:
    return [deviation.name for deviation in reading.deviations]


def test_nothing_said() -> None:
    assert read(b"Subject: x") == Reading("text/plain")
    assert read(default_type="message/rfc822").content_type == "message/rfc822"


@pytest.mark.parametrize(
    ("value", "content_type", "deviations"),
    [
        (b"TEXT/Html", "text/html", []),
        (b"text/plain; charset=x", "text/plain", []),
        (b"", "text/plain", []),
        (b"text", "text/plain", ["content-type-invalid"]),
        (b"text/html/xml", "text/plain", ["content-type-invalid"]),
        (b"multipart", "multipart/mixed", ["content-type-invalid"]),
        (b"multipart/", "multipart/mixed", ["content-type-invalid"]),
        (b"multi\\part/mixed", "multipart/mixed", ["content-type-invalid"]),
        (b"() text/html", "text/html", ["comment-in-value"]),
        (b"tex()t/html", "text/html", ["comment-in-value"]),
        (b"text/html()", "text/html", []),
        (b"=?UTF-8?B?bXVsdGlwYXJ0?=/mixed; boundary=x", "multipart/mixed", ["encoded-word-in-field"]),
        (b": text/html", "text/html", []),
        (b"x-multipart/mixed; boundary=x", "multipart/mixed", ["unknown-multipart"]),
        (b"text/plain; boundary=x", "text/plain", ["boundary-on-leaf"]),
    ],
)
def test_types(value: bytes, content_type: str, deviations: list[str]) -> None:
    reading = read(b"Content-Type: " + value)
    assert reading.content_type == content_type
    assert names(reading) == deviations


def test_composite() -> None:
    assert Reading("multipart/x").composite
    assert Reading("multipart/x").multipart
    assert Reading("message/rfc822").composite
    assert not Reading("message/rfc822").multipart
    assert not Reading("message/delivery-status").composite


@pytest.mark.parametrize(
    ("value", "encoding", "deviations"),
    [
        (b"7bit", "identity", []),
        (b"8BIT", "identity", []),
        (b"binary", "identity", []),
        (b"", "identity", []),
        (b"Base64", "base64", []),
        (b"base64;", "base64", []),
        (b"base64 (comment)", "base64", ["encoding-malformed"]),
        (b"quoted-printable", "quoted-printable", []),
        (b"x-uue", "x-uuencode", []),
        (b"7-bit", "identity", []),
        (b"x-base64", "base64", ["encoding-malformed"]),
        (b'"base64"', "base64", ["encoding-malformed"]),
        (b"base\\64", "base64", ["encoding-malformed"]),
        (b"base\x0064", "base64", ["encoding-malformed"]),
        (b": base64", "base64", ["encoding-malformed"]),
        (b"=?utf-8?B?YmFzZTY0?=", "base64", ["encoded-word-in-field"]),
        (b"b64", "identity", ["encoding-unknown"]),
        (b"x-yencode", "identity", []),
        (b"x-unheard-of", "identity", ["encoding-unknown"]),
    ],
)
def test_encodings(value: bytes, encoding: str, deviations: list[str]) -> None:
    reading = read(b"Content-Transfer-Encoding: " + value)
    assert reading.encoding == encoding
    assert names(reading) == deviations


class TestRepeatedFields:
    """Fields that may stand once but stand twice."""

    @pytest.mark.parametrize("values", [(b"base64", b"7bit"), (b"7bit", b"base64")])
    def test_encodings_differ(self, values: tuple[bytes, bytes]) -> None:
        reading = read(*[b"Content-Transfer-Encoding: " + value for value in values])
        assert reading.encoding == "base64"
        assert names(reading) == ["duplicate-field"]

    def test_encodings_agree(self) -> None:
        reading = read(b"Content-Transfer-Encoding: 7bit", b"Content-Transfer-Encoding: 8bit")
        assert names(reading) == []

    @pytest.mark.parametrize("order", [1, -1])
    def test_a_composite_type_goes_before_a_leaf(self, order: int) -> None:
        lines = [b"Content-Type: text/plain; name=a", b"Content-Type: multipart/mixed; boundary=foo; name=b"]
        reading = read(*lines[::order])
        assert reading.content_type == "multipart/mixed"
        assert reading.boundaries == (b"foo",)
        assert set(reading.filenames) == {"a", "b"}
        assert "duplicate-field" in names(reading)

    def test_else_the_first_type(self) -> None:
        assert read(b"Content-Type: text/html", b"Content-Type: image/png").content_type == "text/html"

    def test_dispositions(self) -> None:
        reading = read(
            b"Content-Disposition: inline; filename=a", b"Content-Disposition: attachment; filename=b"
        )
        assert (reading.disposition, reading.filenames) == ("inline", ("a", "b"))

    def test_the_same_twice_is_no_matter(self) -> None:
        assert names(read(b"Content-Type: text/html", b"Content-Type: text/html")) == []


@pytest.mark.parametrize(
    ("parameters", "boundaries", "deviations"),
    [
        (b"boundary=foo", (b"foo",), []),
        (b'boundary="foo bar "', (b"foo bar",), []),
        (b"boundary=foo; boundary=bar", (b"foo", b"bar"), ["boundary-ambiguous"]),
        (b"boundary=fo o", (b"fo o", b"fo"), ["junk-in-parameter", "boundary-ambiguous"]),
        (b"boundary*=''%66oo", (b"foo",), []),
        (b"boundary*=utf-16be''%00f%00o%00o", (b"foo",), []),
        (b'boundary="=?us-ascii?Q?foo?="', (b"=?us-ascii?Q?foo?=", b"foo"), None),
        (b"boundary=boundary=foo", (b"boundary=foo", b"foo", b"boundary"), ["boundary-ambiguous"]),
        (b'boundary=""', (b"",), ["boundary-length"]),
        (b"x=y", (), []),
    ],
)
def test_boundaries(parameters: bytes, boundaries: tuple[bytes, ...], deviations: list[str] | None) -> None:
    reading = read(b"Content-Type: multipart/mixed; " + parameters)
    assert reading.boundaries == boundaries
    assert deviations is None or names(reading) == deviations


@pytest.mark.parametrize(
    ("parameters", "charset", "deviations"),
    [
        (b"charset=UTF-8", "utf-8", []),
        (b'charset="utf-8"', "utf-8", []),
        (b"charset='utf-8'", "utf-8", []),
        (b"charset=us-ascii (plain)", "us-ascii", []),
        (b"charset*=''utf-8", "utf-8", []),
        (b"charset=utf-8; charset=utf8", "utf-8", []),
        (b"charset=utf-7; charset=utf-8", "utf-7", ["charset-ambiguous"]),
        (b"charset=nonsense", "nonsense", []),
        (b"charset=nonsense; charset=utf-8", "utf-8", []),
        (b"charset=", None, []),
        (b"x=y", None, []),
    ],
)
def test_charsets(parameters: bytes, charset: str | None, deviations: list[str]) -> None:
    reading = read(b"Content-Type: text/plain; " + parameters)
    assert next(iter(reading.charsets), None) == charset
    assert names(reading) == deviations


class TestFilenames:
    """Every candidate is kept, the most trusted first."""

    @pytest.mark.parametrize(
        ("disposition", "filenames"),
        [
            (b"filename=a.exe", ("a.exe",)),
            (
                b'filename="=?us-ascii?B?aW52b2ljZS5leGU=?="',
                ("invoice.exe", "=?us-ascii?B?aW52b2ljZS5leGU=?="),
            ),
            (b"filename=a.png; filename*=utf-8''b.exe", ("b.exe", "a.png")),
            (b"filename*=utf-8''b.exe; filename=a.png", ("b.exe", "a.png")),
            (b"filename=a.png; filename=b.exe", ("a.png", "b.exe")),
            (b"filename=my file (1).pdf", ("my file (1).pdf", "my file .pdf", "my")),
            (b"filename*0=invoi; filename*1=ce.e; filename*2=xe", ("invoice.exe",)),
            (b'filename="caf\xc3\xa9.doc"', ("café.doc",)),
            (b'filename="caf\xe9.doc"', ("café.doc",)),
            (b"filename*=iso-8859-1''caf%E9.doc", ("café.doc",)),
            (b"filename=", ()),
            (b'filename=" a.exe "', ("a.exe",)),
        ],
    )
    def test_disposition(self, disposition: bytes, filenames: tuple[str, ...]) -> None:
        reading = read(b"Content-Disposition: attachment; " + disposition)
        assert reading.disposition == "attachment"
        assert reading.filenames == filenames

    def test_disposition_goes_before_type(self) -> None:
        reading = read(b"Content-Type: a/b; name=x.png", b"Content-Disposition: attachment; filename=y.exe")
        assert reading.filenames == ("y.exe", "x.png")
        assert names(reading) == ["filename-ambiguous"]

    def test_the_same_name_twice_is_one(self) -> None:
        reading = read(b"Content-Type: a/b; name=x.png", b'Content-Disposition: inline; filename="x.png"')
        assert reading.filenames == ("x.png",)
        assert names(reading) == []

    def test_there_is_a_limit_that_keeps_first_and_last(self) -> None:
        many = b"".join([b"; filename=f%d" % number for number in range(50)])
        reading = read(b"Content-Disposition: attachment" + many, limits=Limits(filenames=4))
        assert reading.filenames == ("f0", "f1", "f48", "f49")
        assert "too-many-filenames" in names(reading)


def test_field_longer_than_the_limit() -> None:
    reading = read(b"Content-Type: text/html; x=" + b"y" * 100 + b"; name=z", limits=Limits(field_octets=60))
    assert reading.content_type == "text/html"
    assert names(reading) == ["field-too-long"]


def test_boundary_longer_than_the_limit() -> None:
    reading = read(b"Content-Type: multipart/mixed; boundary=abcdef", limits=Limits(boundary_octets=3))
    assert reading.boundaries == ()
    assert names(reading) == ["boundary-too-long"]


def test_more_boundaries_than_the_limit() -> None:
    many = b"".join([b"; boundary=b%d" % number for number in range(9)])
    reading = read(b"Content-Type: multipart/mixed" + many)
    assert reading.boundaries == tuple([b"b%d" % number for number in range(8)])
    assert "too-many-boundaries" in names(reading)
    assert "too-many-boundaries" not in names(
        read(b"Content-Type: multipart/mixed" + many[: -len("; boundary=b8")])
    )


def test_a_file_name_in_500_sections_is_within_the_limit() -> None:
    sections = (
        b"".join([b"; filename*%d=aaaaaaaa" % number for number in range(500)]) + b"; filename*500=.exe"
    )
    reading = read(b"Content-Disposition: attachment" + sections)
    assert reading.filenames == ("a" * 4_000 + ".exe",)
    assert names(reading) == []
