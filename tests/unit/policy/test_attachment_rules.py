from pathlib import Path
from typing import Any

import pytest

from gateway.policy.attachment_file import AttachmentFile, FileExample
from gateway.policy.attachment_rules import (
    AttachmentMatcher,
    FileSeen,
    attachment_rules,
    inconsistencies,
)
from gateway.policy.file_model import RuleFile
from gateway.policy.filename import analyse
from gateway.toml_file import Document


def matcher(*rules: dict[str, Any]) -> AttachmentMatcher:
    data = {
        "rule": [
            {
                "id": f"rule-{number}",
                "category": "executable",
                "must_match": ["-"],
                "must_not_match": ["-"],
                **rule,
            }
            for number, rule in enumerate(rules, 1)
        ]
    }
    file = RuleFile(Document(Path("a.toml"), "", data), AttachmentFile.model_validate(data))
    return AttachmentMatcher(attachment_rules([file]))


def by_name(rules: AttachmentMatcher, *names: str) -> list[tuple[str, str]]:
    hits = rules.judge(FileSeen(tuple(analyse(name) for name in names)))
    return [(hit.rule.id, hit.why) for hit in hits]


def test_an_extension() -> None:
    rules = matcher({"extensions": [".EXE", "*.scr", "tar.gz"]})
    assert by_name(rules, "setup.Exe") == [("rule-1", 'extension "exe"')]
    assert by_name(rules, "a.scr") == [("rule-1", 'extension "scr"')]
    assert by_name(rules, "a.tar.gz") == [("rule-1", 'extension "tar.gz"')]
    assert by_name(rules, "a.gz", "exe", "a.exe.txt") == []


def test_every_candidate_name_is_judged_and_a_rule_counts_once() -> None:
    rules = matcher({"extensions": ["exe"]})
    assert by_name(rules, "a.png", "a.exe", "b.exe") == [("rule-1", 'extension "exe"')]


def test_the_hit_says_which_name() -> None:
    rules = matcher({"extensions": ["exe"]})
    (hit,) = rules.judge(FileSeen((analyse("a.png"), analyse("b.exe"))))
    assert hit.name is not None
    assert hit.name.received == "b.exe"


@pytest.mark.parametrize("name", ["vbaProject.bin", "xl/VBAPROJECT1.BIN", "Free-Casino-2.pdf"])
def test_a_name_with_wildcards(name: str) -> None:
    rules = matcher({"names": ["vbaProject*.bin", "*casino-?.pdf"]})
    assert [rule for rule, _ in by_name(rules, name)] == ["rule-1"]
    assert by_name(rules, "project.bin", "casino.pdf", "vbaProject.bin.txt") == []


def test_a_detected_type() -> None:
    rules = matcher({"types": ["application/x-dosexec", "video/*"]})
    assert [hit.why for hit in rules.judge(FileSeen(detected="application/x-dosexec"))] == [
        "content is application/x-dosexec"
    ]
    assert rules.judge(FileSeen(detected="video/mp4"))
    assert not rules.judge(FileSeen(detected="application/pdf"))
    assert not rules.judge(FileSeen(declared="application/x-dosexec"))


def test_a_declared_type() -> None:
    rules = matcher({"declared": ["message/external-body"]})
    assert rules.judge(FileSeen(declared="message/external-body"))
    assert not rules.judge(FileSeen(detected="message/external-body"))


def test_a_type_that_the_name_or_the_declaration_belies() -> None:
    rules = matcher(
        {"types": ["application/x-dosexec"], "but_named": ["pdf"], "but_declared": ["image/*", "text/plain"]}
    )
    program = "application/x-dosexec"
    named = rules.judge(FileSeen((analyse("a.pdf"),), "application/octet-stream", program))
    assert [hit.why for hit in named] == [f'content is {program}, but the name says "pdf"']
    declared = rules.judge(FileSeen((), "image/png", program))
    assert [hit.why for hit in declared] == [f"content is {program}, but it is declared as image/png"]
    assert rules.judge(FileSeen((), "text/plain", program))
    assert not rules.judge(FileSeen((analyse("a.exe"),), "application/octet-stream", program))
    assert not rules.judge(FileSeen((analyse("a.pdf"),), "image/png", "image/png"))


