import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.filename import analyse
from gateway.stages import zipnames
from gateway.stages.zipnames import Listing, Trouble, list_names


def archive(*names: str, stored: bool = False) -> bytes:
    octets = io.BytesIO()
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(octets, "w", kind) as opened:
        for name in names:
            opened.writestr(name, b"content of a member")
    return octets.getvalue()


def names(data: bytes) -> tuple[str, ...]:
    listing = list_names(data)
    assert listing is not None
    return listing.names


def trouble(data: bytes) -> Trouble | None:
    listing = list_names(data)
    assert listing is not None
    return listing.trouble


def test_an_archive() -> None:
    found = list_names(archive("a.txt", "folder/b.exe", "caf\u00e9.txt", "folder/"))
    assert found == Listing(
        ("a.txt", "folder/b.exe", "caf\u00e9.txt", "folder/"), encrypted=False, trouble=None
    )


def test_an_empty_archive() -> None:
    assert list_names(archive()) == Listing((), encrypted=False, trouble=None)


@pytest.mark.parametrize("data", [b"", b"PK", b"text", b"%PDF-1.7 PK\3\4", bytes(100)])
def test_no_archive(data: bytes) -> None:
    assert list_names(data) is None


@pytest.mark.parametrize("prefix", [b"\x89PNG\r\n\x1a\n" * 20, b"MZ" + bytes(300)])
def test_something_in_front(prefix: bytes) -> None:
    assert list_names(prefix + archive("a.exe")) == Listing(("a.exe",), encrypted=False, trouble=None)


def test_a_comment_behind() -> None:
    data = archive("a.exe")
    data = data[:-2] + struct.pack("<H", 60_000) + b"x" * 60_000
    assert list_names(data) == Listing(("a.exe",), encrypted=False, trouble=None)


def test_local_and_central_names_that_differ_are_both_seen() -> None:
    data = archive("photo.png").replace(b"photo.png", b"photo.exe", 1)
    assert set(names(data)) == {"photo.exe", "photo.png"}


def test_members_that_the_directory_does_not_name() -> None:
    hidden = archive("hidden.exe")
    local = hidden[: hidden.index(b"PK\1\2")]
    assert set(names(local + archive("a.txt"))) == {"hidden.exe", "a.txt"}


def test_two_archives_in_one_file() -> None:
    assert set(names(archive("first.exe") + archive("second.txt"))) == {"first.exe", "second.txt"}


def test_an_archive_stored_in_an_archive() -> None:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as opened:
        opened.writestr("inner.zip", archive("deep.exe"))
    assert set(names(octets.getvalue())) == {"inner.zip", "deep.exe"}


def test_the_unicode_path_field() -> None:
    info = zipfile.ZipInfo("plain.txt")
    unicode_name = b"secret.exe"
    info.extra = struct.pack("<HHBL", 0x7075, 5 + len(unicode_name), 1, 0) + unicode_name
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as opened:
        opened.writestr(info, b"x")
    assert set(names(octets.getvalue())) == {"plain.txt", "secret.exe"}


def test_a_name_in_the_old_character_set() -> None:
    data = archive("name.exe").replace(b"name.exe", b"n\x82me.exe")
    assert names(data) == ("n\u00e9me.exe",)


@pytest.mark.parametrize("flagged", [b"PK\3\4", b"PK\1\2"])
def test_a_password_by_either_header(flagged: bytes) -> None:
    data = bytearray(archive("a.txt"))
    at = data.index(flagged) + (6 if flagged == b"PK\3\4" else 8)
    data[at] |= 1
    listing = list_names(bytes(data))
    assert listing is not None
    assert listing.encrypted


def test_an_archive_without_its_directory() -> None:
    data = archive("a.exe")
    found = list_names(data[: data.index(b"PK\1\2")])
    assert found == Listing(("a.exe",), encrypted=False, trouble=Trouble.UNREADABLE)


def test_an_archive_cut_short() -> None:
    assert trouble(archive("a.txt", "b.txt")[:-30]) is Trouble.UNREADABLE


