from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.file_model import RuleFile
from gateway.policy.keyword_rules import KeywordFile, KeywordMatcher, inconsistencies, keyword_rules
from gateway.toml_file import Document


def matcher(*rules: dict[str, Any]) -> KeywordMatcher:
    data = {
        "rule": [
            {
                "id": f"rule-{number}",
                "category": "gambling",
                "must_match": ["-"],
                "must_not_match": ["-"],
                **rule,
            }
            for number, rule in enumerate(rules, 1)
        ]
    }
    file = RuleFile(Document(Path("a.toml"), "", data), KeywordFile.model_validate(data))
    return KeywordMatcher(keyword_rules([file]))


def found(rules: KeywordMatcher, text: str, scope: Any = "body") -> list[tuple[str, str, int]]:
    return [(hit.rule.id, hit.term, hit.count) for hit in rules.find(text, scope)]


@pytest.mark.parametrize(
    "text",
    [
        "free casino bonus",
        "A FREE Casino bonus!",
        "free\r\n  casino\tbonus",
        "(free casino bonus)",
        "ｆｒｅｅ　ｃａｓｉｎｏ　ｂｏｎｕｓ",
        "fr\u200bee cas\u00adino bonus",
        "free-casino-bonus free casino bonus",
    ],
)
def test_a_phrase_however_it_is_set(text: str) -> None:
    assert found(matcher({"terms": ["Free casino bonus"]}), text) == [("rule-1", "Free casino bonus", 1)]


@pytest.mark.parametrize("text", ["Sussex", "sexton", "Middlesex is a county", "sex1", "asexual", "", "se x"])
def test_whole_words_only(text: str) -> None:
    assert found(matcher({"terms": ["sex"]}), text) == []


@pytest.mark.parametrize("text", ["sex", "sex.", "(sex)", "safe-sex", "sex’s", "sex\nsex_", "¿sex?"])
def test_punctuation_ends_a_word(text: str) -> None:
    assert [rule for rule, _, _ in found(matcher({"terms": ["sex"]}), text)] == ["rule-1"]


def test_words_of_other_scripts() -> None:
    rules = matcher({"terms": ["казино", "カジノ"]})
    assert found(rules, "Лучшее КАЗИНО здесь") == [("rule-1", "казино", 1)]
    assert found(rules, "казиношный") == []


def test_typographic_apostrophes_and_dashes() -> None:
    rules = matcher({"terms": ["don't stop", "e-mail"]})
    assert [term for _, term, _ in found(rules, "Don’t stop")] == ["don't stop"]
    assert [term for _, term, _ in found(rules, "an e‑mail")] == ["e-mail"]


def test_terms_that_begin_or_end_with_a_sign() -> None:
    rules = matcher({"terms": ["c++", "#win"]})
    assert found(rules, "c++11 and x#win") == [("rule-1", "c++", 2)]
    assert found(rules, "c+ win") == []


def test_mentions_are_counted_under_the_first_term() -> None:
    rules = matcher({"terms": ["roulette", "poker"]})
    assert found(rules, "poker, roulette, poker") == [("rule-1", "poker", 3)]


def test_one_term_of_several_rules() -> None:
    rules = matcher({"terms": ["poker"]}, {"terms": ["Poker", "bingo"]})
    assert found(rules, "poker") == [("rule-1", "poker", 1), ("rule-2", "poker", 1)]
    assert rules.terms == 2
    assert len(rules) == 2


def test_a_term_within_another() -> None:
    rules = matcher({"terms": ["bonus"]}, {"terms": ["casino bonus"]})
    assert sorted(found(rules, "casino bonus")) == [("rule-1", "bonus", 1), ("rule-2", "casino bonus", 1)]


def test_a_rule_looks_only_where_it_says() -> None:
    rules = matcher(
        {"terms": ["poker"], "scope": ["subject"]}, {"terms": ["bingo"], "scope": ["body", "filename"]}
    )
    assert found(rules, "poker bingo", "subject") == [("rule-1", "poker", 1)]
    assert found(rules, "poker bingo", "body") == [("rule-2", "bingo", 1)]


