"""The other readings of a header: repeated fields and parameters, first and last, and how they combine."""

from __future__ import annotations

import pytest

from gateway.mime.header import Field, Header
from gateway.mime.limits import Limits
from gateway.mime.reading import Reading, interpret

MULTIPART = b"Content-Type: multipart/mixed; boundary=foo"
HTML = b"Content-Type: text/html"


def read(*lines: bytes, odd: bool = False, limits: Limits | None = None) -> Reading:
    """The reading of a header that has these lines; `odd`: their names are not well-formed."""
    fields = []
    for line in lines:
        name, _, value = line.partition(b":")
        fields.append(Field(name.decode().lower(), value.strip(), 0, 0, odd))
    return interpret(Header(tuple(fields)), "text/plain", limits or Limits())


def views(reading: Reading) -> list[str]:
    return [view for view, _ in reading.others]


def names(reading: Reading) -> list[str]:
    return [deviation.name for deviation in reading.deviations]


class TestTypes:
    """Repeated Content-Type fields."""

    @pytest.mark.parametrize("order", [1, -1])
    def test_a_leaf_and_a_multipart(self, order: int) -> None:
        reading = read(*[HTML, MULTIPART][::order])
        assert (reading.content_type, reading.boundaries) == ("multipart/mixed", (b"foo",))
        assert views(reading) == ["type text/html"]
        other = reading.others[0][1]
        assert (other.content_type, other.boundaries) == ("text/html", ())

    def test_two_leaves(self) -> None:
        reading = read(HTML, b"Content-Type: image/png", b"Content-Type: a/b")
        assert reading.content_type == "text/html"
        assert views(reading) == ["type image/png", "type a/b"]

    @pytest.mark.parametrize("order", [1, -1])
    def test_two_multiparts(self, order: int) -> None:
        lines = [MULTIPART, b"Content-Type: multipart/related; boundary=bar"]
        reading = read(*lines[::order])
        others = {other.boundaries: other.content_type for _, other in reading.others}
        found = {reading.boundaries: reading.content_type, **others}
        assert found == {(b"foo",): "multipart/mixed", (b"bar",): "multipart/related"}

    def test_a_multipart_and_a_message(self) -> None:
        reading = read(b"Content-Type: message/rfc822", MULTIPART)
        assert reading.content_type == "message/rfc822"
        assert views(reading) == ["type multipart/mixed"]

    def test_the_same_twice(self) -> None:
        assert not read(HTML, HTML).others
        assert not read(MULTIPART, MULTIPART).others

    def test_an_empty_one(self) -> None:
        reading = read(b"Content-Type:", HTML)
        assert {reading.content_type, *[other.content_type for _, other in reading.others]} == {
            "text/plain",
            "text/html",
        }

    @pytest.mark.parametrize("line", [HTML, MULTIPART])
    def test_a_name_that_some_readers_do_not_accept(self, line: bytes) -> None:
        reading = read(line, odd=True)
        assert reading.content_type != "text/plain"
        assert "text/plain" in [other.content_type for _, other in reading.others]

    @pytest.mark.parametrize(
        "value",
        [
            b"multipart",
            b"multi\\part/mixed; boundary=foo",
            b"=?utf-8?q?multipart?=/mixed; boundary=foo",
            b"x-multipart/mixed; boundary=foo",
            b"multipart/mixed",
        ],
    )
    def test_a_multipart_that_is_none_to_some_readers(self, value: bytes) -> None:
        reading = read(b"Content-Type: " + value)
        assert reading.content_type.startswith("multipart/")
        assert "type text/plain" in views(reading)

    def test_a_leaf_that_is_a_multipart_to_some_readers(self) -> None:
        reading = read(b"Content-Type: text/plain; boundary=foo")
        assert reading.content_type == "text/plain"
        assert [(view, other.boundaries) for view, other in reading.others] == [
            ("type multipart/mixed", (b"foo",))
        ]

    @pytest.mark.parametrize(
        "line",
        [
            MULTIPART,
            HTML,
            b"Content-Type: text/plain; charset=x; format=flowed",
            b'Content-Type: a/b; name="c.d"',
            b'Content-Type: multipart/alternative; boundary="----=_Part_1 (2)"; charset=utf-8',
            b"Content-Type: message/rfc822; name=x",
            b"Content-Transfer-Encoding: 7bit",
            b"Content-Disposition: attachment; filename=a; filename=b",
        ],
    )
    def test_ordinary_fields_are_read_in_one_way(self, line: bytes) -> None:
        assert read(line).others == ()


