"""Attachment rules: what the names and types of files say, compiled from `rulesets/attachments/*.toml`.

A rule holds for a file where any of its conditions does: its extension, its name, its detected type, its declared
type, a deceptive name. `larger_than` narrows all of them; `but_named` and `but_declared` narrow the detected types to
files that claim to be something else.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.policy.attachment_file import AttachmentFile, AttachmentRuleModel, FileExample, Place
from gateway.policy.file_model import KeyPath, RuleFile
from gateway.policy.filename import FileName, Trick, analyse, blanks_at_end, split_extension
from gateway.problem import Problem, nearest, shown

_LONGEST_NAME = 255  # characters; no file system in use allows more, so clients cut what is longer
_SHOWN = 60  # characters of a name that a finding repeats
_PADDING = 5  # blanks in front of an extension from which on they are no accident
_SEPARATORS = " ._-\u00a0\u2800\u1160"
_LAST_WORD = re.compile(r"(?:^|[ ._()\-])([a-z0-9]{1,8})\)?\Z")


@dataclass(frozen=True, slots=True)
class AttachmentRule:
    """A rule with its origin. `hidden` are the extensions that a deceptive name must end in (empty: any)."""

    model: AttachmentRuleModel
    file: RuleFile[AttachmentFile]
    index: int
    hidden: frozenset[str] = frozenset()

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


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file in a message: all its candidate names, the type that is declared, the type that was detected, and its
    size in octets."""

    names: tuple[FileName, ...] = ()
    declared: str = ""
    detected: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class AttachmentHit:
    """A rule that held, for which of the names (None: for the content), and why."""

    rule: AttachmentRule
    name: FileName | None
    why: str


def attachment_rules(files: Iterable[RuleFile[AttachmentFile]]) -> list[AttachmentRule]:
    """The rules of all files, with the extensions that each deceptive-name rule is about."""
    written = [(model, file, index) for file in files for index, model in enumerate(file.content.rule)]
    extensions: dict[str, set[str]] = {}
    for model, _, _ in written:
        extensions.setdefault(model.category, set()).update(model.extensions)
    return [
        AttachmentRule(
            model, file, index, frozenset().union(*(extensions.get(name, set()) for name in model.hides))
        )
        for model, file, index in written
    ]


_NEEDS = {"but_named": "types", "but_declared": "types", "looks_like": "deceptive", "hides": "deceptive"}


def inconsistencies(rule: AttachmentRule, categories: Collection[str]) -> list[Problem]:
    """What is wrong with a rule as a whole."""
    model = rule.model
    problems: list[Problem] = []
    if not (model.extensions or model.names or model.types or model.declared or model.deceptive):
        problems.append(
            rule.problem((), "has no condition; give extensions, names, types, declared or deceptive")
        )
    problems += [
        rule.problem((key,), f"belongs to {needed}, but the rule has no {needed}")
        for key, needed in _NEEDS.items()
        if getattr(model, key) and not getattr(model, needed)
    ]
    problems += [
        rule.problem(("hides",), f'"{shown(name)}" is not a category.{nearest(name, categories)}')
        for name in model.hides
        if name not in categories
    ]
    if "double-extension" in model.deceptive and not (model.looks_like and rule.hidden):
        message = (
            "double-extension needs looks_like (harmless extensions) and hides (categories whose rules list "
            "the extensions behind them)"
        )
        problems.append(rule.problem(("deceptive",), message))
    return problems