@pytest.mark.parametrize("name", ["free_casino_bonus.pdf", "Free-Casino.Bonus.docx", "free casino bonus"])
def test_signs_part_the_words_of_a_file_name(name: str) -> None:
    assert found(matcher({"terms": ["free casino bonus"]}), name, "filename") == [
        ("rule-1", "free casino bonus", 1)
    ]


def test_a_file_name_as_it_is_written() -> None:
    assert found(matcher({"terms": ["poker.exe"]}), "poker.exe", "filename") == [("rule-1", "poker.exe", 1)]


def test_no_terms() -> None:
    assert found(matcher(), "anything") == []


def test_examples() -> None:
    rules = matcher({"terms": ["poker"], "scope": ["filename"]})
    assert rules.matches(rules.rules[0], "online_poker.pdf")
    assert not rules.matches(rules.rules[0], "pokers")


@pytest.mark.parametrize(
    ("terms", "part"),
    [
        (["poker", "?!"], '"?!" has no letter or digit'),
        (["poker", "bingo", "PO\u00adKER"], "keep one of the two"),
        (["\u200b"], "has no letter or digit"),
        (["poker", "free*casino"], '"free*casino": * has no meaning in a term; write the forms out'),
        (["casino\uff0a"], "* has no meaning"),
    ],
)
def test_terms_that_make_no_sense(terms: list[str], part: str) -> None:
    (problem,) = inconsistencies(matcher({"terms": terms}).rules[0])
    assert problem.key == f"rule[0].terms[{len(terms) - 1}]"
    assert part in problem.message


def test_sensible_terms() -> None:
    assert inconsistencies(matcher({"terms": ["poker", "poker night", "c++"]}).rules[0]) == []


def test_a_hyphen_is_no_space_in_text_but_is_one_in_a_file_name() -> None:
    rules = matcher({"terms": ["puff-bars"]}, {"terms": ["puff bars"]})
    assert found(rules, "Puff-Bars for sale") == [("rule-1", "puff-bars", 1)]
    assert found(rules, "Puff bars for sale") == [("rule-2", "puff bars", 1)]
    assert found(rules, "puff-bars.jpg", "filename") == [("rule-2", "puff bars", 1)]


WORDS = st.sampled_from(["ace", "aces", "ac", "e", "king", "kings", "of", "a", "ace of kings"])


@given(st.lists(WORDS, min_size=1, max_size=4, unique=True), st.lists(WORDS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_the_same_as_looking_for_each_term(terms: list[str], words: list[str]) -> None:
    tokens = " ".join(words).split()
    expected = sum(
        tokens[start : start + len(term.split())] == term.split()
        for term in terms
        for start in range(len(tokens))
    )
    hits = found(matcher({"terms": terms}), " ".join(words))
    assert sum(count for _, _, count in hits) == expected


def test_the_header_is_a_scope_of_its_own() -> None:
    rules = matcher({"terms": ["poker"]}, {"terms": ["bingo"], "scope": ["subject", "body"]})
    assert found(rules, "poker bingo", "header") == [("rule-1", "poker", 1)]


def test_a_hit_shows_the_text_around_it() -> None:
    (hit,) = matcher({"terms": ["poker"]}).find("Come  to P\u200bOKER night, or poker day", "body")
    assert hit.excerpt == "Come to P<U+200B>OKER night, or poker day"
    (hit,) = matcher({"terms": ["free bonus"]}).find("x" * 40 + " free\r\nbonus", "subject")
    assert hit.excerpt == f"… {'x' * 29} free bonus"


def test_a_file_name_has_no_excerpt() -> None:
    (hit,) = matcher({"terms": ["poker"]}).find("poker.pdf", "filename")
    assert hit.excerpt == ""
