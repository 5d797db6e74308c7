"""Running of the examples that rules carry: each rule must match its `must_match` and leave its `must_not_match`.

The matchers are those of the stages, so an example that holds here holds for a message.
"""

from __future__ import annotations

from gateway.policy.attachment_rules import AttachmentMatcher
from gateway.policy.keyword_rules import KeywordMatcher
from gateway.policy.ruleset import Rules
from gateway.policy.yara_rules import YaraMatcher
from gateway.problem import Problem, shown

_SHOWN = 80  # characters of an example that a message repeats


def check_examples(rules: Rules) -> list[Problem]:
    """Every example that does not come out as its rule says."""
    return [*_attachments(rules.attachments), *_keywords(rules.keywords), *_yara(rules.yara)]


def _attachments(matcher: AttachmentMatcher) -> list[Problem]:
    problems = []
    for rule in matcher.rules:
        for index, example in enumerate(rule.model.must_match):
            if matcher.matches(rule, example) is None:
                problems.append(rule.problem(("must_match", index), _missed(rule.id, str(example))))
        for index, example in enumerate(rule.model.must_not_match):
            hit = matcher.matches(rule, example)
            if hit is not None:
                problems.append(
                    rule.problem(("must_not_match", index), _alarm(rule.id, str(example), hit.why))
                )
    return problems


def _keywords(matcher: KeywordMatcher) -> list[Problem]:
    problems = []
    for rule in matcher.rules:
        for index, example in enumerate(rule.model.must_match):
            if matcher.matches(rule, example) is None:
                problems.append(rule.problem(("must_match", index), _missed(rule.id, example)))
        for index, example in enumerate(rule.model.must_not_match):
            hit = matcher.matches(rule, example)
            if hit is not None:
                why = f'the term "{shown(hit.term)}"'
                problems.append(rule.problem(("must_not_match", index), _alarm(rule.id, example, why)))
    return problems


def _yara(matcher: YaraMatcher) -> list[Problem]:
    problems = []
    for rule in matcher.rules:
        for example in rule.examples:
            if matcher.matches(rule, example) is example.must:
                continue
            outcome = "the rule does not match it" if example.must else "the rule matches it"
            problems.append(rule.problem(example.key, f"this example fails: {outcome}"))
    return problems


def _missed(rule: str, example: str) -> str:
    return f'the rule "{rule}" does not match this example: {shown(example, _SHOWN)}'


def _alarm(rule: str, example: str, why: str) -> str:
    return f'the rule "{rule}" matches this example, which it must not: {shown(example, _SHOWN)} ({why})'
