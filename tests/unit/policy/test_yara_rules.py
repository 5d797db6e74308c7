import threading
from pathlib import Path

import pytest

from gateway.policy.yara_rules import Externals, YaraMatcher, load_yara
from gateway.problem import Problem

CATEGORIES = {"malware": None, "executable": None}


def load(folder: Path, **files: str) -> tuple[YaraMatcher | None, list[Problem]]:
    paths = []
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yar"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return load_yara(folder, paths, CATEGORIES)


def rules(folder: Path, **files: str) -> YaraMatcher:
    matcher, problems = load(folder, **files)
    assert problems == []
    assert matcher is not None
    return matcher


RULE = """
rule %s
{
    meta:
        category = "malware"
        %s
    strings:
        $a = "wombat"
    condition:
        %s
}
"""


def test_a_match_names_rule_category_file_and_line(tmp_path: Path) -> None:
    matcher = rules(tmp_path, first=RULE % ("one", "", "$a"), second=RULE % ("two", "", "#a > 1"))
    (found,) = matcher.match(b"a wombat", Externals()).rules
    assert (found.id, found.category, found.file, found.line) == ("one", "malware", tmp_path / "first.yar", 2)
    assert len(matcher) == 2


def test_one_name_in_two_files(tmp_path: Path) -> None:
    matcher = rules(tmp_path, a=RULE % ("one", "", "$a"), b=RULE % ("one", "", "$a"))
    assert [rule.file.name for rule in matcher.match(b"wombat", Externals()).rules] == ["a.yar", "b.yar"]


@pytest.mark.parametrize(
    ("condition", "externals"),
    [
        ('$a and filename == "café.exe"', Externals(filename="café.exe")),
        ('$a and extension == "exe"', Externals(extension="exe")),
        ('$a and filetype == "text/plain"', Externals(filetype="text/plain")),
        ('$a and direction == "outbound"', Externals(direction="outbound")),
    ],
)
def test_external_variables(tmp_path: Path, condition: str, externals: Externals) -> None:
    matcher = rules(tmp_path, a=RULE % ("one", "", condition))
    assert matcher.match(b"wombat", externals).rules
    assert not matcher.match(b"wombat", Externals()).rules


def test_a_name_that_utf_8_cannot_hold(tmp_path: Path) -> None:
    matcher = rules(tmp_path, a=RULE % ("one", "", '$a and filename == "a?b"'))
    assert matcher.match(b"wombat", Externals(filename="a\udcffb")).rules


def test_whether_rules_ask_for_names(tmp_path: Path) -> None:
    assert not rules(tmp_path, a=RULE % ("one", "", "$a")).wants_names
    assert rules(tmp_path, a=RULE % ("one", "", '$a and extension == "exe"')).wants_names


def test_any_buffer(tmp_path: Path) -> None:
    matcher = rules(tmp_path, a=RULE % ("one", "", "$a"))
    for data in (b"wombat", bytearray(b"wombat"), memoryview(b"wombat")):
        assert matcher.match(data, Externals()).rules


def test_too_much_time(tmp_path: Path) -> None:
    matcher = rules(
        tmp_path, a='rule slow { meta: category = "malware" strings: $a = /(x+x+)+y/ condition: $a }'
    )
    with pytest.raises(TimeoutError, match="more than 1 s"):
        matcher.match(b"xx" * 2_000_000, Externals(), timeout=1)


def test_a_rule_that_matches_too_often_is_told(tmp_path: Path) -> None:
    matcher = rules(tmp_path, a=RULE % ("many", "", "#a > 3000000"))
    result = matcher.match(b"wombat" * 1_100_000, Externals())
    assert result.rules == ()
    assert result.given_up == ("many",)