class TestBoundaries:
    """A boundary that can be read in several ways."""

    @pytest.mark.parametrize(
        ("parameters", "boundaries"),
        [
            (b"boundary=foo; boundary=bar", [b"foo", b"bar"]),
            (b"boundary=bar; boundary=foo", [b"bar", b"foo"]),
            (b"boundary=foo; BOUNDARY=bar; boundary=baz", [b"foo", b"bar", b"baz"]),
            (b"boundary=foo; boundary*=us-ascii''bar", [b"bar", b"foo"]),
            (b"boundary=foo; boundary*0=ba; boundary*1=r", [b"bar", b"foo"]),
            (b"boundary*0=fo; boundary*2=x; boundary*1=o", [b"foox", b"foxo"]),
            (b"boundary*0=fo; boundary*2=o", [b"fo", b"foo"]),
            (b"boundary*0=foo; boundary*0=bar", [b"foo", b"bar", b"foobar"]),
            (b"boundary=fo o", [b"fo o", b"fo"]),
            (b"boundary='foo'", [b"'foo'", b"foo"]),
            (b'boundary="fo\\o"', [b"foo", b"fo\\o"]),
            (b'boundary="foo', None),
            (b"boundary=(x)foo", [b"(x)foo", b"foo"]),
            (b'boundary="foo"bar', [b"foo", b"foobar"]),
        ],
    )
    def test_each_is_a_reading(self, parameters: bytes, boundaries: list[bytes] | None) -> None:
        reading = read(b"Content-Type: multipart/mixed; " + parameters)
        if boundaries is None:
            assert reading.boundaries == (b"foo",)
            return
        assert set(boundaries) <= set(reading.boundaries)
        single = [other.boundaries[0] for _, other in reading.others if len(other.boundaries) == 1]
        assert set(single) == set(reading.boundaries)
        assert "boundary-ambiguous" in names(reading)

    def test_their_names_say_which(self) -> None:
        reading = read(b"Content-Type: multipart/mixed; boundary=foo; boundary=bar")
        assert [(view, other.boundaries) for view, other in reading.others] == [
            ("boundary 1 of multipart/mixed", (b"foo",)),
            ("boundary 2 of multipart/mixed", (b"bar",)),
        ]

    def test_those_beyond_the_limit_are_told_of(self) -> None:
        many = b"".join([b"; boundary=b%d" % number for number in range(12)])
        reading = read(b"Content-Type: multipart/mixed" + many)
        assert len(reading.boundaries) == 8
        assert len(reading.others) == 8
        assert "too-many-boundaries" in names(reading)


class TestEncodings:
    """Repeated or misspelt transfer encodings."""

    @pytest.mark.parametrize(
        ("values", "encodings"),
        [
            ((b"base64", b"quoted-printable"), ["base64", "quoted-printable"]),
            ((b"quoted-printable", b"base64"), ["quoted-printable", "base64"]),
            ((b"7bit", b"base64"), ["base64", "identity"]),
            ((b"base64", b"7bit"), ["base64", "identity"]),
            ((b"xxxxxxx", b"base64"), ["base64", "identity", "quoted-printable"]),
            ((b"base64", b"xxxxxxx"), ["base64", "identity", "quoted-printable"]),
            ((b"", b"base64"), ["base64", "identity"]),
            ((b"x-base64",), ["base64", "identity"]),
            ((b"7bit, base64",), ["base64", "identity"]),
            ((b"base64, quoted-printable",), ["base64", "quoted-printable", "identity"]),
            ((b"xxxxxxx",), ["identity", "base64", "quoted-printable"]),
            ((b"x-uuencode", b"base64", b"7bit"), ["x-uuencode", "base64", "identity"]),
            ((b"base64",), ["base64"]),
            ((b"7bit", b"8bit"), ["identity"]),
            ((b"8bits",), ["identity"]),
        ],
    )
    def test_all_that_a_reader_may_apply(self, values: tuple[bytes, ...], encodings: list[str]) -> None:
        reading = read(*[b"Content-Transfer-Encoding: " + value for value in values])
        assert [reading.encoding, *[other.encoding for _, other in reading.others]] == encodings
        assert views(reading) == [f"encoding {encoding}" for encoding in encodings[1:]]
        assert bool(names(reading)) == (len(encodings) > 1)

    def test_a_name_that_some_readers_do_not_accept(self) -> None:
        reading = read(b"Content-Transfer-Encoding: base64", odd=True)
        assert reading.encoding == "base64"
        assert views(reading) == ["encoding identity"]


