"""Delimiter lines: which they are, which multipart they belong to, and what must wait."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.boundary import Boundaries, Level, Matching


def boundaries(*each: bytes | tuple[bytes, ...], delimiter_octets: int = 100) -> Boundaries:
    """A stack of multiparts with these boundaries (or candidates), outermost first."""
    stack = Boundaries(delimiter_octets)
    for number, one in enumerate(each):
        candidates = (one,) if isinstance(one, bytes) else one
        needles = tuple([b"--" + candidate for candidate in candidates])
        stack.push(Level(str(number), "multipart/mixed", needles, number))
    return stack


def delimiter(stack: Boundaries, line: bytes) -> tuple[int, bool, list[str]] | None:
    """Level, whether it closes, and deviations of a line in the middle of text."""
    buffer = bytearray(b"text\r\n" + line + b"\r\nmore")
    found = stack.scan(buffer, 0, True, True).delimiter
    if found is None:
        return None
    assert found.start == 4
    assert buffer[found.end :] == b"more"
    return found.level, found.close, [deviation.name for deviation in found.deviations]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"--foo", (0, False, [])),
        (b"--foo--", (0, True, [])),
        (b"--foo \t", (0, False, [])),
        (b"--foo-- ", (0, True, [])),
        (b"--fooX", (0, False, ["delimiter-suffix"])),
        (b"--foo-", (0, False, ["delimiter-suffix"])),
        (b"--foo--x", (0, True, ["delimiter-suffix"])),
        (b"--foo\x0b", (0, False, ["delimiter-suffix"])),
        (b"--fo", None),
        (b"-foo", None),
        (b" --foo", None),
        (b"--FOO", None),
        (b"x--foo", None),
    ],
)
def test_one_multipart(line: bytes, expected: tuple[int, bool, list[str]] | None) -> None:
    assert delimiter(boundaries(b"foo"), line) == expected


@pytest.mark.parametrize(
    ("outer", "inner", "line", "expected"),
    [
        (b"foo", b"bar", b"--bar", (1, False, [])),
        (b"foo", b"bar", b"--foo--", (0, True, [])),
        (b"foo", b"foo_", b"--foo_", (1, False, [])),
        (b"foo", b"foo_", b"--foo", (0, False, [])),
        (b"foo_", b"foo", b"--foo_", (0, False, [])),
        (b"foo_", b"foo", b"--foo", (1, False, [])),
        (b"foo", b"foo--", b"--foo--", (1, False, ["delimiter-ambiguous"])),
        (b"foo", b"foo", b"--foo", (1, False, ["delimiter-ambiguous"])),
        (b"foo", b"foobar", b"--foobarx", (1, False, ["delimiter-suffix"])),
    ],
)
def test_two_multiparts(
    outer: bytes, inner: bytes, line: bytes, expected: tuple[int, bool, list[str]]
) -> None:
    assert delimiter(boundaries(outer, inner), line) == expected


def test_the_first_candidate_that_occurs_is_the_boundary() -> None:
    stack = boundaries((b"foo", b"bar"))
    assert delimiter(stack, b"--bar") == (0, False, [])
    stack.settle(0, b"--bar")
    assert delimiter(stack, b"--foo") is None


def test_settling_ends_inner_levels() -> None:
    stack = boundaries(b"foo", b"bar")
    stack.settle(0, b"--foo")
    assert delimiter(stack, b"--bar") is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [(b"--", (0, False, [])), (b"----", (0, True, [])), (b"--x", None), (b"-- ", (0, False, []))],
)
def test_empty_boundary_must_be_exact(line: bytes, expected: tuple[int, bool, list[str]] | None) -> None:
    assert delimiter(boundaries(b""), line) == expected


@pytest.mark.parametrize(
    ("line", "expected"), [(b"--foo", (0, False, [])), (b"--", None), (b"--" + b"x" * 201, None)]
)
def test_guessing(line: bytes, expected: tuple[int, bool, list[str]] | None) -> None:
    assert delimiter(boundaries(()), line) == expected


def test_an_outer_delimiter_is_no_guess() -> None:
    assert delimiter(boundaries(b"foo", ()), b"--foo") == (0, False, [])


def test_bare_cr() -> None:
    stack = boundaries(b"foo")
    for buffer in (bytearray(b"x\r--foo\r\n"), bytearray(b"x\r\n--foo\ry")):
        found = stack.scan(buffer, 0, True, True).delimiter
        assert found is not None
        assert [deviation.name for deviation in found.deviations] == ["delimiter-after-bare-cr"]


@pytest.mark.parametrize(
    ("tail", "held"),
    [
        (b"", 0),
        (b"\r", 1),
        (b"\n", 1),
        (b"\r\n", 2),
        (b"\r\n-", 3),
        (b"\r\n--", 4),
        (b"\r\n--fo", 6),
        (b"\r\n--foo", 7),
        (b"\r\n--foo--", 9),
        (b"\r\n--foo\r", 8),
        (b"\r\n--fx", 0),
        (b"\r\nx", 0),
        (b"--foo", 0),
    ],
)
def test_what_is_held_back(tail: bytes, held: int) -> None:
    buffer = bytearray(b"text" + tail)
    scan = boundaries(b"foo").scan(buffer, 0, True, False)
    assert scan.delimiter is None
    assert len(buffer) - scan.end == held


def test_a_line_at_the_very_start() -> None:
    stack = boundaries(b"foo")
    assert stack.scan(bytearray(b"--foo\r\n"), 0, True, False).delimiter is not None
    assert stack.scan(bytearray(b"--foo\r\n"), 0, False, False).delimiter is None
    assert stack.scan(bytearray(b"--f"), 0, True, False).end == 0


@pytest.mark.parametrize("final", [True, False])
def test_a_delimiter_line_longer_than_the_limit(final: bool) -> None:
    stack = boundaries(b"foo", delimiter_octets=10)
    buffer = bytearray(b"x\r\n--foo" + b" " * 50 + b"\r\n")
    found = stack.scan(buffer, 0, True, final).delimiter
    assert found is not None
    assert found.limited
    assert (found.start, found.end) == (1, 1)


def test_without_multiparts_everything_is_content() -> None:
    assert Boundaries(10).scan(bytearray(b"x\r\n--foo\r\n"), 0, True, False).end == 10


def test_search_keeps_to_its_range() -> None:
    stack = boundaries(b"foo")
    buffer = bytearray(b"xxxx\n--foo\n")
    assert stack.search(buffer, 0, 4, False, False) is None
    assert stack.search(buffer, 0, 8, False, False) is not None


lines = st.text(alphabet="ab-", max_size=6).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="ab-", min_size=1, max_size=4).map(str.encode), max_size=8), lines)
def test_a_line_begins_like_a_delimiter_if_it_begins_with_any(each: list[bytes], line: bytes) -> None:
    expected = any(line.startswith(b"--" + one) for one in each)
    assert boundaries(*each).begins(line) == expected
    found = boundaries(*each).scan(bytearray(b"x\n" + line + b"\n"), 0, True, True).delimiter
    assert (found is not None) == expected


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(alphabet="ab-", min_size=1, max_size=4).map(str.encode), min_size=1, max_size=8), lines
)
def test_an_end_that_may_become_a_delimiter_is_held_back(each: list[bytes], line: bytes) -> None:
    begun = b"--" + line
    scan = boundaries(*each).scan(bytearray(b"x\n" + begun), 0, True, False)
    may_become = any((b"--" + one).startswith(begun) or begun.startswith(b"--" + one) for one in each)
    assert scan.end == (1 if may_become else 2 + len(begun))


@pytest.mark.parametrize(
    ("line", "expected"),
    [(b"--", (0, False, [])), (b"---- ", (0, True, [])), (b"--x", None), (b"--foo", (1, False, []))],
)
def test_an_empty_boundary_around_another(line: bytes, expected: tuple[int, bool, list[str]] | None) -> None:
    assert delimiter(boundaries(b"", b"foo"), line) == expected


def test_a_guess_within_an_empty_boundary() -> None:
    assert delimiter(boundaries(b"", ()), b"--foo") == (1, False, [])
    assert delimiter(boundaries(b"", ()), b"--") == (0, False, [])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("line", [b"--\n", b"--x\n", b"--0\n", b"----x\n", b"--" + b" " * 90 + b"x\n"])
@pytest.mark.parametrize("innermost", [b"x" * 4_000, b"", ()])
def test_hostile_lines_within_many_multiparts(line: bytes, innermost: bytes | tuple[bytes, ...]) -> None:
    stack = boundaries(*[b"%d=boundary" % number for number in range(200)], innermost)
    buffer = bytearray(b"x\n" + line * (500_000 // len(line)) + b"--7=boundary\n")
    found = stack.scan(buffer, 0, True, True).delimiter
    assert found is not None


def matching(how: Matching, *each: bytes | tuple[bytes, ...], closed: tuple[int, ...] = ()) -> Boundaries:
    """A stack of multiparts that is matched in some way; the levels in `closed` are."""
    stack = boundaries(*each)
    stack.matching = how
    for index in closed:
        stack.levels[index].closed = True
    return stack


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"--foo", (0, False, [])),
        (b"--foo \t", (0, False, [])),
        (b"--foo--", (0, True, [])),
        (b"--foo-- ", (0, True, [])),
        (b"--fooX", None),
        (b"--foo X", None),
        (b"--foo-", None),
        (b"--foo--x", None),
        (b"--foo\x0b", None),
    ],
)
def test_exact(line: bytes, expected: tuple[int, bool, list[str]] | None) -> None:
    assert delimiter(matching(Matching.EXACT, b"foo"), line) == expected
    assert delimiter(matching(Matching.EXACT, (b"x", b"foo"), b"bar"), line) == expected


@pytest.mark.parametrize(
    ("outer", "inner", "line", "expected"),
    [
        (b"foo", b"bar", b"--bar", (1, False)),
        (b"foo", b"foo", b"--foo", (0, False)),
        (b"foo", b"foo_", b"--foo_", (0, False)),
        (b"foo_", b"foo", b"--foo_", (0, False)),
        (b"foo_", b"foo", b"--foo", (1, False)),
        (b"foo", b"foo--", b"--foo--", (0, True)),
        (b"foo", b"foobar", b"--foobarx", (0, False)),
    ],
)
def test_outermost(outer: bytes, inner: bytes, line: bytes, expected: tuple[int, bool]) -> None:
    found = delimiter(matching(Matching.OUTERMOST, outer, inner), line)
    assert found is not None
    assert found[:2] == expected


@pytest.mark.parametrize(
    ("closed", "line", "level"),
    [
        ((), b"--bar", 1),
        ((), b"--bar--", 1),
        ((), b"--foo", None),
        ((), b"--foo--", None),
        ((1,), b"--foo", 0),
        ((1,), b"--bar", 1),
        ((0,), b"--foo", None),
        ((0, 1), b"--foo--", 0),
    ],
)
def test_innermost(closed: tuple[int, ...], line: bytes, level: int | None) -> None:
    found = delimiter(matching(Matching.INNERMOST, b"foo", b"bar", closed=closed), line)
    assert (found[0] if found is not None else None) == level


@pytest.mark.parametrize(
    ("outer", "inner", "line", "expected"),
    [
        (b"foo", b"bar", b"--bar", 1),
        (b"foo", b"bar", b"--foo", 0),
        (b"foo", b"foo", b"--foo", 0),
        (b"foo", b"foo_", b"--foo_", 0),
        (b"foo", b"foo_", b"--foo_x", 0),
        (b"foo_", b"foo", b"--foo_", 0),
        (b"foo_", b"foo", b"--foo", 1),
    ],
)
def test_the_outermost_multipart_that_a_line_may_belong_to_is_named(
    outer: bytes, inner: bytes, line: bytes, expected: int
) -> None:
    found = boundaries(outer, inner).scan(bytearray(b"x\n" + line + b"\n"), 0, True, True).delimiter
    assert found is not None
    assert found.outer == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(alphabet="ab-", min_size=1, max_size=4).map(str.encode), min_size=1, max_size=5), lines
)
def test_an_exact_delimiter_is_one_in_every_way(each: list[bytes], line: bytes) -> None:
    exact = delimiter(matching(Matching.EXACT, *each), line)
    lenient = delimiter(boundaries(*each), line)
    outermost = delimiter(matching(Matching.OUTERMOST, *each), line)
    if exact is not None:
        assert lenient == exact
        assert line.startswith(b"--" + each[exact[0]])
    assert (outermost is None) == (lenient is None)
    if outermost is not None and lenient is not None:
        assert outermost[0] <= lenient[0]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("how", Matching)
def test_hostile_lines_that_begin_like_a_delimiter(how: Matching) -> None:
    stack = matching(how, *[b"b%d" % number for number in range(50)])
    buffer = bytearray(b"x\n" + b"--b0 x\n" * 50_000)
    found = stack.scan(buffer, 0, True, True).delimiter
    assert (found is None) == (how in (Matching.EXACT, Matching.INNERMOST))
