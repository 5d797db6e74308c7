"""YARA rules: compiled from `rulesets/yara/**/*.yar`, each with a category and examples that its meta gives.

The category of a rule is its meta `category`, or the name of the folder that its file stands in, so that a file by
others need not be edited: `rulesets/yara/malware/others.yar`. Examples are meta strings too; YARA keeps only the
last of several with one name, so they are numbered (`must_match_1`, `must_match_2`), and a name that stands twice is
refused. External variables: `filename`, `extension`, `filetype`, `direction`. `include` is not available.

Known limits: YARA reports one mistake a file. Rules of different files can't refer to each other.
"""

from __future__ import annotations

import base64
import binascii
import mmap
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yara

from gateway.policy.file_model import not_allowed
from gateway.problem import Problem, nearest, shown

Buffer = bytes | bytearray | memoryview | mmap.mmap

_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*+"|/\*.*?\*/|//[^\n]*+', re.DOTALL)
_HEAD = re.compile(r"^[ \t]*(?:(?:global|private)[ \t]+)*rule[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_OWN_META = re.compile(r"^[ \t]*((?:must|example|category)\w*)[ \t]*=", re.MULTILINE)
_EXAMPLE = re.compile(r"must_(not_)?match(?:_(base64|hex))?(?:_\d+)?")
_META_NAMES = (
    "category",
    *("must_match", "must_match_base64", "must_match_hex"),
    *("must_not_match", "must_not_match_base64", "must_not_match_hex"),
    *("example_filename", "example_filetype", "example_direction"),
)
_USES_NAMES = re.compile(r"\b(?:filename|extension)\b")


@dataclass(frozen=True, slots=True)
class Externals:
    """The external variables of one match."""

    filename: str = ""
    extension: str = ""
    filetype: str = ""
    direction: str = ""

    def variables(self) -> dict[str, str]:
        """As yara-python takes them; what UTF-8 can't hold is replaced."""
        values = {
            "filename": self.filename,
            "extension": self.extension,
            "filetype": self.filetype,
            "direction": self.direction,
        }
        return {name: value.encode("utf-8", "replace").decode() for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class YaraExample:
    """Octets that a rule must or must not match. `key` is the meta name."""

    key: str
    data: bytes
    must: bool


@dataclass(frozen=True, slots=True)
class YaraRule:
    """One rule and where it stands. `meta_lines` are the lines of the meta names that are ours."""

    id: str
    category: str
    file: Path
    line: int | None
    examples: tuple[YaraExample, ...] = ()
    externals: Externals = Externals()
    meta_lines: Mapping[str, int] = field(default_factory=dict)

    def problem(self, key: str, message: str) -> Problem:
        """A problem with one of its meta values."""
        line = self.meta_lines.get(key, self.line)
        return Problem(self.file, line, f"{self.id}.{key}" if key else self.id, message)


@dataclass(frozen=True, slots=True)
class YaraResult:
    """The rules that held, and those that YARA gave up on because they matched too often."""

    rules: tuple[YaraRule, ...]
    given_up: tuple[str, ...] = ()


class YaraMatcher:
    """All YARA rules, compiled together. Matching releases the GIL; one object serves all threads."""

    def __init__(self, sources: Mapping[str, str], rules: Mapping[tuple[str, str], YaraRule]) -> None:
        """`sources` are texts that are known to compile, by namespace; `rules` are known by (namespace, name)."""
        self._known = dict(rules)
        self.rules = tuple(self._known.values())
        self.wants_names = any(_USES_NAMES.search(text) for text in sources.values())
        self._compiled = (
            yara.compile(sources=dict(sources), externals=Externals().variables(), includes=False)
            if sources
            else None
        )

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self.rules)

    def match(self, data: Buffer, externals: Externals, timeout: int = 60) -> YaraResult:
        """The rules that hold for `data`. Raises TimeoutError after `timeout` seconds."""
        if self._compiled is None:
            return YaraResult(())
        given_up: list[str] = []

        def warned(_: int, what: object) -> int:
            given_up.append(str(getattr(what, "rule", "")))
            return int(yara.CALLBACK_CONTINUE)

        try:
            found = self._compiled.match(
                data=data,
                externals=externals.variables(),
                fast=True,
                timeout=timeout,
                warnings_callback=warned,
            )
        except yara.TimeoutError:
            raise TimeoutError(f"YARA needed more than {timeout} s") from None
        rules = [self._known[match.namespace, match.rule] for match in found]
        return YaraResult(tuple(rules), tuple(dict.fromkeys(given_up)))

    def matches(self, rule: YaraRule, example: YaraExample) -> bool:
        """What `rule` says to an example; the same code that judges messages."""
        return any(found is rule for found in self.match(example.data, rule.externals).rules)


@dataclass(slots=True)
class _Collected:
    sources: dict[str, str] = field(default_factory=dict)
    rules: dict[tuple[str, str], YaraRule] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def load_yara(
    folder: Path, files: Sequence[Path], categories: Mapping[str, object]
) -> tuple[YaraMatcher | None, list[Problem]]:
    """The rules of `files` (below `folder`), or what is wrong with them."""
    collected = _Collected()
    for file in files:
        _load_file(folder, file, categories, collected)
    if collected.problems:
        return None, collected.problems
    return YaraMatcher(collected.sources, collected.rules), []


def _load_file(folder: Path, file: Path, categories: Mapping[str, object], collected: _Collected) -> None:
    try:
        octets = file.read_bytes()
    except OSError as error:
        collected.problems.append(Problem(file, None, "", f"the file cannot be read ({error.strerror})"))
        return
    text = _decoded(octets)
    try:
        compiled = yara.compile(source=text, externals=Externals().variables(), includes=False)
    except (yara.Error, ValueError) as error:
        collected.problems.append(_compiler_problem(file, str(error)))
        return
    name = str(file.relative_to(folder))
    by_folder = file.parent.name if file.parent != folder else None
    scan = _Scan(text)
    collected.sources[name] = text
    for found in compiled:
        collected.problems += scan.repeated(file, found.identifier)
        if not found.is_private:
            rule, problems = _rule(file, scan, found.identifier, found.meta, by_folder)
            collected.problems += problems + _category_problems(rule, categories)
            collected.rules[name, rule.id] = rule


def _decoded(octets: bytes) -> str:
    """YARA sources are octets with a few ASCII words; old ones have Latin-1 in their comments."""
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _compiler_problem(file: Path, message: str) -> Problem:
    match = _LINE.match(message)
    if match is None:
        return Problem(file, None, "", f"does not compile: {message}")
    hint = ""
    if unknown := re.search(r'undefined identifier "(\w+)"', match[2]):
        names = list(Externals().variables())
        hint = f".{nearest(unknown[1], names)} External variables are {', '.join(names)}"
    return Problem(file, int(match[1]), "", f"does not compile: {match[2]}{hint}")


class _Scan:
    """Where rules and our own meta names stand in a source text."""

    def __init__(self, text: str) -> None:
        plain = _COMMENT_OR_TEXT.sub(_blanked, text)
        heads = list(_HEAD.finditer(plain))
        ends = [head.start() for head in heads[1:]] + [len(plain)]
        self.lines: dict[str, int] = {}
        self._names: dict[str, list[tuple[str, int]]] = {}
        for head, end in zip(heads, ends, strict=True):
            self.lines[head[1]] = plain.count("\n", 0, head.start(1)) + 1
            self._names[head[1]] = [
                (meta[1], plain.count("\n", 0, meta.start(1)) + 1)
                for meta in _OWN_META.finditer(plain, head.end(), end)
            ]

    def meta_lines(self, rule: str) -> dict[str, int]:
        """The lines of a rule's own meta names."""
        return dict(self._names.get(rule, ()))

    def repeated(self, file: Path, rule: str) -> list[Problem]:
        """Meta names that stand twice in a rule: YARA would keep the last without a word."""
        seen: set[str] = set()
        problems = []
        for name, line in self._names.get(rule, ()):
            if name in seen:
                message = f"stands a second time; number them: {name}_1, {name}_2"
                problems.append(Problem(file, line, f"{rule}.{name}", message))
            seen.add(name)
        return problems


def _blanked(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else "\n" * match[0].count("\n")


def _rule(
    file: Path, scan: _Scan, name: str, meta: Mapping[str, object], by_folder: str | None
) -> tuple[YaraRule, list[Problem]]:
    filename = str(meta.get("example_filename", ""))
    externals = Externals(
        filename=filename,
        extension=filename.rpartition(".")[2].lower() if "." in filename else "",
        filetype=str(meta.get("example_filetype", "")),
        direction=str(meta.get("example_direction", "")),
    )
    category = str(meta.get("category", by_folder or ""))
    rule = YaraRule(name, category, file, scan.lines.get(name), (), externals, scan.meta_lines(name))
    examples: list[YaraExample] = []
    problems: list[Problem] = []
    for key, value in meta.items():
        if _EXAMPLE.fullmatch(key):
            example = _example(key, value)
            if isinstance(example, str):
                problems.append(rule.problem(key, example))
            else:
                examples.append(example)
        elif key.startswith(("must", "example")) and key not in _META_NAMES:
            hint = f"{nearest(key, _META_NAMES)} Allowed: {', '.join(_META_NAMES)}."
            problems.append(rule.problem(key, f"is not a known name.{hint}"))
    return replace(rule, examples=tuple(examples)), problems


def _example(key: str, value: object) -> YaraExample | str:
    """An example, or what is wrong with it."""
    match = _EXAMPLE.fullmatch(key)
    assert match is not None
    if not isinstance(value, str):
        return "must be text in quotation marks"
    try:
        if match[2] == "base64":
            data = base64.b64decode(value, validate=True)
        else:
            data = bytes.fromhex(value) if match[2] == "hex" else value.encode()
    except (ValueError, binascii.Error):
        return f"is not valid {match[2]}"
    return YaraExample(key, data, must=match[1] is None)


def _category_problems(rule: YaraRule, categories: Mapping[str, object]) -> list[Problem]:
    if not rule.category:
        message = (
            'has no category; add category = "malware" to its meta, or put the file in a folder of that name'
        )
        return [rule.problem("", message)]
    if rule.category not in categories:
        return [rule.problem("category", not_allowed(shown(rule.category), sorted(categories)))]
    return []
