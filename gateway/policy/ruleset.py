"""A rulesets folder as one checked, compiled object.

    categories.toml        what there is to find
    attachments/*.toml     rules about names and types of files
    keywords/*.toml        rules about words
    yara/**/*.yar          rules about octets
    profiles/*.toml        what follows

`load` reads everything, checks it across files and compiles it, before the workers are forked. It never raises for
what a technician wrote: all problems come back at once. Examples are run by `gateway.policy.examples`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from gateway.policy import attachment_rules, keyword_rules
from gateway.policy.attachment_file import AttachmentFile
from gateway.policy.attachment_rules import AttachmentMatcher
from gateway.policy.category import Category, load_categories
from gateway.policy.file_model import FileModel, KeyPath, RuleFile, rule_files
from gateway.policy.file_model import load as load_file
from gateway.policy.keyword_rules import KeywordFile, KeywordMatcher
from gateway.policy.profile import Profile, load_profile
from gateway.policy.yara_rules import YaraMatcher, load_yara
from gateway.problem import Problem, nearest

_VERSION_DIGITS = 12
M = TypeVar("M", bound=FileModel)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Everything that stages and policy need. `version` changes whenever a file does."""

    folder: Path
    version: str
    categories: Mapping[str, Category]
    attachments: AttachmentMatcher
    keywords: KeywordMatcher
    yara: YaraMatcher
    profiles: Mapping[str, Profile]
    profile: Profile


def load(folder: Path, profile_id: str) -> tuple[Rules | None, list[Problem]]:
    """The rules in `folder` with `profile_id` in force, or None and everything that is wrong with them."""
    if not folder.is_dir():
        return None, [
            Problem(folder, None, "", "there is no such folder; give the path of a rulesets folder")
        ]
    loader = _Loader(folder)
    categories = loader.categories()
    attachments = loader.attachments(categories)
    keywords = loader.keywords(categories)
    yara = loader.yara(categories)
    profiles = loader.profiles(categories)
    profile = loader.chosen(profile_id, profiles)
    if loader.problems or yara is None or profile is None:
        return None, loader.problems
    version = _version(folder, loader.files)
    return Rules(folder, version, categories, attachments, keywords, yara, profiles, profile), []


class _Rule(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def category(self) -> str: ...

    def problem(self, keys: KeyPath, message: str) -> Problem: ...


class _Loader:
    """Collects files, problems and rule names while a folder is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, Problem] = {}
        self.files: list[Path] = []
        self.problems: list[Problem] = []

    def _files(self, below: str, suffixes: tuple[str, ...]) -> list[Path]:
        files, problems = rule_files(self._folder / below, suffixes)
        self.files += files
        self.problems += problems
        return files

    def _read(self, below: str, model: type[M]) -> list[RuleFile[M]]:
        read: list[RuleFile[M]] = []
        for path in self._files(below, (".toml",)):
            file = load_file(path, model)
            if isinstance(file, list):
                self.problems += file
            else:
                read.append(file)
        return read

    def categories(self) -> Mapping[str, Category]:
        path = self._folder / "categories.toml"
        self.files.append(path)
        categories, problems = load_categories(path)
        self.problems += problems
        return categories

    def attachments(self, categories: Mapping[str, Category]) -> AttachmentMatcher:
        rules = attachment_rules.attachment_rules(self._read("attachments", AttachmentFile))
        self._check(rules, categories)
        for rule in rules:
            self.problems += attachment_rules.inconsistencies(rule, categories)
        return AttachmentMatcher(rules)

    def keywords(self, categories: Mapping[str, Category]) -> KeywordMatcher:
        rules = keyword_rules.keyword_rules(self._read("keywords", KeywordFile))
        self._check(rules, categories)
        for rule in rules:
            self.problems += keyword_rules.inconsistencies(rule)
        return KeywordMatcher(rules)

    def yara(self, categories: Mapping[str, Category]) -> YaraMatcher | None:
        folder = self._folder / "yara"
        matcher, problems = load_yara(folder, self._files("yara", (".yar", ".yara")), categories)
        self.problems += problems
        return matcher

    def profiles(self, categories: Mapping[str, Category]) -> Mapping[str, Profile]:
        profiles: dict[str, Profile] = {}
        for path in self._files("profiles", (".toml",)):
            profile, problems = load_profile(path, categories)
            self.problems += problems
            if profile is not None:
                profiles[profile.id] = profile
        return profiles

    def chosen(self, name: str, profiles: Mapping[str, Profile]) -> Profile | None:
        if name in profiles:
            return profiles[name]
        names = sorted(path.stem for path in self.files if path.parent == self._folder / "profiles")
        if name not in names:
            known = f"Available: {', '.join(names)}." if names else "The folder holds none."
            message = f'there is no profile "{name}" here.{nearest(name, names)} {known}'
            self.problems.append(Problem(self._folder / "profiles", None, "", message))
        return None

    def _check(self, rules: Sequence[_Rule], categories: Mapping[str, Category]) -> None:
        for rule in rules:
            if rule.category not in categories and categories:
                hint = nearest(rule.category, categories)
                message = (
                    f'"{rule.category}" is not a category.{hint} Categories are listed in categories.toml.'
                )
                self.problems.append(rule.problem(("category",), message))
            here = rule.problem(("id",), "")
            first = self._names.setdefault(rule.id, here)
            if first is not here:
                place = f"{first.file.name}:{first.line}" if first.line else first.file.name
                self.problems.append(
                    rule.problem(("id",), f'"{rule.id}" is the name of another rule already ({place})')
                )


def _version(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        octets = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(octets)}\0".encode())
        digest.update(octets)
    return digest.hexdigest()[:_VERSION_DIGITS]
