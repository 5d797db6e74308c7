import random
import sys
import threading
from pathlib import Path

import pytest

from gateway.spool import Spool
from gateway.stages.filetype import EMPTY, HTML, PLAIN, Budget, FileTypes, is_plainly_text

PE = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x4c\x01" + bytes(300)
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\x3e\0" + bytes(100)


@pytest.fixture(scope="module")
def types() -> FileTypes:
    return FileTypes()


def detect(types: FileTypes, content: bytes, declared: str = "text/plain", *, named: bool = False) -> str:
    body = Spool(None, 1 << 20)
    body.write(content)
    try:
        return types.detect(body, declared, named=named)
    finally:
        body.close()


def test_nothing(types: FileTypes) -> None:
    assert detect(types, b"") == EMPTY


@pytest.mark.parametrize(
    "content", [b"Dear all\r\n", "caf\u00e9".encode(), b"caf\xe9", b"\x1b$B%+\x1b(B", b"\t\x0c\r\n"]
)
def test_text_as_it_was_sent(types: FileTypes, content: bytes) -> None:
    assert detect(types, content) == PLAIN


def test_html(types: FileTypes) -> None:
    assert detect(types, b"Dear <b>all</b>", HTML) == HTML
    assert detect(types, b"\xef\xbb\xbf\r\n <!DOCTYPE  HTML><p>a") == HTML
    assert detect(types, b"<html lang='en'>") == HTML
    assert detect(types, b"<htmlx> is no tag") == PLAIN
    assert detect(types, b"a < b") == PLAIN


def test_a_program_sent_as_text(types: FileTypes) -> None:
    assert detect(types, PE) == "application/x-dosexec"
    assert detect(types, ELF) == "application/x-executable"
    assert detect(types, PE, HTML) == "application/x-dosexec"


def test_a_program_stub_as_the_tour_sends_it(types: FileTypes) -> None:
    assert detect(types, b"MZ\x90\0", "application/octet-stream", named=True) == "application/x-dosexec"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01", "image/png"),
        (b"PK\3\4\x14\0\0\0\x08\0" + bytes(60), "application/zip"),
        (b"{\\rtf1\\ansi Dear all}", "text/rtf"),
    ],
)
def test_known_formats(types: FileTypes, content: bytes, expected: str) -> None:
    assert detect(types, content, "application/octet-stream", named=True) == expected
    assert detect(types, content) == expected


def test_a_named_text_is_put_to_libmagic(types: FileTypes) -> None:
    assert detect(types, b"#!/bin/sh\necho hello\n", named=True) == "text/x-shellscript"


def test_octets_beyond_text(types: FileTypes) -> None:
    assert detect(types, "Dear all, here are the minutes".encode("utf-16"), named=True) == PLAIN
    assert detect(types, bytes.fromhex("a3009f01fc") * 30) == "application/octet-stream"


@pytest.mark.parametrize("filler", [b"\n", b" ", b"\r\n", b"\t", b"\x05"])
def test_a_flood_of_blanks_is_shortened(types: FileTypes, filler: bytes) -> None:
    assert types.of_octets(filler * (65_536 // len(filler))) == PLAIN
    assert types.of_octets(PE[:200] + filler * 30_000) == "application/x-dosexec"


def test_what_is_plainly_text() -> None:
    assert is_plainly_text(b"Dear all")
    assert is_plainly_text(b"")
    assert not is_plainly_text(b"Dear\0all")
    assert not is_plainly_text(b"MZ and more")
    assert not is_plainly_text(b"\x01")


def test_several_threads(types: FileTypes) -> None:
    found: list[set[str]] = []

    def work() -> None:
        found.append({types.of_octets(PE) for _ in range(20)})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"application/x-dosexec"}] * 4


def test_random_octets_are_no_program() -> None:
    """Compressed and encrypted files look random; one in a hundred was taken for a program."""
    chance = random.Random(5)
    types = FileTypes()
    # A .com file begins with a jump, which is what takes libmagic in.
    found = {
        types.of_octets(jump + chance.randbytes(1024))
        for jump in (b"\xe9", b"\xeb", b"\xb8")
        for _ in range(500)
    }
    assert not found & {
        "application/x-dosexec", "application/x-executable", "application/x-object", "application/x-sharedlib",
    }  # fmt: skip


def test_a_program_is_one_all_the_same() -> None:
    types = FileTypes()
    assert types.of_octets(b"MZ\x90\0" + bytes(1000)) == "application/x-dosexec"
    elf = Path(sys.executable).resolve().read_bytes()[:65536]
    assert types.of_octets(elf) in (
        "application/x-executable", "application/x-pie-executable", "application/x-sharedlib",
    )  # fmt: skip


class Counting:
    """libmagic that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def from_buffer(self, sample: bytes) -> str:
        self.asked += 1
        return "text/x-c"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> tuple[FileTypes, Counting]:
    types, counting = FileTypes(), Counting()
    monkeypatch.setattr(types, "_magic", counting)
    return types, counting


def test_files_that_begin_alike_are_put_to_libmagic_once(counted: tuple[FileTypes, Counting]) -> None:
    types, counting = counted
    for _ in range(1_000):
        assert detect(types, b"int main() {}", named=True) == "text/x-c"
    assert counting.asked == 1


def test_what_is_remembered_is_bounded(counted: tuple[FileTypes, Counting]) -> None:
    types, counting = counted
    for number in range(2_000):
        types.of_octets(b"\0%d" % number)
        types.of_octets(b"\0" * 5_000 + b"%d" % number)
    assert counting.asked == 4_000
    assert len(types._known) <= 256


def test_a_message_of_many_small_files_has_a_budget(counted: tuple[FileTypes, Counting]) -> None:
    types, counting = counted
    budget = Budget()
    found = [types.of_octets(b"int a%d;" % number, budget) for number in range(2_000)]
    assert found[0] == "text/x-c"
    assert found[-1] == PLAIN
    assert budget.spent
    assert counting.asked == 100
    assert types.of_octets(b"MZ\x90\0", budget) == "application/x-dosexec"
    assert types.of_octets(b"\0\x01", budget) == "application/octet-stream"


def test_the_budget_grows_with_the_files(counted: tuple[FileTypes, Counting]) -> None:
    types, counting = counted
    budget = Budget()
    for number in range(300):
        body = Spool(None, 1 << 20)
        body.write(b"\0%d" % number + bytes(4_096))
        types.detect(body, "image/png", named=True, budget=budget)
        body.close()
    assert counting.asked == 300
    assert not budget.spent


def test_a_large_file_pays_for_few_others(counted: tuple[FileTypes, Counting]) -> None:
    """A file that expands must not buy answers for thousands of small ones."""
    types, counting = counted
    budget = Budget()
    body = Spool(None, 8 << 20)
    body.write(b"\0" * (4 << 20))
    types.detect(body, "a/b", named=True, budget=budget)
    body.close()
    for number in range(1_000):
        types.of_octets(b"int a%d;" % number, budget)
    assert counting.asked == 100 + 16
    assert budget.spent


def test_the_budget_has_an_end(counted: tuple[FileTypes, Counting]) -> None:
    types, counting = counted
    budget = Budget(credit=1 << 30)
    for number in range(1_000):
        types.of_octets(b"int a%d;" % number, budget)
    assert counting.asked == 300
    assert budget.spent
