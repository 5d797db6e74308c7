"""The shape of the files in a rulesets folder, and the problems of files that depart from it.

Each kind of file is a pydantic model; what pydantic reports is turned into `Problem`s that name the file, the
line, the key, what is wrong and what is allowed. Nothing here raises for what a technician wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from gateway.problem import Problem, closest, listed, nearest, shown
from gateway.toml_file import Document, read

KeyPath = tuple[str | int, ...]

_PASSED_OVER = re.compile(r"\.|.*(~|\.bak|\.orig|\.swp|\.md)\Z|README\Z", re.IGNORECASE)


class FileModel(BaseModel):
    """Base of all file models: unknown keys are refused, values are not converted behind one's back."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Identifier = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
Text = Annotated[str, Field(strict=True, min_length=1)]
M = TypeVar("M", bound=FileModel)


@dataclass(frozen=True, slots=True)
class RuleFile(Generic[M]):
    """A file that was read: its TOML and its checked content."""

    document: Document
    content: M

    def problem(self, keys: KeyPath, message: str) -> Problem:
        """A problem with what stands at `keys`."""
        return self.document.problem(keys, dotted(keys), message)


def dotted(keys: KeyPath) -> str:
    """A key path as people write it: `rule[0].terms`."""
    return "".join([f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys]).removeprefix(".")


def rule_files(folder: Path, suffixes: tuple[str, ...]) -> tuple[list[Path], list[Problem]]:
    """The files of `folder` and below that hold rules, in order of name. A folder that is absent holds none.

    Hidden files, editors' copies and notes (.md) are passed over; any other name is a problem, because a
    misspelt suffix would switch rules off without a word.
    """
    files: list[Path] = []
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or any(_PASSED_OVER.match(part) for part in path.relative_to(folder).parts):
            continue
        if path.suffix in suffixes:
            files.append(path)
        else:
            message = f"is not read, because its name does not end in {listed(suffixes)}"
            problems.append(Problem(path, None, "", message))
    return files, problems


def load(path: Path, model: type[M]) -> RuleFile[M] | list[Problem]:
    """The checked content of a TOML file, or every problem found in it."""
    document = read(path)
    if isinstance(document, Problem):
        return [document]
    try:
        return RuleFile(document, model.model_validate(document.data))
    except ValidationError as error:
        return _problems(document, model, [dict(item) for item in error.errors(include_url=False)])


def not_allowed(value: object, allowed: Iterable[str]) -> str:
    """The message for a value that is none of the allowed ones."""
    names = list(allowed)
    return f'"{shown(str(value))}" is not allowed.{nearest(str(value), names)} Allowed: {", ".join(names)}.'


def _problems(document: Document, model: type[BaseModel], errors: list[dict[str, Any]]) -> list[Problem]:
    """Each once; what is missing only because its name is misspelt is not told a second time."""
    meant = {_meant(document, model, error["loc"]) for error in errors if error["type"] == "extra_forbidden"}
    found = [
        _problem(document, model, error)
        for error in errors
        if error["type"] != "missing" or error["loc"] not in meant
    ]
    return list(dict.fromkeys(found))


def _meant(document: Document, model: type[BaseModel], place: KeyPath) -> KeyPath | None:
    """The place of the key that an unknown one was most likely meant to be, if that key is absent."""
    *above, last = place
    table: Any = document.data
    for key in above:
        table = table[key]
    close = closest(str(last), [name for name in _keys_allowed(model, above) if name not in table])
    return (*above, close) if close is not None else None


def _problem(document: Document, model: type[BaseModel], error: dict[str, Any]) -> Problem:
    keys: KeyPath = tuple(
        [key for key in error["loc"] if key != "[key]"]
    )  # pydantic's mark for a bad dict key
    return document.problem(keys, dotted(keys), _message(model, keys, error))


def _message(model: type[BaseModel], keys: KeyPath, error: dict[str, Any]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        allowed = _keys_allowed(model, keys[:-1])
        return f"is not a known key.{nearest(str(keys[-1]), allowed)} Allowed: {', '.join(allowed)}."
    if kind == "missing":
        return _missing(_field(model, keys))
    if kind == "tuple_type" and _is_array_of_tables(_field(model, keys)):
        return f"write [[{keys[-1]}]] with two brackets on each side, once for each {keys[-1]}"
    if kind in ("model_type", "dict_type") and isinstance(error["input"], list):
        return _single_brackets(dotted(keys), several=kind == "dict_type")
    if kind in ("literal_error", "enum"):
        return not_allowed(error["input"], re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return _MESSAGES.get(kind, str(error["msg"]))


def _missing(field: FieldInfo) -> str:
    """What to add, by the example that the model gives."""
    example = next(iter(field.examples or ()), None)
    return f"is missing; add {example}" if example is not None else "is missing"


def _is_array_of_tables(field: FieldInfo) -> bool:
    """Whether [[double brackets]] are the way to write it. Examples may be tables too, but stand in a list."""
    inner = next(iter(get_args(field.annotation)), None)
    return isinstance(inner, type) and issubclass(inner, BaseModel)


def _single_brackets(name: str, *, several: bool) -> str:
    if several:
        return f"write [{name}.NAME] with one bracket on each side, once for each {name}"
    return f"write [{name}] with one bracket on each side, and its keys under it, once only"


_LIST = 'must be a list in square brackets, such as ["one", "two"]'
_TABLE = "must be a table of keys and values"
_MESSAGES = {
    "string_type": 'must be text in quotation marks, such as "text"',
    "bool_type": "must be true or false, without quotation marks",
    "bool_parsing": "must be true or false, without quotation marks",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "dict_type": _TABLE,
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "must have at most 64 characters",
    "string_pattern_mismatch": 'must be of small letters, digits and single hyphens, such as "double-extension"',
}


def _keys_allowed(model: type[BaseModel], keys: Iterable[str | int]) -> list[str]:
    """The keys of the model that `keys` lead to."""
    return sorted(_model_at(model, keys).model_fields)


def _field(model: type[BaseModel], keys: KeyPath) -> FieldInfo:
    """The field that `keys` lead to, the last of them a name; an empty one for a member of a list."""
    if isinstance(keys[-1], int):
        return FieldInfo()
    return _model_at(model, keys[:-1]).model_fields[keys[-1]]


def _model_at(model: type[BaseModel], keys: Iterable[str | int]) -> type[BaseModel]:
    """The model that `keys` lead to, through lists and tables."""
    at: Any = model
    for key in keys:
        if isinstance(at, type) and issubclass(at, BaseModel):
            at = at.model_fields[str(key)].annotation
        else:
            at = get_args(at)[0 if get_origin(at) is tuple else 1]
        if get_origin(at) is Annotated:
            at = get_args(at)[0]
    found: type[BaseModel] = at
    return found