class AttachmentMatcher:
    """All attachment rules, arranged so that a file is judged by a few look-ups."""

    def __init__(self, rules: Sequence[AttachmentRule]) -> None:
        self.rules = tuple(rules)
        self._extensions: dict[Place, dict[str, list[AttachmentRule]]] = {"message": {}, "archive": {}}
        self._deceptive: dict[Place, list[AttachmentRule]] = {"message": [], "archive": []}
        self._names: dict[Place, list[tuple[re.Pattern[str], AttachmentRule]]] = {
            "message": [],
            "archive": [],
        }
        self._types: dict[str, list[AttachmentRule]] = {}
        self._declared: dict[str, list[AttachmentRule]] = {}
        for rule in self.rules:
            self._add(rule)

    def _add(self, rule: AttachmentRule) -> None:
        for place in rule.model.where:
            for extension in rule.model.extensions:
                self._extensions[place].setdefault(extension, []).append(rule)
            if rule.model.names:
                pattern = "|".join([fnmatch.translate(name.lower()) for name in rule.model.names])
                self._names[place].append((re.compile(pattern), rule))
            if rule.model.deceptive:
                self._deceptive[place].append(rule)
        for media_type in rule.model.types:
            self._types.setdefault(media_type, []).append(rule)
        for media_type in rule.model.declared:
            self._declared.setdefault(media_type, []).append(rule)

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self.rules)

    def judge(self, seen: FileSeen) -> list[AttachmentHit]:
        """The rules that hold for an attached file or body, each once."""
        hits = [hit for name in seen.names for hit in self._by_name(name, "message")]
        for rule in _look_up(self._types, seen.detected):
            claim = _claim(rule.model, seen)
            if claim is not None:
                name = next(iter(seen.names), None)
                hits.append(AttachmentHit(rule, name, f"content is {seen.detected}{claim}"))
        hits += [
            AttachmentHit(rule, None, f"declared as {seen.declared}")
            for rule in _look_up(self._declared, seen.declared)
        ]
        return _each_once([hit for hit in hits if seen.size > (hit.rule.model.larger_than or -1)])

    def judge_entry(self, name: FileName) -> list[AttachmentHit]:
        """The rules that hold for the name of a file inside an archive, each once."""
        hits = self._by_name(name, "archive")
        return _each_once([hit for hit in hits if hit.rule.model.larger_than is None]) if hits else hits

    def _by_name(self, name: FileName, place: Place) -> list[AttachmentHit]:
        by_extension = self._extensions[place]
        hits = [
            AttachmentHit(rule, name, f'extension "{extension}"')
            for extension in name.extensions
            for rule in by_extension.get(extension, ())
        ]
        hits += [
            AttachmentHit(rule, name, f'name "{shown(base[-_LONGEST_NAME:], _SHOWN)}"')
            for pattern, rule in self._names[place]
            for base in name.bases
            if pattern.match(base[-_LONGEST_NAME:].lower())
        ]
        for rule in self._deceptive[place]:
            why = _deceit(rule, name)
            if why is not None:
                hits.append(AttachmentHit(rule, name, why))
        return hits

    def matches(self, rule: AttachmentRule, example: FileExample) -> AttachmentHit | None:
        """What `rule` says to an example; the same code that judges messages."""
        names = (analyse(example.name),) if example.name else ()
        if (example.inside or rule.model.where[0]) == "archive":
            hits = [hit for name in names for hit in self.judge_entry(name)]
        else:
            hits = self.judge(FileSeen(names, example.declared, example.type, example.size))
        return next((hit for hit in hits if hit.rule is rule), None)


def _each_once(hits: list[AttachmentHit]) -> list[AttachmentHit]:
    return list({id(hit.rule): hit for hit in reversed(hits)}.values())[::-1]


def _look_up(table: Mapping[str, list[AttachmentRule]], media_type: str) -> list[AttachmentRule]:
    if not media_type or not table:
        return []
    return table.get(media_type, []) + table.get(f"{media_type.partition('/')[0]}/*", [])


def _claim(model: AttachmentRuleModel, seen: FileSeen) -> str | None:
    """How the file claims to be something else; "" where the rule does not ask, None where it does not claim."""
    if not model.but_named and not model.but_declared:
        return ""
    for name in seen.names:
        for extension in name.extensions:
            if extension in model.but_named:
                return f', but the name says "{extension}"'
    declared = seen.declared
    if declared in model.but_declared or f"{declared.partition('/')[0]}/*" in model.but_declared:
        return f", but it is declared as {declared}"
    return None


def _deceit(rule: AttachmentRule, name: FileName) -> str | None:
    """How the name deceives in one of the ways that the rule is about, or None."""
    for trick in name.tricks:
        if trick.value in rule.model.deceptive and _ends_in(rule, name):
            return _TRICKS[trick]
    for base in name.bases:
        stem, extension = split_extension(base)
        if rule.hidden and extension not in rule.hidden:
            continue
        if "padding" in rule.model.deceptive and blanks_at_end(stem) >= _PADDING:
            return f'{blanks_at_end(stem)} spaces in front of the extension "{extension}"'
        if "double-extension" in rule.model.deceptive:
            inner = _LAST_WORD.search(stem.rstrip(_SEPARATORS)[-10:].lower())
            if inner is not None and inner[1] in rule.model.looks_like:
                return f'"{inner[1]}" in front of the extension "{extension}"'
    return None


def _ends_in(rule: AttachmentRule, name: FileName) -> bool:
    return not rule.hidden or any(extension in rule.hidden for extension in name.extensions)


_TRICKS = {
    Trick.REVERSED_TEXT: "characters that show the name backwards",
    Trick.CONTROL_CHARACTER: "control characters in the name",
    Trick.PATH_TRAVERSAL: 'a path that leads upwards ("..")',
    Trick.DATA_STREAM: "the name of a data stream",
    Trick.CLASS_ID: "a class identifier for an extension",
}
