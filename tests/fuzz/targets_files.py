"""Targets that take files: what stands within a leaf, the names in an archive, a file's name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from gateway.mime import defect, enclosed
from gateway.policy.filename import LONGEST, Trick, analyse
from gateway.stages.zipnames import MAX_HEADERS, list_names
from tests.fuzz import fragments, fragments_files, fragments_text
from tests.fuzz.target import options, target, with_options
from tests.fuzz.targets_mime import leaves_of

_KINDS = frozenset(
    [
        "uuencode",
        "begin-base64",
        "yenc",
        "binhex",
        "apple",
        "macbinary",
        "tnef",
        "cms",
        "cms-pem",
        "data-uri",
        "calendar",
        "unread",
    ]
)
_MOST = 4 << 20  # octets taken of what grows without end; more is for the limits of the walk
_SHORT = 64


def _leaves(message: bytes) -> Iterator[bytes]:
    for leaf in leaves_of(message):
        yield with_options(
            [leaf.start.content_type, leaf.start.filenames[0] if leaf.start.filenames else ""], leaf.octets
        )


_HEADS = [
    b"text/plain|\n",
    b"application/pkcs7-mime|smime.p7m\n",
    b"application/mac-binhex40|a.hqx\n",
    b"x/y|a.p7m\n",
]


@target("enclosed", _leaves, [*fragments_files.ENCLOSED, *fragments_text.LINKS, *_HEADS])
def files_within(data: bytes) -> None:
    """The files within a leaf: the same whether they are read or passed over, and of whichever kind of buffer.

    The first line holds the leaf's type and name.
    """
    (content_type, name), octets = options(data, 2)
    found = _found(octets, content_type, name)
    assert _found(memoryview(octets), content_type, name) == found
    assert _found(bytearray(octets), content_type, name) == found
    names = [name] if name else []
    passed_over = [
        (one.kind, one.filenames) for one in islice(enclosed.find(octets, content_type, names), 2_000)
    ]
    # What follows a fork of BinHex can be reached only through it.
    assert "binhex" in {kind for kind, _ in passed_over} or passed_over == [one[:2] for one in found]


Found = tuple[str, tuple[str, ...], str, tuple[str, ...], bytes, frozenset[defect.Deviation]]


def _found(octets: bytes | bytearray | memoryview, content_type: str, name: str) -> list[Found]:
    found: list[Found] = []
    for one in islice(enclosed.find(octets, content_type, [name] if name else []), 2_000):
        assert one.kind in _KINDS
        assert one.content_type == one.content_type.lower()
        assert "/" in one.content_type
        assert all(one.filenames)
        assert len(set(one.filenames)) == len(one.filenames)
        "".join(one.filenames).encode("utf-8")
        chunks: list[bytes] = []
        size = 0
        for chunk in one.chunks:
            assert isinstance(chunk, bytes)
            size += len(chunk)
            chunks.append(chunk)
            if size > _MOST:
                break
        assert one.kind != "unread" or not chunks
        found.append(
            (
                one.kind,
                one.filenames,
                one.content_type,
                one.charsets,
                b"".join(chunks),
                frozenset(one.deviations),
            )
        )
    return found


def _archives(message: bytes) -> Iterator[bytes]:
    for leaf in leaves_of(message):
        if leaf.octets.startswith(b"PK"):
            yield leaf.octets


@target("zipnames", _archives, fragments_files.ZIP)
def archive(data: bytes) -> None:
    """The names in an archive: no more than it has headers, whichever kind of buffer it stands in."""
    for octets in (data, b"PK\3\4" + data, data + fragments_files.ZIP[2]):
        listing = list_names(octets)
        assert listing == list_names(bytearray(octets))
        if listing is None:
            continue
        assert len(set(listing.names)) == len(listing.names)
        assert len(listing.names) <= 2 * MAX_HEADERS
        assert sum(map(len, listing.names)) <= 4 * len(octets) + 0xFFFF
        "".join(listing.names).encode("utf-8")


def _names(message: bytes) -> Iterator[bytes]:
    for leaf in leaves_of(message):
        for name in leaf.start.filenames:
            yield name.encode("utf-8")


@target("filename", _names, fragments.NAMES, longest=3_000)
def file_name(data: bytes) -> None:
    """What a file's name amounts to: base names without what systems take away, not too many of them."""
    for name in (
        data.decode("utf-8", "replace"),
        data.decode("latin-1"),
        data.decode("utf-8", "surrogateescape"),
    ):
        found = analyse(name)
        assert found == analyse(name)
        assert found.received == name
        assert all(found.bases)
        assert len(set(found.bases)) == len(found.bases) <= _SHORT
        assert set(found.tricks) <= set(Trick)
        assert found.shown.isprintable() or not name.isprintable()
        assert len(found.shown) <= 2 * LONGEST
        assert found.extension == found.extension.lower()
        for base in found.bases:
            assert not set(base) & set("/\\\0\r\n"), base
            assert base[-1] not in ". ", base
        assert all(extension and "/" not in extension for extension in found.extensions) or "." in name
