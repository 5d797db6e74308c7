"""Header blocks to fields."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.fields import Junk, ParsedHeader, parse


def read(block: bytes, *, message: bool = True, max_fields: int = 100, whole: bool = True) -> ParsedHeader:
    return parse(block, 0, message=message, max_fields=max_fields, whole=whole)


def pairs(parsed: ParsedHeader) -> list[tuple[str, bytes]]:
    return [(field.name, field.value) for field in parsed.header.fields]


def names(parsed: ParsedHeader) -> list[str]:
    return [deviation.name for deviation, _ in parsed.deviations]


@pytest.mark.parametrize(
    ("block", "expected", "deviations"),
    [
        (b"", [], []),
        (b"Subject: x\r\n", [("subject", b"x")], []),
        (b"Subject:x", [("subject", b"x")], []),
        (b"Subject:\r\n", [("subject", b"")], []),
        (b"A: b\r\n c\r\n\td\r\nE: f\r\n", [("a", b"b c\td"), ("e", b"f")], []),
        (b"A:\r\n b\r\n", [("a", b"b")], []),
        (b"A: bas\r\n e64\r\n", [("a", b"bas e64")], []),
        (b"A: b: c\r\n", [("a", b"b: c")], []),
        (b"A : b\r\n", [("a", b"b")], ["space-before-colon"]),
        (b"A\t: b\r\n", [("a", b"b")], ["space-before-colon"]),
        (b"A\x00: b\r\n", [("a", b"b")], ["nul-in-header", "field-name"]),
        (b"A\x0b: b\r\n", [("a", b"b")], ["field-name"]),
        (b"\xffA\x01: b\r\n", [("a", b"b")], ["field-name"]),
        (b"A: b\x00c\r\n", [("a", b"b\x00c")], ["nul-in-header"]),
        (b"A: b\r\n \r\nC: d\r\n", [("a", b"b"), ("c", b"d")], ["blank-continuation"]),
        (b"A: b\r\n \r\n c\r\n", [("a", b"b  c")], ["blank-continuation"]),
        (b"A: b\rC: d\r", [("a", b"b"), ("c", b"d")], ["bare-cr"]),
        (b"A: b\nC: d\n", [("a", b"b"), ("c", b"d")], []),
        (b"A: b\nC: d\r\n", [("a", b"b"), ("c", b"d")], ["mixed-line-endings"]),
        (b"junk\r\nSubject: x\r\n", [("subject", b"x")], ["junk-line"]),
        (b"A: b\r\njunk\r\n more\r\nX-C: d\r\n", [("a", b"b"), ("x-c", b"d")], ["junk-line"]),
        (b": b\r\nSubject: d\r\n", [("subject", b"d")], ["junk-line"]),
        (b"two words: b\r\nSubject: d\r\n", [("subject", b"d")], ["junk-line"]),
        (b" leading\r\nSubject: d\r\n", [("subject", b"d")], ["junk-line"]),
        (b"Content-Type text/html\r\n", [("content-type", b"text/html")], ["missing-colon"]),
        (b"From me Mon Jan 1\r\nA: b\r\n", [("a", b"b")], ["mbox-line"]),
        (b">From me Mon Jan 1\r\nA: b\r\n", [("a", b"b")], ["mbox-line"]),
        (b"\xef\xbb\xbfA: b\r\n", [("a", b"b")], ["byte-order-mark"]),
        (b"X" * 100 + b": b\r\n", [("x" * 100, b"b")], []),
    ],
)
def test_lines(block: bytes, expected: list[tuple[str, bytes]], deviations: list[str]) -> None:
    parsed = read(block)
    assert pairs(parsed) == expected
    assert names(parsed) == deviations
    assert parsed.end == len(block)
    assert not parsed.limited


def test_mailbox_line_only_in_front_of_a_message() -> None:
    parsed = read(b"From me Mon Jan 1\r\nSubject: b\r\n", message=False)
    assert names(parsed) == ["junk-line"]


@pytest.mark.parametrize(
    ("block", "end", "deviations"),
    [
        (b"A: b\r\nHello,\r\nhow are you\r\n", 6, ["missing-separator"]),
        (b"Hello", 0, ["missing-separator"]),
        (b"A: b\r\nx\r\ny\r\nContent-Type: z\r\n", 6, ["missing-separator", "fields-in-body"]),
        (b"A: b\r\nx\r\n Content-Type: z\r\n", 6, ["missing-separator", "fields-in-body"]),
    ],
)
def test_body_without_an_empty_line_before_it(block: bytes, end: int, deviations: list[str]) -> None:
    parsed = read(block)
    assert parsed.end == end
    assert names(parsed) == deviations


def test_places() -> None:
    parsed = parse(b"A: b\r\nC: d\r\n e\r\n", 100, message=True, max_fields=9)
    assert [(field.start, field.end) for field in parsed.header.fields] == [(100, 106), (106, 116)]


def test_too_many_fields() -> None:
    parsed = read(b"A: b\r\n" * 5, max_fields=2)
    assert len(parsed.header.fields) == 2
    assert parsed.limited
    assert parsed.end == 12
    assert names(parsed) == ["too-many-fields"]


def test_a_cut_block_leaves_its_last_field_to_the_rest() -> None:
    parsed = read(b"A: b\r\nC: d", whole=False)
    assert pairs(parsed) == [("a", b"b")]
    assert parsed.end == 6


def test_a_deviation_is_reported_once() -> None:
    parsed = read(b"A : b\r\n" * 50)
    assert names(parsed) == ["space-before-colon"]
    assert len(parsed.header.fields) == 50


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="Ab: \t\r\n\x00\xff").map(lambda text: text.encode("latin-1")))
def test_any_block_is_read_and_fields_lie_in_it_in_order(block: bytes) -> None:
    parsed = read(block)
    position = 0
    for field in parsed.header.fields:
        assert position <= field.start < field.end <= parsed.end <= len(block)
        assert b"\r" not in field.value
        assert b"\n" not in field.value
        position = field.end


class TestJunk:
    """What a line that is no field does."""

    BLOCK = b"A: b\r\njunk\r\nSubject: c\r\n"
    UNFAMILIAR = b"A: b\r\njunk\r\nKeywords: c\r\n"

    def parsed(self, block: bytes, junk: Junk) -> ParsedHeader:
        return parse(block, 0, message=True, max_fields=9, junk=junk)

    @pytest.mark.parametrize("block", [BLOCK, UNFAMILIAR])
    def test_ends(self, block: bytes) -> None:
        parsed = self.parsed(block, Junk.ENDS)
        assert pairs(parsed) == [("a", b"b")]
        assert parsed.end == 6
        assert "missing-separator" in names(parsed)

    @pytest.mark.parametrize(("block", "last"), [(BLOCK, "subject"), (UNFAMILIAR, "keywords")])
    def test_skipped(self, block: bytes, last: str) -> None:
        parsed = self.parsed(block, Junk.SKIPPED)
        assert pairs(parsed) == [("a", b"b"), (last, b"c")]
        assert parsed.end == len(block)
        assert names(parsed) == ["junk-line"]

    @pytest.mark.parametrize(
        ("line", "skipped"),
        [
            (b"Subject: c", True),
            (b"CONTENT-TYPE : c", True),
            (b"X-Anything: c", True),
            (b"List-Id: c", True),
            (b"Sensitivity: c", True),
            (b"Keywords: c", False),
            (b"junk", False),
            (b" Subject: c", False),
            (b"", False),
        ],
    )
    def test_passed_over_where_a_familiar_field_follows(self, line: bytes, skipped: bool) -> None:
        parsed = self.parsed(b"A: b\r\njunk\r\n" + line, Junk.AUTO)
        assert ("junk-line" in names(parsed)) == skipped
        assert (parsed.end == 6) != skipped

    def test_all_of_many_lines_are_skipped(self) -> None:
        parsed = self.parsed(b"junk\r\n" * 500 + b"A: b\r\n" + b"junk\r\n" * 500, Junk.SKIPPED)
        assert pairs(parsed) == [("a", b"b")]
        assert names(parsed) == ["junk-line"]


class TestFieldsInFolds:
    """MIME fields on lines that begin with white space."""

    @pytest.mark.parametrize(
        "block",
        [
            b"Subject: x\r\n Content-Type: text/html\r\n",
            b"Subject: x\n\tContent-Type:text/html",
            b"Subject: x\r\n y\r\n \tcontent-transfer-encoding: base64\r\n",
            b"Subject: x\r\n Content-Disposition: attachment\r\n",
            b'Subject: x\r\n Content-Type: "text/html"\r\n',
            b"Subject: x\r\njunk\r\n Content-Type: text/html\r\nTo: y\r\n",
        ],
    )
    def test_are_told(self, block: bytes) -> None:
        assert "field-in-fold" in names(read(block))

    @pytest.mark.parametrize(
        "block",
        [
            b"Content-Type: text/html\r\n",
            b"Subject: x\r\n about Content-Type: text/html\r\n",
            b"Subject: x\r\n Content-Type: is a field\r\n",
            b"DKIM-Signature: a; h=Subject:\r\n Content-Type:Content-Transfer-Encoding;\r\n",
        ],
    )
    def test_are_not_where_the_text_merely_names_them(self, block: bytes) -> None:
        assert "field-in-fold" not in names(read(block))

    def test_are_fields_when_unfolded(self) -> None:
        block = b"Subject: x\r\n \tContent-Type: text/html;\r\n charset=y\r\n Content-Transfer-Encoding: base64\r\n"
        parsed = parse(block, 100, message=True, max_fields=9, unfolded=True)
        assert [field.name for field in parsed.header.fields] == [
            "subject",
            "content-type",
            "content-transfer-encoding",
        ]
        assert parsed.header.fields[1].value == b"text/html; charset=y"
        assert parsed.end == len(block)
        assert parsed.header.fields[-1].end == 100 + len(block)

    def test_other_folds_stay(self) -> None:
        parsed = parse(b"Subject: x\r\n y: z\r\n", 0, message=True, max_fields=9, unfolded=True)
        assert pairs(parsed) == [("subject", b"x y: z")]


@pytest.mark.parametrize("junk", Junk)
@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"A: b", b" c", b"junk", b"Subject: d", b" Content-Type: e/f", b"\r\n", b"\n"])
    ),
    st.booleans(),
)
def test_any_block_is_read_in_every_way(junk: Junk, lines: list[bytes], unfolded: bool) -> None:
    block = b"\r\n".join(lines)
    parsed = parse(block, 7, message=True, max_fields=9, junk=junk, unfolded=unfolded)
    position = 7
    for field in parsed.header.fields:
        assert position <= field.start < field.end <= 7 + parsed.end
        position = field.end
    assert parsed.end <= len(block)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unfolded", [True, False])
@pytest.mark.parametrize(
    "unit",
    [b"\n" + b" " * 1_000, b"\n content-type", b"\n \n", b"junk\n", b"\n\tcontent-type: a/b", b"\r ", b":"],
)
def test_hostile_blocks(unit: bytes, unfolded: bool) -> None:
    block = b"A: b" + unit * (500_000 // len(unit))
    parsed = parse(block, 0, message=True, max_fields=5_000, unfolded=unfolded)
    assert parsed.end <= len(block)
