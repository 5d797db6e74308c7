"""Limits of the walk: each is told, bounds what is done, and leaves the likeliest reading whole."""

from __future__ import annotations

import base64
import zlib

import pytest

from gateway.mime.event import Severity
from gateway.mime.limits import Limits
from tests.support.walking import Walked, entity, multipart, walk

BASE64 = b"Content-Transfer-Encoding: base64\r\n"
OCTETS = b"Content-Type: application/octet-stream\r\n"
DOUBTFUL = b"Content-Type: text/html\r\nContent-Type: image/png\r\n\r\n"


def encoded(octets: bytes) -> bytes:
    """In base64."""
    return base64.encodebytes(octets)


def limits_passed(walked: Walked) -> list[str]:
    """The limits that were told of."""
    return walked.defects(Severity.LIMIT)


class TestViews:
    """How many other readings are followed."""

    PARTS = tuple([DOUBTFUL + b"%d" % number for number in range(10)])

    @pytest.mark.parametrize("most", [0, 1, 9])
    def test_no_more_than_the_limit(self, most: int) -> None:
        walked = walk(multipart(*self.PARTS), Limits(views=most))
        assert [content for _, content in walked.contents()] == [b"%d" % number for number in range(10)]
        assert [content for _, content in walked.contents("type image/png")] == [
            b"%d" % number for number in range(most)
        ]
        assert limits_passed(walked) == ["too-many-views"]

    def test_exactly_the_limit(self) -> None:
        walked = walk(multipart(*self.PARTS), Limits(views=10))
        assert len(walked.of("type image/png")) == 10
        assert not limits_passed(walked)

    def test_all_leaves_together(self) -> None:
        """Readings of what stands within leaves count as well, and the limit is told once."""
        part = OCTETS + BASE64 + b"\r\n" + encoded(b"From: a\r\n" + DOUBTFUL + b"ABC")
        walked = walk(multipart(*[part] * 10), Limits(views=4))
        assert len(walked.of("type image/png")) == 4
        assert len(walked.of("")) == 20
        assert limits_passed(walked) == ["too-many-views"]

    def test_what_is_read_alike_counts_once(self) -> None:
        message = multipart(b"\r\none\r\n--fooX\r\n\r\ntwo\r\n--fooY\r\n\r\nthree")
        assert not limits_passed(walk(message, Limits(views=1)))


class TestDecodedOctets:
    """How much all leaves of all readings amount to."""

    def test_the_likeliest_reading_is_whole_where_others_pass_it(self) -> None:
        message = multipart(*[DOUBTFUL + b"x" * 1_000] * 5)
        walked = walk(message, Limits(decoded_octets=7_500))
        assert [len(content) for _, content in walked.contents()] == [1_000] * 5
        assert limits_passed(walked) == ["decoded-too-large"]
        assert sum([len(leaf.content) for leaf in walked.leaves]) <= 7_500

    def test_what_is_beyond_it_is_left_out(self) -> None:
        walked = walk(multipart(*[b"\r\n" + b"x " * 500] * 5), Limits(decoded_octets=2_500), step=100)
        assert len(walked.leaves) == 5
        assert sum([len(leaf.content) for leaf in walked.leaves]) <= 2_500
        assert limits_passed(walked) == ["decoded-too-large"]

    def test_exactly_the_limit(self) -> None:
        message = multipart(*[b"\r\n" + b"x " * 500] * 5)
        assert not limits_passed(walk(message, Limits(decoded_octets=5_000)))
        assert limits_passed(walk(message, Limits(decoded_octets=4_999)))

    def test_files_within_leaves_count(self) -> None:
        file = b"begin-base64 644 a\n" + encoded(b"x" * 3_000) + b"====\n"
        message = b"Subject: s\r\n\r\n" + file * 3
        walked = walk(message, Limits(decoded_octets=len(message) + 4_000))
        assert walked.leaves[0].content == file * 3
        assert sum([len(leaf.content) for leaf in walked.leaves]) <= len(message) + 4_000
        assert limits_passed(walked) == ["decoded-too-large"]

    def test_messages_within_leaves_count(self) -> None:
        content = b"x" * 1_000
        for _ in range(5):
            content = b"From: a\r\n" + OCTETS + BASE64 + b"\r\n" + encoded(content)
        walked = walk(content, Limits(decoded_octets=4_000))
        assert sum([len(leaf.content) for leaf in walked.leaves]) <= 4_000
        assert limits_passed(walked) == ["decoded-too-large"]

    def test_what_expands_beyond_measure_is_not_decompressed(self) -> None:
        packer = zlib.compressobj(9, wbits=31)
        bomb = packer.compress(b"\0" * (16 << 20)) + packer.flush()
        walked = walk(multipart(b"Content-Transfer-Encoding: x-gzip64\r\n\r\n" + encoded(bomb)))
        assert len(walked.leaves[0].content) < 6 << 20
        assert "decoded-too-large" in limits_passed(walked)


