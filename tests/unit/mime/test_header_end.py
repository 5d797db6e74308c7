"""Where headers end."""

from __future__ import annotations

import pytest

from gateway.mime.boundary import Boundaries, Level
from gateway.mime.header_end import Ended, HeaderEnd, HeaderSearch
from gateway.mime.limits import Limits


def search(
    data: bytes, *, final: bool = True, limit: int = 5000, boundary: bytes | None = None
) -> HeaderEnd | None:
    limits = Limits(header_octets=limit)
    boundaries = Boundaries(limits.delimiter_octets)
    if boundary is not None:
        boundaries.push(Level("", "multipart/mixed", (b"--" + boundary,), 0))
    return HeaderSearch(limits, boundaries).search(bytearray(data), 0, final)


@pytest.mark.parametrize(
    ("data", "end", "body"),
    [
        (b"A: b\r\n\r\nx", 6, 8),
        (b"A: b\n\nx", 5, 6),
        (b"A: b\r\rx", 5, 6),
        (b"A: b\n\r\nx", 5, 7),
        (b"A: b\r\n\nx", 6, 7),
        (b"A: b\r\r\nx", 5, 7),
        (b"A: b\r\n\rx", 6, 7),
        (b"\r\nx", 0, 2),
        (b"\nx", 0, 1),
        (b"\rx", 0, 1),
    ],
)
def test_empty_lines(data: bytes, end: int, body: int) -> None:
    assert search(data) == HeaderEnd(end, body, Ended.EMPTY_LINE)


def test_a_cr_at_the_end_may_become_crlf() -> None:
    assert search(b"A: b\r\n\r", final=False) is None
    assert search(b"A: b\r\n\r") == HeaderEnd(6, 7, Ended.EMPTY_LINE)
    assert search(b"\r", final=False) is None


def test_a_line_of_spaces_is_not_empty() -> None:
    assert search(b"A: b\r\n \r\nC: d\r\n\r\n") == HeaderEnd(15, 17, Ended.EMPTY_LINE)


def test_no_end_yet() -> None:
    assert search(b"A: b\r\n", final=False) is None
    assert search(b"A: b\r\n") == HeaderEnd(6, 6, Ended.CUT_SHORT)


def test_delimiters() -> None:
    assert search(b"A: b\r\n--foo\r\n\r\n", boundary=b"foo") == HeaderEnd(4, 4, Ended.CUT_SHORT)
    assert search(b"--foo\r\n\r\n", boundary=b"foo") == HeaderEnd(0, 0, Ended.CUT_SHORT)
    assert search(b"A: b\r\n--bar\r\n\r\n", boundary=b"foo") == HeaderEnd(13, 15, Ended.EMPTY_LINE)
    assert search(b"A: b\r\n--fo", boundary=b"foo", final=False) is None
    assert search(b"A: b\r\n\r\n--foo\r\n", boundary=b"foo") == HeaderEnd(6, 8, Ended.EMPTY_LINE)


def test_limit() -> None:
    data = b"A: " + b"b" * 95 + b"\r\n\r\nbody"
    assert search(data, limit=100) == HeaderEnd(100, 102, Ended.EMPTY_LINE)
    assert search(data, limit=99) == HeaderEnd(99, 99, Ended.LIMIT)
    assert search(b"A" * 20_000, limit=99, final=False) == HeaderEnd(99, 99, Ended.LIMIT)


def test_long_header_is_found_in_whatever_pieces_it_comes() -> None:
    data = b"".join([b"X-%d: value\r\n" % number for number in range(800)]) + b"\r\nbody"
    limits = Limits()
    for step in (1, 1000, len(data)):
        finder, buffer, found = HeaderSearch(limits, Boundaries(10)), bytearray(), None
        for index in range(0, len(data), step):
            buffer += data[index : index + step]
            found = finder.search(buffer, 0, False)
            if found is not None:
                break
        assert found == HeaderEnd(len(data) - 6, len(data) - 4, Ended.EMPTY_LINE)


def search_blank(data: bytes, *, final: bool = True, boundary: bytes | None = None) -> HeaderEnd | None:
    """The same where a line of white space ends the header."""
    limits = Limits()
    boundaries = Boundaries(limits.delimiter_octets)
    if boundary is not None:
        boundaries.push(Level("", "multipart/mixed", (b"--" + boundary,), 0))
    finder = HeaderSearch(limits, boundaries)
    finder.restart(blank_ends=True)
    return finder.search(bytearray(data), 0, final)


@pytest.mark.parametrize(
    ("data", "end", "body"),
    [
        (b"A: b\r\n \r\nx", 6, 9),
        (b"A: b\r\n\t \r\nx", 6, 10),
        (b"A: b\r\n\v\f\r\nx", 6, 10),
        (b"A: b\n \nx", 5, 7),
        (b"A: b\r \rx", 5, 7),
        (b"A: b\r\n\r\nx", 6, 8),
        (b" \r\nx", 0, 3),
        (b"\r\nx", 0, 2),
        (b"A: b\r\n c\r\n \r\nx", 10, 13),
    ],
)
def test_a_line_of_white_space_ends_the_header(data: bytes, end: int, body: int) -> None:
    assert search_blank(data) == HeaderEnd(end, body, Ended.EMPTY_LINE)


def test_a_line_of_white_space_that_is_not_complete() -> None:
    assert search_blank(b"A: b\r\n  ", final=False) is None
    assert search_blank(b"A: b\r\n  \r", final=False) is None
    assert search_blank(b"A: b\r\n  ") == HeaderEnd(8, 8, Ended.CUT_SHORT)


def test_white_space_and_delimiters() -> None:
    assert search_blank(b"A: b\r\n--foo\r\n \r\n", boundary=b"foo") == HeaderEnd(4, 4, Ended.CUT_SHORT)
    assert search_blank(b"A: b\r\n \r\n--foo\r\n", boundary=b"foo") == HeaderEnd(6, 9, Ended.EMPTY_LINE)


def test_white_space_ends_no_other_header() -> None:
    finder = HeaderSearch(Limits(), Boundaries(10))
    finder.restart(blank_ends=True)
    finder.restart()
    assert finder.search(bytearray(b"A: b\r\n \r\nC: d\r\n\r\n"), 0, True) == HeaderEnd(
        15, 17, Ended.EMPTY_LINE
    )


@pytest.mark.parametrize("blank_ends", [True, False])
@pytest.mark.parametrize("step", [1, 3, 100])
@pytest.mark.parametrize(
    "data",
    [
        b"A: b\r\n \r\nC: d\r\n\r\nbody",
        b"A: b\r\n\t\r\n\r\nbody",
        b" \r\n\r\nbody",
        b"A: b\r \r\rbody",
        b"A: b\r\n" + b" c\r\n" * 60 + b" \r\n\r\nbody",
    ],
)
def test_pieces_make_no_difference(data: bytes, step: int, blank_ends: bool) -> None:
    whole = HeaderSearch(Limits(), Boundaries(10))
    whole.restart(blank_ends=blank_ends)
    expected = whole.search(bytearray(data), 0, True)
    finder = HeaderSearch(Limits(), Boundaries(10))
    finder.restart(blank_ends=blank_ends)
    found = None
    for end in [*range(step, len(data), step), len(data)]:
        found = finder.search(bytearray(data[:end]), 0, end == len(data))
        if found is not None:
            break
    assert found == expected
