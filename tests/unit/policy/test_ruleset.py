from pathlib import Path

import pytest

from gateway.model import Direction
from gateway.policy.examples import check_examples
from gateway.policy.ruleset import Rules, load
from gateway.problem import Problem

CATEGORIES = "".join(
    f'[category.{name}]\nlabel = "l"\ndescription = "d"\n'
    for name in (
        *("inspection-fault", "not-inspected", "encrypted", "ambiguous", "ambiguous-text"),
        *("executable", "gambling", "malware"),
    )
)
ATTACHMENTS = """
[[rule]]
id = "program"
category = "executable"
extensions = ["exe"]
must_match = ["a.exe"]
must_not_match = ["a.pdf"]
"""
KEYWORDS = """
[[rule]]
id = "poker"
category = "gambling"
terms = ["poker"]
must_match = ["Poker night"]
must_not_match = ["pokers"]
"""
YARA = """
rule wombat
{
    meta:
        category = "malware"
        must_match = "a wombat"
        must_not_match = "a bat"
    strings:
        $a = "wombat"
    condition:
        $a
}
"""
PROFILE = 'title = "A school"\n[category.executable]\naction = "reject"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "categories.toml", CATEGORIES)
    write(tmp_path, "attachments/programs.toml", ATTACHMENTS)
    write(tmp_path, "keywords/gambling.toml", KEYWORDS)
    write(tmp_path, "yara/wombat.yar", YARA)
    write(tmp_path, "profiles/school.toml", PROFILE)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def rules(folder: Path) -> Rules:
    loaded, problems = load(folder, "school")
    assert problems == []
    assert loaded is not None
    return loaded


def problems(folder: Path, profile: str = "school") -> list[tuple[str, int | None, str, str]]:
    loaded, found = load(folder, profile)
    assert loaded is None
    return [(str(item.file.relative_to(folder)), item.line, item.key, item.message) for item in found]


def test_a_sound_folder(folder: Path) -> None:
    loaded = rules(folder)
    assert (len(loaded.attachments), len(loaded.keywords), len(loaded.yara)) == (1, 1, 1)
    assert loaded.profile is loaded.profiles["school"]
    assert loaded.profile.entry("executable", Direction.INBOUND) is not None
    assert check_examples(loaded) == []


def test_a_folder_of_categories_and_profile_alone(tmp_path: Path) -> None:
    write(tmp_path, "categories.toml", CATEGORIES)
    write(tmp_path, "profiles/school.toml", PROFILE)
    assert len(rules(tmp_path).keywords) == 0


def test_the_version_follows_the_content(folder: Path) -> None:
    first = rules(folder).version
    assert rules(folder).version == first
    write(folder, "keywords/gambling.toml", KEYWORDS.replace("pokers", "poked"))
    assert rules(folder).version != first
    assert len(first) == 12


def test_no_folder(tmp_path: Path) -> None:
    loaded, (problem,) = load(tmp_path / "rules", "school")
    assert loaded is None
    assert "no such folder" in problem.message


def test_a_misspelt_profile(folder: Path) -> None:
    assert problems(folder, "scool") == [
        ("profiles", None, "", 'there is no profile "scool" here. Did you mean "school"? Available: school.')
    ]


def test_a_profile_with_a_mistake_is_told_once(folder: Path) -> None:
    write(folder, "profiles/school.toml", PROFILE.replace("executable", "executabel"))
    assert [key for _, _, key, _ in problems(folder)] == ["category.executabel"]


def test_other_profiles_are_checked_too(folder: Path) -> None:
    write(folder, "profiles/college.toml", PROFILE.replace("reject", "regect"))
    assert [(file, line) for file, line, _, _ in problems(folder)] == [("profiles/college.toml", 3)]


def test_a_misspelt_category(folder: Path) -> None:
    write(folder, "keywords/gambling.toml", KEYWORDS.replace('"gambling"', '"gambing"'))
    ((file, line, key, message),) = problems(folder)
    assert (file, line, key) == ("keywords/gambling.toml", 4, "rule[0].category")
    assert 'Did you mean "gambling"?' in message