class TestParts:
    """How many parts there are, in all readings and leaves."""

    def test_beyond_it_the_rest_is_one_leaf(self) -> None:
        walked = walk(multipart(*[b"\r\n%d" % number for number in range(6)]), Limits(parts=3))
        assert [content for _, content in walked.contents()][:3] == [b"0", b"1", b"2"]
        assert walked.leaves[3].start.content_type == "application/octet-stream"
        assert walked.leaves[3].content.endswith(b"5\r\n--foo--\r\n")
        assert limits_passed(walked)[0] == "too-many-parts"

    def test_readings_count_together(self) -> None:
        message = multipart(b"\r\none\r\n--fooX\r\n\r\ntwo", b"\r\nthree")
        assert not limits_passed(walk(message, Limits(parts=5)))
        walked = walk(message, Limits(parts=4))
        assert [content for _, content in walked.contents()] == [b"one", b"two", b"three"]
        assert "too-many-parts" in limits_passed(walked)

    def test_files_within_leaves_count(self) -> None:
        message = b"Subject: s\r\n\r\n" + b"begin 644 a.exe\n#0V%T\n`\nend\n" * 5
        assert [leaf.path for leaf in walk(message, Limits(parts=2)).leaves] == [
            "1",
            "1:uuencode-1",
            "1:uuencode-2",
        ]
        assert limits_passed(walk(message, Limits(parts=2))) == ["too-many-parts"]
        assert not limits_passed(walk(message, Limits(parts=5)))

    def test_parts_of_messages_within_leaves_count(self) -> None:
        inner = multipart(*[b"\r\n%d" % number for number in range(6)])
        walked = walk(OCTETS + BASE64 + b"\r\n" + encoded(inner), Limits(parts=3))
        assert walked.leaves[0].content == inner
        assert "too-many-parts" in limits_passed(walked)


class TestDepth:
    """How deep what stands within leaves is opened."""

    @staticmethod
    def nested(times: int, inmost: bytes = b"inmost") -> bytes:
        """Messages within one another, each in base64."""
        content = b"Subject: s\r\n\r\n" + inmost
        for _ in range(times):
            content = b"Content-Type: message/rfc822\r\n" + BASE64 + b"\r\n" + encoded(content)
        return content

    def test_messages_in_base64(self) -> None:
        walked = walk(self.nested(4), Limits(depth=4))
        assert [leaf.path for leaf in walked.of("")] == ["1", "1.1", "1.1.1", "1.1.1.1", "1.1.1.1.1"]
        assert walked.of("")[-1].content == b"inmost"
        assert not limits_passed(walk(self.nested(4)))

    def test_messages_in_base64_beyond_the_limit(self) -> None:
        walked = walk(self.nested(5), Limits(depth=4))
        assert not walked.holds(b"inmost")
        assert walked.of("")[-1].content == b"Subject: s\r\n\r\ninmost"
        assert "depth-limit" in limits_passed(walked)

    def test_multiparts_in_base64(self) -> None:
        content = entity(b"\r\ninmost")
        for _ in range(3):
            content = entity(
                b"Content-Type: multipart/mixed; boundary=foo\r\n" + BASE64 + b"\r\n" + encoded(content)
            )
        message = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n" + content
        assert walk(message).holds(b"inmost")
        walked = walk(message, Limits(depth=3))
        assert not walked.holds(b"inmost")
        assert "depth-limit" in limits_passed(walked)

    def test_files_within_files(self) -> None:
        content = b"inmost"
        for _ in range(4):
            content = b"begin-base64 644 a.txt\n" + encoded(content) + b"====\n"
        message = b"Subject: s\r\n\r\n" + content
        assert walk(message).holds(b"inmost")
        walked = walk(message, Limits(depth=3))
        assert not walked.holds(b"inmost")
        assert limits_passed(walked) == ["depth-limit"]

    def test_sixty_messages_in_place(self) -> None:
        message = b"Content-Type: message/rfc822\r\n\r\n" * 60 + b"Subject: s\r\n\r\ninmost"
        walked = walk(message)
        assert "depth-limit" in limits_passed(walked)
        assert any(leaf.content.endswith(b"inmost") for leaf in walked.leaves)

    def test_sixty_messages_in_base64_are_opened_as_deep_as_the_limit(self) -> None:
        content = b"Subject: s\r\n\r\ninmost"
        for number in range(60):
            code = BASE64 if number % 10 == 0 else b""
            content = (
                b"Content-Type: message/rfc822\r\n" + code + b"\r\n" + (encoded(content) if code else content)
            )
        walked = walk(content)
        assert set(limits_passed(walked)) == {"depth-limit"}
        assert not walked.holds(b"inmost")


