"""Keyword rules: words and phrases, compiled from `rulesets/keywords/*.toml` into one Aho-Corasick automaton.

Text and terms are folded alike (gateway.text.normalise), so that case, width, accents, invisible characters and
line breaks make no difference; typographic apostrophes and dashes count as plain ones. A term is found as whole
words only: "sex" is not found in "Sussex". The number of terms hardly matters to the time that matching takes.

Known limits: a phrase is not found across punctuation that it does not have itself. There are no wildcards; a term
with "*" is refused, because whoever writes one expects them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import ahocorasick
from pydantic import Field

from gateway.policy.file_model import FileModel, Identifier, KeyPath, RuleFile, Text
from gateway.problem import Problem, shown
from gateway.text.excerpt import around
from gateway.text.normalise import fold

Scope = Literal["subject", "body", "filename", "header"]

_NAME_SEPARATORS = re.compile(r"[._+\-]+")
_TYPOGRAPHIC = (("\u2019", "'"), ("\u2018", "'"), ("\u02bc", "'"), ("\u2010", "-"), ("\u2013", "-"))


class KeywordRuleModel(FileModel):
    """One [[rule]] as it is written."""

    id: Identifier = Field(examples=['id = "name-of-the-rule"'])
    category: Text = Field(examples=['category = "gambling", or another one of categories.toml'])
    terms: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        examples=['terms = ["a word or phrase to look for"]']
    )
    scope: Annotated[tuple[Scope, ...], Field(min_length=1)] = get_args(Scope)
    must_match: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        examples=['must_match = ["a text that the rule has to find"]']
    )
    must_not_match: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        examples=['must_not_match = ["a text that the rule has to leave alone"]']
    )


class KeywordFile(FileModel):
    """A file of keyword rules."""

    rule: tuple[KeywordRuleModel, ...] = ()


@dataclass(frozen=True, slots=True)
class KeywordRule:
    """A rule with its origin."""

    model: KeywordRuleModel
    file: RuleFile[KeywordFile]
    index: int

    @property
    def id(self) -> str:
        """The rule's name."""
        return self.model.id

    @property
    def category(self) -> str:
        """What kind of content it finds."""
        return self.model.category

    def problem(self, keys: KeyPath, message: str) -> Problem:
        """A problem with what stands at `keys` below the rule."""
        return self.file.problem(("rule", self.index, *keys), message)


@dataclass(slots=True)
class KeywordHit:
    """A rule that held: the first term found, and how many times terms of the rule were found in all.

    The term stands at `start` to `end` of the folded form of `text`.
    """

    rule: KeywordRule
    term: str
    count: int = 1
    text: str = ""
    start: int = 0
    end: int = 0

    @property
    def excerpt(self) -> str:
        """The text around the first term, as it is written, on one line; worked out when asked for. "" for a file
        name, which is given whole elsewhere."""
        return around(self.text, self.start, self.end) if self.text else ""


@dataclass(slots=True)
class _Term:
    """A term of the automaton: its length when folded, and the rules that have it."""

    written: str
    length: int
    rules: list[KeywordRule] = field(default_factory=list)


def keyword_rules(files: Iterable[RuleFile[KeywordFile]]) -> list[KeywordRule]:
    """The rules of all files."""
    return [
        KeywordRule(model, file, index) for file in files for index, model in enumerate(file.content.rule)
    ]


def inconsistencies(rule: KeywordRule) -> list[Problem]:
    """What is wrong with a rule as a whole: terms of which nothing is left, that stand twice, or with a "*"."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for index, written in enumerate(rule.model.terms):
        folded = searchable(written)
        if not any(char.isalnum() for char in folded):
            problems.append(rule.problem(("terms", index), f'"{shown(written)}" has no letter or digit'))
        elif "*" in folded:
            message = f'"{shown(written)}": * has no meaning in a term; write the forms out'
            problems.append(rule.problem(("terms", index), message))
        elif folded in seen:
            message = f'"{shown(written)}" says the same as "{shown(seen[folded])}"; keep one of the two'
            problems.append(rule.problem(("terms", index), message))
        seen.setdefault(folded, written)
    return problems


def searchable(text: str) -> str:
    """Text in the form in which terms are looked for."""
    folded = fold(text)
    if not folded.isascii():
        for typographic, plain in _TYPOGRAPHIC:
            folded = folded.replace(typographic, plain)
    return folded


class KeywordMatcher:
    """All terms of all rules, found in one pass over a text."""

    def __init__(self, rules: Sequence[KeywordRule]) -> None:
        self.rules = tuple(rules)
        self.terms = 0
        self._automaton = ahocorasick.Automaton()
        for rule in self.rules:
            for written in rule.model.terms:
                self._add(rule, written)
        if self.terms:
            self._automaton.make_automaton()

    def _add(self, rule: KeywordRule, written: str) -> None:
        folded = searchable(written)
        if not folded:
            return
        term: _Term | None = self._automaton.get(folded, None)
        if term is None:
            term = _Term(written, len(folded))
            self._automaton.add_word(folded, term)
            self.terms += 1
        term.rules.append(rule)

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self.rules)

    def find(self, text: str, scope: Scope) -> list[KeywordHit]:
        """The rules that hold for a text as it is read, each once, in the order of their first term."""
        if not self.terms:
            return []
        hits: dict[str, KeywordHit] = {}
        if scope == "filename":
            self._collect(_NAME_SEPARATORS.sub(" ", text), scope, hits)
            if hits:
                return list(hits.values())
        self._collect(text, scope, hits)
        return list(hits.values())

    def _collect(self, written: str, scope: Scope, hits: dict[str, KeywordHit]) -> None:
        text = searchable(written)
        shown = "" if scope == "filename" else written
        last = len(text) - 1
        term: _Term
        for end, term in self._automaton.iter(text):
            start = end - term.length + 1
            if start and text[start].isalnum() and text[start - 1].isalnum():
                continue
            if end < last and text[end].isalnum() and text[end + 1].isalnum():
                continue
            for rule in term.rules:
                if scope in rule.model.scope:
                    hit = hits.get(rule.id)
                    if hit is None:
                        hits[rule.id] = KeywordHit(rule, term.written, 1, shown, start, end + 1)
                    else:
                        hit.count += 1

    def matches(self, rule: KeywordRule, example: str) -> KeywordHit | None:
        """What `rule` says to an example, in any of its scopes; the same code that judges messages."""
        for scope in rule.model.scope:
            for hit in self.find(example, scope):
                if hit.rule is rule:
                    return hit
        return None
