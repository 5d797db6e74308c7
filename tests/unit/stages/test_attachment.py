import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway.mime.event import Kind
from gateway.model import Direction, Finding
from gateway.policy.attachment_file import AttachmentFile
from gateway.policy.attachment_rules import AttachmentMatcher, attachment_rules
from gateway.policy.file_model import RuleFile
from gateway.spool import Spool
from gateway.stages.attachment import AttachmentStage
from gateway.stages.base import Context, Part
from gateway.toml_file import Document

PE = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x4c\x01" + bytes(300)


@pytest.fixture(scope="module")
def stage() -> AttachmentStage:
    rules: list[dict[str, Any]] = [
        {"id": "name", "extensions": ["exe", "js"]},
        {"id": "content", "types": ["application/x-dosexec"]},
        {"id": "inner", "extensions": ["zip"], "where": ["archive"]},
        {"id": "elsewhere", "declared": ["message/external-body"]},
        {"id": "large", "extensions": ["bmp"], "larger_than": 1000},
    ]
    common = {"category": "executable", "must_match": ["-"], "must_not_match": ["-"]}
    data = {"rule": [{**common, **rule} for rule in rules]}
    file = RuleFile(Document(Path("a.toml"), "", data), AttachmentFile.model_validate(data))
    return AttachmentStage(AttachmentMatcher(attachment_rules([file])))


def part(
    content: bytes, *filenames: str, declared: str = "application/octet-stream", spill: bool = False
) -> Part:
    body = Spool(None, 0 if spill else 1 << 20)
    body.write(content)
    return Part("2.1", Kind.BODY, declared, (), "attachment", filenames, "multipart/mixed", body)


def look(stage: AttachmentStage, seen: Part) -> list[Finding]:
    run = stage.start(Context(Direction.INBOUND))
    try:
        return list(run.part(seen))
    finally:
        run.close()
        seen.body.close()


def archive(*names: str) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as opened:
        for name in names:
            opened.writestr(name, b"x")
    return octets.getvalue()


def test_a_name(stage: AttachmentStage) -> None:
    assert look(stage, part(b"inert", "setup.exe")) == [
        Finding("attachment", "name", "executable", "2.1", "setup.exe", 'extension "exe"')
    ]


def test_every_candidate_name_is_judged_and_the_culprit_is_named(stage: AttachmentStage) -> None:
    (found,) = look(stage, part(b"inert", "photo.png", "photo.exe "))
    assert found.filename == "photo.exe "


def test_a_name_is_shown_so_that_it_cannot_mislead(stage: AttachmentStage) -> None:
    (found,) = look(stage, part(b"inert", "photo\u202egpj.exe"))
    assert found.filename == "photo<U+202E>gpj.exe"


def test_a_program_as_the_text_of_a_message(stage: AttachmentStage) -> None:
    seen = part(PE, declared="text/plain")
    assert look(stage, seen) == [
        Finding("attachment", "content", "executable", "2.1", None, "content is application/x-dosexec")
    ]
    assert seen.detected_type == "application/x-dosexec"


def test_a_program_by_another_name(stage: AttachmentStage) -> None:
    (found,) = look(stage, part(PE, "report.pdf"))
    assert (found.rule, found.filename) == ("content", "report.pdf")


def test_an_ordinary_text(stage: AttachmentStage) -> None:
    seen = part(b"Dear all\r\n", declared="text/plain")
    assert look(stage, seen) == []
    assert seen.detected_type == "text/plain"


def test_an_empty_part(stage: AttachmentStage) -> None:
    seen = part(b"", declared="text/plain")
    assert look(stage, seen) == []
    assert seen.detected_type == "application/x-empty"


def test_an_empty_part_with_a_name(stage: AttachmentStage) -> None:
    assert [found.rule for found in look(stage, part(b"", "setup.exe"))] == ["name"]


def test_a_declared_type(stage: AttachmentStage) -> None:
    (found,) = look(stage, part(b"Content-ID: <a@b>\r\n", declared="message/external-body"))
    assert (found.rule, found.detail) == ("elsewhere", "declared as message/external-body")


def test_a_size(stage: AttachmentStage) -> None:
    assert [found.rule for found in look(stage, part(bytes(1001), "a.bmp"))] == ["large"]
    assert look(stage, part(bytes(1000), "a.bmp")) == []


@pytest.mark.parametrize("spill", [False, True])
def test_names_inside_an_archive(stage: AttachmentStage, spill: bool) -> None:
    content = archive("readme.txt", "sub/invoice.exe", "sub/other.exe", "inner.zip", "folder.exe/")
    findings = look(stage, part(content, "photos.zip", spill=spill))
    assert [(found.rule, found.part, found.filename, found.detail) for found in findings] == [
        ("name", "2.1", "photos.zip", 'inside the archive: "sub/invoice.exe", extension "exe"'),
        ("inner", "2.1", "photos.zip", 'inside the archive: "inner.zip", extension "zip"'),
    ]


@pytest.mark.parametrize("name", ["letter.docx", "letter", "letter.png"])
def test_an_archive_whatever_it_is_called(stage: AttachmentStage, name: str) -> None:
    (found,) = look(stage, part(archive("invoice.js"), name))
    assert (found.rule, found.filename) == ("name", name)


def test_an_archive_without_a_name_behind_a_picture(stage: AttachmentStage) -> None:
    content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01" + archive("invoice.exe")
    (found,) = look(stage, part(content, declared="image/png"))
    assert (found.rule, found.filename) == ("name", None)


def test_a_locked_archive(stage: AttachmentStage) -> None:
    content = bytearray(archive("letter.txt"))
    content[6] |= 1
    assert look(stage, part(bytes(content), "a.zip")) == [
        Finding("attachment", "zip-encrypted", "encrypted", "2.1", "a.zip", "ZIP with a password")
    ]


def test_an_archive_that_cannot_be_followed(stage: AttachmentStage) -> None:
    content = archive("letter.txt", "invoice.exe")
    findings = look(stage, part(content[: content.index(b"PK\1\2")], "a.zip"))
    assert [(found.rule, found.category) for found in findings] == [
        ("name", "executable"),
        ("zip-unreadable", "not-inspected"),
    ]


def test_many_small_files_are_not_all_examined(stage: AttachmentStage) -> None:
    run = stage.start(Context(Direction.INBOUND))
    found: list[Finding] = []
    for number in range(150):
        seen = part(b"int many%d;" % number, "many.c")
        found += run.part(seen)
        seen.body.close()
    run.close()
    assert [(one.rule, one.category) for one in found] == [("too-many-files", "not-inspected")]
    assert look(stage, part(b"int one;", "one.c")) == []