def test_hostile_message_within_small_limits_ends() -> None:
    part = b"Content-Type: message/rfc822; name=x.eml\r\n" + BASE64 + b"\r\n"
    content = b"Subject: s\r\njunk\r\nContent-Type: a/b\r\n \r\n" + DOUBTFUL + b"x"
    for _ in range(8):
        content = part + encoded(content) + b"#"
    walked = walk(content, Limits(views=20, parts=50, depth=6))
    assert {"depth-limit", "too-many-views"} & set(limits_passed(walked))
    assert len(walked.leaves) < 2_000


class TestRereading:
    """How long other readings, and what stands in leaves, may take beside the message itself."""

    LEVELS = 5

    def doubtful(self, inner: bytes) -> bytes:
        """Multiparts within each other, each with two types, so that all is read again for each of them."""
        for number in range(self.LEVELS):
            boundary = b"b%d" % number
            inner = (
                b"Content-Type: multipart/mixed; boundary=%s\r\nContent-Type: multipart/mixed; boundary=x%s\r\n\r\n"
                b"--%s\r\n%s\r\n--%s--\r\n" % (boundary, boundary, boundary, inner, boundary)
            )
        return b"Subject: s\r\n" + inner

    def test_all_is_read_within_the_limit(self) -> None:
        walked = walk(self.doubtful(b"\r\ninnermost"))
        assert not limits_passed(walked)
        assert b"innermost" in dict(walked.contents()).values()

    @pytest.mark.parametrize("line", [b"--\r\n", b"a:\r\n", b"some text\r\n"])
    def test_no_more_than_the_limit(self, line: bytes) -> None:
        content = line * 2_000
        message = self.doubtful(b"\r\n" + content + b"innermost")
        limits = Limits(rereading=1, rereading_factor=1)
        walked = walk(message, limits, block=1_000)
        assert limits_passed(walked) == ["too-many-views"]
        assert any(text.endswith(b"innermost") for text in dict(walked.contents()).values())
        assert len(walked.leaves) < len(walk(message, block=1_000).leaves)

    def test_what_expands(self) -> None:
        dashes = b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--a\r\n" * 20_000
        message = multipart(
            b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: x-gzip64\r\n\r\n"
            + encoded(zlib.compress(dashes, wbits=31))
        )
        walked = walk(message, Limits(rereading=1_000), block=1_000)
        assert "too-many-views" in limits_passed(walked)

    def test_a_large_message_may_be_read_again(self) -> None:
        inner = b"Subject: inner\r\nContent-Type: text/plain\r\n\r\n" + b"some text\r\n" * 20_000
        message = multipart(b"Content-Type: message/rfc822\r\n" + BASE64 + b"\r\n" + encoded(inner))
        assert not limits_passed(walk(message, Limits(rereading=10_000)))
