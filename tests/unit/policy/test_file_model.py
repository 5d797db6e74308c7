from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from gateway.policy.attachment_file import AttachmentFile
from gateway.policy.category import _CategoriesFile
from gateway.policy.file_model import (
    FileModel,
    Identifier,
    RuleFile,
    Text,
    dotted,
    load,
    not_allowed,
    rule_files,
)
from gateway.policy.keyword_rules import KeywordFile
from gateway.policy.profile import ProfileFile
from gateway.problem import Problem


class Inner(FileModel):
    id: Identifier = Field(examples=["id = …"])
    name: str = ""
    colour: Literal["red", "green"] = "red"
    words: Annotated[tuple[Text, ...], Field(min_length=1)] = ("a",)
    loud: bool = False


class Outer(FileModel):
    rule: tuple[Inner, ...] = ()
    table: dict[Identifier, Inner] = {}  # noqa: RUF012  # pydantic copies defaults


def problems(folder: Path, text: str) -> list[Problem]:
    path = folder / "a.toml"
    path.write_text(text, encoding="utf-8")
    file = load(path, Outer)
    return file if isinstance(file, list) else []


def test_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[[rule]]\nid = "one"\n\n[[rule]]\nid = "two-b"\nwords = ["x"]\n', encoding="utf-8")
    file = load(path, Outer)
    assert isinstance(file, RuleFile)
    assert [rule.id for rule in file.content.rule] == ["one", "two-b"]
    assert file.problem(("rule", 1, "words"), "wrong") == Problem(path, 6, "rule[1].words", "wrong")


@pytest.mark.parametrize(
    ("text", "line", "key", "part"),
    [
        (
            '[[rule]]\nid = "a"\ncolor = "red"',
            3,
            "rule[0].color",
            'Did you mean "colour"? Allowed: colour, id,',
        ),
        ('[[rule]]\nid = "a"\n[[rule]]\nwords = ["b"]', 3, "rule[1].id", "is missing"),
        (
            '[[rule]]\nid = "a"\ncolour = "redd"',
            3,
            "rule[0].colour",
            'Did you mean "red"? Allowed: red, green.',
        ),
        ('[[rule]]\nid = "a"\nwords = "b"', 3, "rule[0].words", "list in square brackets"),
        ('[[rule]]\nid = "a"\nwords = []', 3, "rule[0].words", "must not be empty"),
        ('[[rule]]\nid = "a"\nwords = [\n"b",\n7,\n]', 5, "rule[0].words[1]", "text in quotation marks"),
        ('[[rule]]\nid = "a"\nwords = ["b", ""]', 3, "rule[0].words[1]", "must not be empty"),
        ('[[rule]]\nid = "a"\nloud = "x"', 3, "rule[0].loud", "true or false"),
        ('[[rule]]\nid = "A b"', 2, "rule[0].id", "small letters, digits and single hyphens"),
        ("[rule]\nid = 'a'", 1, "rule", "write [[rule]] with two brackets on each side, once for each rule"),
        (
            "[[table]]\nid = 'a'",
            1,
            "table",
            "write [table.NAME] with one bracket on each side, once for each table",
        ),
        (
            "[[table.a]]\nid = 'a'",
            1,
            "table.a",
            "write [table.a] with one bracket on each side, and its keys",
        ),
        ("[[rule]]\nname = 'a'", 1, "rule[0].id", "is missing; add id = …"),
        ("rule = [1]", 1, "rule[0]", "table of keys and values"),
        ('[rules]\nid = "a"', 1, "rules", 'Did you mean "rule"?'),
        ('[table.a]\nid = "a"\nlod = true', 3, "table.a.lod", 'Did you mean "loud"?'),
        ('[table.A]\nid = "a"', 1, "table.A", "small letters"),
        ('[[rule]]\nid = "a', 2, "", "quotation mark"),
    ],
)
def test_problems_have_place_and_remedy(tmp_path: Path, text: str, line: int, key: str, part: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert (problem.file, problem.line, problem.key) == (tmp_path / "a.toml", line, key)
    assert part in problem.message


def test_a_key_that_is_missing_because_it_is_misspelt_is_told_once(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, '[[rule]]\nidd = "a"')
    assert (problem.line, problem.key) == (2, "rule[0].idd")
    found = problems(tmp_path, '[[rule]]\nid = 1\nidd = "a"\n[[rule]]\n')
    assert [problem.key for problem in found] == ["rule[0].id", "rule[0].idd", "rule[1].id"]


@pytest.mark.parametrize("model", [AttachmentFile, KeywordFile, ProfileFile, _CategoriesFile])
def test_whatever_may_be_missing_has_a_remedy(tmp_path: Path, model: type[FileModel]) -> None:
    path = tmp_path / "a.toml"
    missing: list[str] = []
    for text in ("", "[[rule]]", "category.a = {}"):
        path.write_text(text, encoding="utf-8")
        file = load(path, model)
        found = file if isinstance(file, list) else []
        missing += [problem.message for problem in found if "missing" in problem.message]
    assert missing
    assert all(message.startswith("is missing; add ") for message in missing)


def test_all_problems_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, '[[rule]]\nid = 3\nloud = "maybe"\n[[rule]]\nid = "b"\nx = 1\n')
    assert [problem.key for problem in found] == ["rule[0].id", "rule[0].loud", "rule[1].x"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = load(tmp_path / "none.toml", Outer) or [None]
    assert isinstance(problem, Problem)
    assert "no such file" in problem.message


def test_files_of_rules_are_found_in_order_and_others_are_told(tmp_path: Path) -> None:
    for name in (
        "b.toml",
        "a.toml",
        "sub/c.toml",
        ".hidden.toml",
        "a.toml~",
        "notes.md",
        "README",
        "d.tml",
        "x.bak",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("", encoding="utf-8")
    files, found = rule_files(tmp_path, (".toml",))
    assert [str(path.relative_to(tmp_path)) for path in files] == ["a.toml", "b.toml", "sub/c.toml"]
    assert [(problem.file.name, problem.message) for problem in found] == [
        ("d.tml", "is not read, because its name does not end in .toml")
    ]


def test_a_folder_that_is_not_there_holds_no_rules(tmp_path: Path) -> None:
    assert rule_files(tmp_path / "none", (".toml",)) == ([], [])


def test_key_paths_as_people_write_them() -> None:
    assert dotted(("rule", 0, "terms", 12)) == "rule[0].terms[12]"
    assert dotted(("category", "malware")) == "category.malware"


def test_what_is_not_allowed() -> None:
    assert not_allowed("regect", ["reject", "tag"]) == (
        '"regect" is not allowed. Did you mean "reject"? Allowed: reject, tag.'
    )