def test_several_threads(tmp_path: Path) -> None:
    matcher = rules(tmp_path, a=RULE % ("one", "", "$a"))
    counts: list[int] = []

    def work() -> None:
        counts.append(sum(len(matcher.match(b"wombat" * 10, Externals()).rules) for _ in range(50)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [50] * 4


def test_no_rules(tmp_path: Path) -> None:
    assert rules(tmp_path).match(b"wombat", Externals()).rules == ()


def test_the_folder_gives_the_category(tmp_path: Path) -> None:
    matcher = rules(tmp_path, executable__theirs="rule a { condition: true }")
    assert matcher.rules[0].category == "executable"


def test_private_rules_need_no_category_and_are_not_reported(tmp_path: Path) -> None:
    matcher = rules(
        tmp_path, a="private rule helper { condition: true }\n" + RULE % ("one", "", "helper and not $a")
    )
    assert [rule.id for rule in matcher.match(b"", Externals()).rules] == ["one"]


def test_latin_1_in_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "old.yar"
    path.write_bytes(b"// caf\xe9\n" + (RULE % ("one", "", "$a")).encode())
    matcher, problems = load_yara(tmp_path, [path], CATEGORIES)
    assert problems == []
    assert matcher is not None
    assert matcher.rules[0].line == 3


def test_examples(tmp_path: Path) -> None:
    meta = """
        must_match = "a wombat"
        must_match_hex_2 = "776f6d626174"
        must_match_base64 = "d29tYmF0"
        must_not_match = "a bat"
        example_filename = "A.EXE"
        example_filetype = "text/plain"
        example_direction = "inbound"
    """
    matcher = rules(tmp_path, a=RULE % ("one", meta, '$a and extension == "exe"'))
    (rule,) = matcher.rules
    assert rule.externals == Externals("A.EXE", "exe", "text/plain", "inbound")
    assert [(example.data, example.must) for example in rule.examples] == [
        (b"a wombat", True),
        (b"wombat", True),
        (b"wombat", True),
        (b"a bat", False),
    ]
    assert [matcher.matches(rule, example) for example in rule.examples] == [True, True, True, False]


@pytest.mark.parametrize(
    ("text", "line", "key", "part"),
    [
        ("rule a {\n condition: filenam }", 2, "", 'Did you mean "filename"?'),
        ("rule a {\n condition }", 2, "", "does not compile: syntax error"),
        ('include "other.yar"\nrule a { condition: true }', 1, "", "does not compile"),
        ("\nrule a { condition: true }", 2, "a", "has no category"),
        (
            '\nrule a { meta: category = "malwear" condition: true }',
            2,
            "a.category",
            'Did you mean "malware"?',
        ),
        (RULE % ("a", 'must_match_hex = "zz"', "$a"), 6, "a.must_match_hex", "is not valid hex"),
        (RULE % ("a", 'must_match_base64 = "zz"', "$a"), 6, "a.must_match_base64", "is not valid base64"),
        (RULE % ("a", "must_match = 3", "$a"), 6, "a.must_match", "quotation marks"),
        (RULE % ("a", 'must_mach = "x"', "$a"), 6, "a.must_mach", 'Did you mean "must_match"?'),
        (RULE % ("a", 'example_file = "x"', "$a"), 6, "a.example_file", "example_filename"),
        (
            RULE % ("a", 'must_match = "x"\n        // must_match = "y"\n        must_match = "z"', "$a"),
            8,
            "a.must_match",
            "must_match_1, must_match_2",
        ),
    ],
)
def test_problems(tmp_path: Path, text: str, line: int, key: str, part: str) -> None:
    matcher, problems = load(tmp_path, rules=text)
    assert matcher is None
    (problem,) = problems
    assert (problem.file, problem.line, problem.key) == (tmp_path / "rules.yar", line, key)
    assert part in problem.message


def test_every_file_is_looked_at(tmp_path: Path) -> None:
    matcher, problems = load(tmp_path, a="rule {", b="rule", c=RULE % ("one", "", "$a"))
    assert matcher is None
    assert [problem.file.name for problem in problems] == ["a.yar", "b.yar"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    matcher, (problem,) = load_yara(tmp_path, [tmp_path / "none.yar"], CATEGORIES)
    assert matcher is None
    assert problem.message == "the file cannot be read (No such file or directory)"


def test_words_of_the_language_in_strings_and_comments_are_no_rules(tmp_path: Path) -> None:
    text = '/*\nrule old\n{\n must_match = "1"\n}\n*/\n' + RULE % ("one", 'must_match = "// wombat /*"', "$a")
    matcher = rules(tmp_path, a=text)
    assert [(rule.id, rule.line) for rule in matcher.rules] == [("one", 8)]