class TestTogether:
    """Types, boundaries and encodings are combined."""

    def test_types_and_encodings(self) -> None:
        reading = read(
            HTML,
            MULTIPART,
            b"Content-Transfer-Encoding: base64",
            b"Content-Transfer-Encoding: 7bit",
        )
        assert (reading.content_type, reading.encoding) == ("multipart/mixed", "base64")
        assert views(reading) == [
            "encoding identity",
            "type text/html",
            "type text/html, encoding identity",
        ]

    def test_all_combinations_are_different(self) -> None:
        reading = read(
            b"Content-Type: multipart/mixed; boundary=a; boundary=b",
            b"Content-Type: text/plain; boundary=c",
            b"Content-Transfer-Encoding: b64",
        )
        every = [reading, *[other for _, other in reading.others]]
        assert len({(one.content_type, one.boundaries, one.encoding) for one in every}) == len(every)
        assert len(set(views(reading))) == len(reading.others)
        assert {one.encoding for one in every} == {"identity", "base64", "quoted-printable"}

    def test_there_is_a_limit(self) -> None:
        many = b"".join([b"; boundary=b%d" % number for number in range(8)])
        lines = [
            b"Content-Type: multipart/mixed" + many,
            HTML,
            b"Content-Transfer-Encoding: b64",
        ]
        assert len(read(*lines, limits=Limits(readings=100)).others) == 29
        reading = read(*lines, limits=Limits(readings=10))
        assert len(reading.others) == 10
        assert "too-many-readings" in names(reading)
        assert "too-many-readings" not in names(read(*lines, limits=Limits(readings=29)))

    def test_names_and_charsets_are_the_same_in_all(self) -> None:
        reading = read(
            b"Content-Type: text/html; charset=utf-8; name=a",
            b"Content-Type: text/plain; charset=utf-7; name=b",
            b"Content-Disposition: inline; filename=c",
            b"Content-Disposition: attachment; filename=d",
        )
        for one in (reading, *[other for _, other in reading.others]):
            assert set(one.filenames) == {"a", "b", "c", "d"}
            assert one.charsets == ("utf-8", "utf-7")
            assert one.disposition == "inline"


@pytest.mark.parametrize(
    ("types", "charsets", "ambiguous"),
    [
        ((b"charset=utf-8; charset=utf-7",), ("utf-8", "utf-7"), True),
        ((b"charset=utf-7; charset=utf-8",), ("utf-7", "utf-8"), True),
        ((b"charset=utf-8", b"charset=utf-7"), ("utf-8", "utf-7"), True),
        ((b"charset=utf-8", b"charset=UTF8"), ("utf-8", "utf8"), False),
        ((b"charset*=''utf-7; charset=utf-8",), ("utf-7", "utf-8"), True),
        ((b"charset*0=utf; charset*1=-7",), ("utf-7",), False),
        ((b"charset=nonsense; charset=utf-7",), ("utf-7", "nonsense"), False),
    ],
)
def test_charsets(types: tuple[bytes, ...], charsets: tuple[str, ...], ambiguous: bool) -> None:
    reading = read(*[b"Content-Type: text/plain; " + one for one in types])
    assert reading.charsets == charsets
    assert ("charset-ambiguous" in names(reading)) == ambiguous


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (b"filename*0=a.t; filename*1=xt; filename*0=b.e; filename*1=xe", {"a.txt", "b.exe"}),
        (b"filename*1=ce.exe; filename*0=invoi", {"invoice.exe"}),
        (b"filename*0=a; filename*2=.exe", {"a", "a.exe"}),
        (b"filename*0*=utf-8''a%2E; filename*1=exe", {"a.exe"}),
        (b"filename*0=a%2E; filename*1*=ex%65", {"a%2Eexe"}),
        (b"filename*=utf-8''a.exe; filename*=utf-8''b.txt", {"a.exe", "b.txt"}),
        (b"filename*=a.exe", {"a.exe"}),
        (b"filename*=utf-8'en'a%20b.exe", {"a b.exe"}),
        (b"filename*=iso-2022-jp''%1B%24B%46%7C%1B%28B.exe", {"日.exe"}),
        (b"name=a.exe", {"a.exe"}),
    ],
)
def test_file_names_of_rfc_2231(parameters: bytes, expected: set[str]) -> None:
    reading = read(b"Content-Disposition: attachment; " + parameters)
    assert expected <= set(reading.filenames)