DOUBLE = {
    "deceptive": ["double-extension", "padding"],
    "looks_like": ["pdf", "jpg"],
    "hides": ["executable"],
}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("invoice.pdf.exe", '"pdf" in front of the extension "exe"'),
        ("INVOICE.PDF .EXE", '"pdf" in front of the extension "exe"'),
        ("invoice_pdf.exe", '"pdf" in front of the extension "exe"'),
        ("invoice (pdf).exe", '"pdf" in front of the extension "exe"'),
        ("invoice" + " " * 40 + ".exe", '40 spaces in front of the extension "exe"'),
        ("invoice" + "\u2800" * 5 + ".exe", '5 spaces in front of the extension "exe"'),
    ],
)
def test_a_harmless_extension_in_front_of_a_harmful_one(name: str, why: str) -> None:
    rules = matcher({"extensions": ["exe"]}, DOUBLE)
    assert ("rule-2", why) in by_name(rules, name)


@pytest.mark.parametrize(
    "name", ["invoice.exe", "epdf.exe", "invoice.pdf.docx", "invoice.exe.pdf", "a       .pdf"]
)
def test_names_that_hide_nothing(name: str) -> None:
    rules = matcher({"extensions": ["exe"]}, DOUBLE)
    assert "rule-2" not in [rule for rule, _ in by_name(rules, name)]


def test_tricks_in_a_name() -> None:
    rules = matcher({"deceptive": ["reversed-text", "class-id"]})
    assert [rule for rule, _ in by_name(rules, "inv\u202efdp.docx")] == ["rule-1"]
    assert [rule for rule, _ in by_name(rules, "a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}")] == ["rule-1"]
    assert by_name(rules, "a.txt::$DATA") == []


def test_tricks_that_count_only_in_front_of_harmful_extensions() -> None:
    rules = matcher({"extensions": ["exe"]}, {"deceptive": ["control-character"], "hides": ["executable"]})
    assert ("rule-2", "control characters in the name") in by_name(rules, "a.exe\0.png")
    assert by_name(rules, "a\0.png") == []


def test_rules_apply_where_they_say() -> None:
    rules = matcher(
        {"extensions": ["zip"], "where": ["archive"]},
        {"extensions": ["one"], "where": ["message"]},
        {"extensions": ["exe"]},
    )
    assert by_name(rules, "a.zip", "a.one", "a.exe") == [
        ("rule-2", 'extension "one"'),
        ("rule-3", 'extension "exe"'),
    ]
    inside = [hit.rule.id for name in ("a.zip", "a.one", "a.exe") for hit in rules.judge_entry(analyse(name))]
    assert inside == ["rule-1", "rule-3"]


def test_a_size() -> None:
    rules = matcher({"extensions": ["pdf"], "larger_than": "1 KiB"})
    names = (analyse("a.pdf"),)
    assert rules.judge(FileSeen(names, size=1025))
    assert not rules.judge(FileSeen(names, size=1024))
    assert not rules.judge_entry(names[0])


def test_examples_are_judged_as_messages_are() -> None:
    rules = matcher({"extensions": ["zip"], "where": ["archive"]}, {"types": ["image/png"], "larger_than": 5})
    inside, picture = rules.rules
    assert rules.matches(inside, FileExample(name="a.zip"))
    assert not rules.matches(inside, FileExample(name="a.zip", inside="message"))
    assert rules.matches(picture, FileExample(type="image/png", size=6))
    assert not rules.matches(picture, FileExample(type="image/png", size=5))


@pytest.mark.parametrize(
    ("rule", "key", "part"),
    [
        ({}, "rule[0]", "has no condition"),
        ({"extensions": ["exe"], "but_named": ["pdf"]}, "rule[0].but_named", "the rule has no types"),
        ({"extensions": ["exe"], "looks_like": ["pdf"]}, "rule[0].looks_like", "the rule has no deceptive"),
        ({"deceptive": ["double-extension"]}, "rule[0].deceptive", "needs looks_like"),
        (
            {"deceptive": ["padding"], "hides": ["executabel"]},
            "rule[0].hides",
            'Did you mean "executable"?',
        ),
    ],
)
def test_rules_that_make_no_sense(rule: dict[str, Any], key: str, part: str) -> None:
    (problem,) = inconsistencies(matcher(rule).rules[0], ["executable", "malware"])
    assert problem.key == key
    assert part in problem.message


def test_a_sensible_rule_has_no_problem() -> None:
    rules = matcher({"extensions": ["exe"]}, DOUBLE)
    assert [problem for rule in rules.rules for problem in inconsistencies(rule, ["executable"])] == []


def test_no_rules_find_nothing() -> None:
    rules = matcher()
    assert len(rules) == 0
    assert by_name(rules, "a.exe") == []