def test_a_directory_that_leads_nowhere() -> None:
    data = bytearray(archive("a.txt"))
    entry = data.index(b"PK\1\2")
    struct.pack_into("<L", data, entry + 42, 7)
    assert trouble(bytes(data)) is Trouble.UNREADABLE


def test_entries_that_share_a_member() -> None:
    data = bytearray(archive("a.txt", "b.txt"))
    second = data.rindex(b"PK\1\2")
    struct.pack_into("<L", data, second + 42, 0)
    assert trouble(bytes(data)) is Trouble.UNREADABLE


def test_a_count_that_is_wrong() -> None:
    data = bytearray(archive("a.txt", "b.txt"))
    struct.pack_into("<H", data, data.index(b"PK\5\6") + 10, 1)
    assert trouble(bytes(data)) is Trouble.UNREADABLE


def test_64_bit_records() -> None:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as opened, opened.open("a.exe", "w", force_zip64=True) as member:
        member.write(b"x")
    assert list_names(octets.getvalue()) == Listing(("a.exe",), encrypted=False, trouble=None)


def test_64_bit_counts() -> None:
    data = archive("a.exe")
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    record = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, end - start, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert trouble(data[:end] + record + locator + last) is None
    assert trouble(data[:end] + locator + last) is Trouble.UNREADABLE


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipnames, "MAX_HEADERS", 10)
    data = archive(*(f"{number}.txt" for number in range(6)))
    listing = list_names(data)
    assert listing is not None
    assert listing.trouble is Trouble.TOO_MANY
    assert listing.names == tuple(f"{number}.txt" for number in range(6))


def test_names_that_are_too_long_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipnames, "MAX_NAME_OCTETS", 100)
    assert trouble(archive("a" * 60, "b" * 60)) is Trouble.TOO_MANY


def test_a_flood_of_signatures_ends() -> None:
    assert trouble(b"PK\3\4" * 100_000) is Trouble.UNREADABLE


@given(st.binary(max_size=400), st.integers(0, 300), st.integers(0, 20))
@settings(max_examples=200, deadline=None)
def test_damage_never_raises(noise: bytes, place: int, removed: int) -> None:
    data = archive("a.exe", "b.txt")
    place %= len(data)
    damaged = data[:place] + noise + data[place + removed :]
    listing = list_names(damaged)
    assert listing is None or isinstance(listing.names, tuple)


@given(st.lists(st.text(alphabet="abc./\u00e9", min_size=1, max_size=12), unique=True, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_names_that_the_standard_library_sees(members: list[str]) -> None:
    data = archive(*members)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert list(names(data)) == opened.namelist()
    assert trouble(data) is None


def test_the_name_in_a_damaged_header_can_be_shown() -> None:
    data = archive("a.txt") + b"PK\3\4" + struct.pack("<HH18xHH", 20, 0, 9000, 0) + bytes(range(60)) * 150
    listing = list_names(data)
    assert listing is not None
    assert max(map(len, listing.names)) == 9000
    for name in listing.names:
        shown = analyse(name).shown
        assert shown.isprintable()
        assert len(shown) <= 61


def headers(count: int, name: int, extra: int) -> bytes:
    """So many local headers, each of which says that a name and extra fields of that length follow it."""
    return (b"PK\3\4" + struct.pack("<HH18xHH", 20, 0x800, name, extra)) * count


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "data",
    [
        headers(6_000, 60_000, 0) + "\u0300\u0316".encode() * 15_000,
        headers(6_000, 1, 65_000) + bytes(65_100),
        headers(6_000, 1, 65_000) + b"a" + struct.pack("<HHBL", 0x7075, 6, 1, 0) * 6_000,
    ],
)
def test_names_that_overlap(data: bytes) -> None:
    """What is looked at is never more than there is, whatever the headers say."""
    listing = list_names(data)
    assert listing is not None
    assert listing.trouble is Trouble.UNREADABLE
    assert sum(len(name.encode()) for name in listing.names) < len(data) + 0xFFFF


def test_long_names_that_do_not_overlap() -> None:
    members = [f"{number}" + "x" * 60_000 for number in range(20)]
    assert list_names(archive(*members)) == Listing(tuple(members), encrypted=False, trouble=None)
