"""The embedded next hop: whole messages in a proper Maildir, or none."""

from __future__ import annotations

import errno
import mailbox
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.model import new_reference
from gateway.relay.maildir import MaildirDelivery

MESSAGE = b"Subject: Caf\xc3\xa9\r\n\r\nline\r\n.dot\r\n"


def files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()]


def test_a_message_is_readable_as_a_maildir(tmp_path: Path) -> None:
    path, reference = tmp_path / "var" / "mail", new_reference()
    delivered = MaildirDelivery(path).deliver(
        reference, "a@example.org", ["b@school.example", "c@school.example"], [MESSAGE[:9], MESSAGE[9:]]
    )
    assert delivered.read_bytes() == (
        b"Return-Path: <a@example.org>\r\n"
        b"Delivered-To: b@school.example\r\n"
        b"Delivered-To: c@school.example\r\n" + MESSAGE
    )
    assert sorted(folder.name for folder in path.iterdir()) == ["cur", "new", "tmp"]
    assert files(path) == [delivered]
    box = mailbox.Maildir(path, create=False)
    (message,) = list(box)
    assert message["Return-Path"] == "<a@example.org>"
    assert message.get_all("Delivered-To") == ["b@school.example", "c@school.example"]
    box.close()


def test_the_file_name_is_time_reference_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "odd/host:name")
    reference = new_reference()
    name = MaildirDelivery(tmp_path).deliver(reference, "", ["b@school.example"], [MESSAGE]).name
    seconds, middle, host = name.split(".")
    assert seconds.isdigit()
    assert middle == reference
    assert host == "odd\\057host\\072name"


def test_the_null_reverse_path_and_octets_that_are_no_text(tmp_path: Path) -> None:
    path = MaildirDelivery(tmp_path).deliver(
        new_reference(), "", ["jos\u00e9\udce9@school.example"], [MESSAGE]
    )
    assert path.read_bytes().startswith(
        b"Return-Path: <>\r\nDelivered-To: jos\xc3\xa9\xe9@school.example\r\nSubject:"
    )


def test_an_address_cannot_add_header_fields(tmp_path: Path) -> None:
    path = MaildirDelivery(tmp_path).deliver(new_reference(), "a\r\nX: 1", ["b\nY: 2\0"], [MESSAGE])
    assert path.read_bytes().startswith(b"Return-Path: <aX: 1>\r\nDelivered-To: bY: 2\r\nSubject:")


def test_a_reader_never_sees_half_a_message(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def blocks() -> Iterator[bytes]:
        yield MESSAGE
        seen.append([str(file.relative_to(tmp_path).parent) for file in files(tmp_path)])

    MaildirDelivery(tmp_path).deliver(new_reference(), "", ["b@school.example"], blocks())
    assert seen == [["tmp"]]


def test_nothing_is_left_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        MaildirDelivery(tmp_path).deliver(new_reference(), "", ["b@school.example"], [MESSAGE])
    assert files(tmp_path) == []


def test_nothing_is_left_when_the_message_breaks_off(tmp_path: Path) -> None:
    def blocks() -> Iterator[bytes]:
        yield MESSAGE
        raise OSError("spool")

    with pytest.raises(OSError, match="spool"):
        MaildirDelivery(tmp_path).deliver(new_reference(), "", ["b@school.example"], blocks())
    assert files(tmp_path) == []


def test_two_messages_of_one_second_are_two_files(tmp_path: Path) -> None:
    delivery = MaildirDelivery(tmp_path)
    first = delivery.deliver(new_reference(), "", ["b@school.example"], [MESSAGE])
    second = delivery.deliver(new_reference(), "", ["b@school.example"], [MESSAGE])
    assert set(files(tmp_path)) == {first, second}