def test_a_name_that_is_taken(folder: Path) -> None:
    write(folder, "keywords/more.toml", KEYWORDS.replace("poker", "program", 1))
    ((file, line, key, message),) = problems(folder)
    assert (file, line, key) == ("keywords/more.toml", 3, "rule[0].id")
    assert message == '"program" is the name of another rule already (programs.toml:3)'


def test_rules_must_have_examples(folder: Path) -> None:
    write(folder, "keywords/gambling.toml", KEYWORDS.replace('must_match = ["Poker night"]\n', ""))
    remedy = 'is missing; add must_match = ["a text that the rule has to find"]'
    assert problems(folder) == [("keywords/gambling.toml", 2, "rule[0].must_match", remedy)]


@pytest.mark.parametrize("name", ["attachments/programs.toml", "keywords/gambling.toml"])
def test_a_rule_with_single_brackets(folder: Path, name: str) -> None:
    text = (ATTACHMENTS if name.startswith("attachments") else KEYWORDS).replace("[[rule]]", "[rule]")
    write(folder, name, text)
    remedy = "write [[rule]] with two brackets on each side, once for each rule"
    assert problems(folder) == [(name, 2, "rule", remedy)]


def test_a_misspelt_key_is_told_once(folder: Path) -> None:
    write(folder, "keywords/gambling.toml", KEYWORDS.replace("terms", "trems"))
    ((_, line, key, message),) = problems(folder)
    assert (line, key) == (5, "rule[0].trems")
    assert message.startswith('is not a known key. Did you mean "terms"?')


def test_a_term_with_a_wildcard(folder: Path) -> None:
    write(folder, "keywords/gambling.toml", KEYWORDS.replace('"poker"]', '"poker",\n  "free*casino"]'))
    assert problems(folder) == [
        (
            "keywords/gambling.toml",
            6,
            "rule[0].terms[1]",
            '"free*casino": * has no meaning in a term; write the forms out',
        )
    ]


def test_all_problems_of_all_files_at_once(folder: Path) -> None:
    write(folder, "attachments/programs.toml", ATTACHMENTS.replace("extensions", "extension"))
    write(folder, "attachments/more.txt", "")
    write(folder, "keywords/gambling.toml", KEYWORDS.replace('["poker"]', '["poker", "Poker"]'))
    write(folder, "yara/wombat.yar", YARA.replace("$a\n", "$b\n"))
    write(folder, "profiles/school.toml", PROFILE.replace("title", "titel"))
    assert [(file, line, key) for file, line, key, _ in problems(folder)] == [
        ("attachments/more.txt", None, ""),
        ("attachments/programs.toml", 5, "rule[0].extension"),
        ("keywords/gambling.toml", 5, "rule[0].terms[1]"),
        ("yara/wombat.yar", 12, ""),
        ("profiles/school.toml", 1, "titel"),
    ]


def failing(folder: Path) -> list[Problem]:
    return check_examples(rules(folder))


@pytest.mark.parametrize(
    ("name", "text", "line", "key", "part"),
    [
        (
            "attachments/programs.toml",
            ATTACHMENTS.replace("a.exe", "a.ex"),
            6,
            "rule[0].must_match[0]",
            "a.ex",
        ),
        (
            "attachments/programs.toml",
            ATTACHMENTS.replace("a.pdf", "a.pdf.exe"),
            7,
            "rule[0].must_not_match[0]",
            'extension "exe"',
        ),
        (
            "keywords/gambling.toml",
            KEYWORDS.replace("Poker", "Joker"),
            6,
            "rule[0].must_match[0]",
            "Joker night",
        ),
        (
            "keywords/gambling.toml",
            KEYWORDS.replace("pokers", "a poker"),
            7,
            "rule[0].must_not_match[0]",
            'the term "poker"',
        ),
        ("yara/wombat.yar", YARA.replace("a wombat", "a bat"), 6, "wombat.must_match", "does not match"),
        (
            "yara/wombat.yar",
            YARA.replace("a bat", "a wombat"),
            7,
            "wombat.must_not_match",
            "the rule matches",
        ),
    ],
)
def test_an_example_that_fails(folder: Path, name: str, text: str, line: int, key: str, part: str) -> None:
    write(folder, name, text)
    (problem,) = failing(folder)
    assert (problem.file, problem.line, problem.key) == (folder / name, line, key)
    assert part in problem.message
