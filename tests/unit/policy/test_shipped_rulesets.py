"""The rulesets that ship with Postern do what the rows of the policy requirements ask."""

import re
from pathlib import Path

import pytest

from gateway.model import Action, Direction, Finding
from gateway.policy.attachment_rules import FileSeen
from gateway.policy.decide import decide
from gateway.policy.filename import analyse
from gateway.policy.ruleset import Rules, load
from gateway.policy.yara_rules import Externals

SHIPPED = Path(__file__).parents[3] / "rulesets"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def rules() -> Rules:
    loaded, problems = load(SHIPPED, "nexus-mat")
    assert problems == []
    assert loaded is not None
    return loaded


def verdict(rules: Rules, category: str) -> tuple[Action, str]:
    reason = decide([Finding("stage", "rule", category)], rules.profile, Direction.INBOUND).deciding
    assert reason is not None
    return reason.action, reason.clause


def by_name(rules: Rules, *names: str) -> set[str]:
    return {hit.rule.category for hit in rules.attachments.judge(FileSeen(tuple(map(analyse, names))))}


def by_text(rules: Rules, text: str) -> set[str]:
    return {hit.rule.category for hit in rules.keywords.find(text, "body")}


@pytest.mark.parametrize(
    "extension",
    [
        *("exe", "com", "scr", "pif", "bat", "cmd", "js", "jse", "vbs", "vbe", "hta", "wsf", "wsh", "ps1"),
        *("lnk", "url", "scf", "msi", "jar", "desktop", "xll", "cpl", "dll", "reg", "apk", "chm"),
    ],
)
def test_n10_programs_and_screen_savers_by_name(rules: Rules, extension: str) -> None:
    assert "executable" in by_name(rules, f"invoice.{extension}")


@pytest.mark.parametrize(
    "name", ["Letter.docx", "Marks.xlsx", "Talk.pptx", "a.pdf", "a.jpg", "a.zip", "a.ics", "a.mp4"]
)
def test_n9_ordinary_attachments_are_welcome(rules: Rules, name: str) -> None:
    assert by_name(rules, name) == set()


def test_n14_deceptive_names(rules: Rules) -> None:
    assert by_name(rules, "invoice.pdf.exe") == {"executable", "deceptive-name"}
    assert by_name(rules, "photo\u202egpj.scr") == {"executable", "deceptive-name"}


@pytest.mark.parametrize(
    "form", [EICAR, b"text before " + EICAR + b"\r\n", EICAR.decode().encode("utf-16-le")]
)
def test_n14_the_antivirus_test_string(rules: Rules, form: bytes) -> None:
    assert [rule.category for rule in rules.yara.match(form, Externals()).rules] == ["malware"]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Claim your free casino bonus today", "gambling"),
        ("Penny stock alert!", "share-dealing"),
        ("Forward this to everyone you know", "chain-mail"),
        ("WEED FOR SALE", "drugs"),
        ("how to make a pipe bomb", "weapons"),
        ("race war now", "extremism"),
        ("Watch free porn", "sexual"),
        ("trading cp with others", "child-abuse"),
        ("Joke of the day", "joke"),
        ("I'm going to kill you", "threat"),
        ("Everyone hates you", "harassment"),
        ("All Muslims are terrorists", "discrimination"),
        ("Go back to your own country", "racism"),
        ("Are you retarded?", "disability-abuse"),
        ("Hire a hacker", "illegal-acts"),
    ],
)
def test_n5_and_n6_content_classes(rules: Rules, text: str, category: str) -> None:
    assert by_text(rules, text) == {category}
    action, clause = verdict(rules, category)
    assert action is not Action.RELAY
    assert clause in ("5.11.3", "App. 1")


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe, Sussex, Essex, Penistone, Cockermouth and Lightwater",
        "Sex and relationships education: consultation with parents",
        "Breast cancer awareness week; the cock robin and the great tit",
        "Knife crime and county lines: a workshop on drugs and gangs",
        "The Holocaust, the rise of Hitler and the causes of the war",
        "Please forward this to your line manager",
        "The gambling scene in the novel; problem gambling among the young",
        "Shares, stocks and the economy: year 12",
        "SEND review; the spastic muscles of cerebral palsy",
    ],
)
def test_d16_a_word_alone_is_not_a_breach(rules: Rules, text: str) -> None:
    assert by_text(rules, text) == set()


@pytest.mark.parametrize(
    ("category", "action", "clause"),
    [
        ("executable", Action.REJECT, "5.11.3"),
        ("deceptive-name", Action.REJECT, "6.3"),
        ("malware", Action.REJECT, "6.3"),
        ("gambling", Action.REJECT, "5.11.3"),
        ("racism", Action.REJECT, "App. 1"),
        ("inspection-fault", Action.DEFER, "6.3"),
        ("not-inspected", Action.QUARANTINE, "6.3"),
        ("joke", Action.TAG, "5.11.3"),
    ],
)
def test_n1_what_follows_names_the_clause(rules: Rules, category: str, action: Action, clause: str) -> None:
    assert verdict(rules, category) == (action, clause)


def test_mail_to_people_inside_and_outside_is_one_transaction(rules: Rules) -> None:
    assert rules.profile.policy(Direction.OUTBOUND) == rules.profile.policy(Direction.INTERNAL)


def test_every_category_of_a_rule_is_acted_on(rules: Rules) -> None:
    used = {rule.category for rule in (*rules.attachments.rules, *rules.keywords.rules, *rules.yara.rules)}
    assert {name for name in used if rules.profile.entry(name, Direction.INBOUND) is None} == set()


def test_every_yara_rule_has_examples_of_both_kinds(rules: Rules) -> None:
    for rule in rules.yara.rules:
        assert {example.must for example in rule.examples} == {True, False}, rule.id


def test_every_term_is_found_as_it_is_written(rules: Rules) -> None:
    for rule in rules.keywords.rules:
        for term in rule.model.terms:
            assert rule in [hit.rule for hit in rules.keywords.find(f"({term.upper()})", "body")], term


def test_slurs_come_behind_a_warning() -> None:
    text = (SHIPPED / "keywords" / "slurs.toml").read_text(encoding="utf-8")
    first_rule = text.index("[[rule]]\nid")
    assert "WARNING" in text[:400]
    assert text.count("\n", 0, first_rule) > 30
    assert all(line.startswith("#") or not line for line in text[:first_rule].split("\n"))


def test_no_file_holds_the_antivirus_test_string() -> None:
    for path in SHIPPED.rglob("*"):
        if path.is_file():
            assert EICAR not in path.read_bytes(), path


def test_child_protection_findings_repeat_nothing(rules: Rules) -> None:
    assert not rules.categories["child-abuse"].show_match


def test_labels_fit_into_a_rejection(rules: Rules) -> None:
    for category in rules.categories.values():
        assert re.fullmatch(r"[a-z][a-z0-9 ,-]{2,60}", category.label.lower()), category.id
