"""What pydantic found wrong with postern.toml, in plain English: what is wrong, what to write instead.

The names and bounds in the messages come from the model itself, so that they cannot go out of date.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.config_values import written
from gateway.problem import Place, Problem, closest, dotted, listed, nearest
from gateway.toml_file import Document


def explain(
    model: type[BaseModel], error: ValidationError, document: Document, others: Iterable[Problem] = ()
) -> list[Problem]:
    """All problems in the order of the file: those of `error`, which `model` raised, and `others`.

    What is missing only because its name is misspelt is not reported a second time.
    """
    details = error.errors(include_url=False)
    unknown = [item["loc"] for item in details if item["type"] == "extra_forbidden"]
    meant = {key for place in unknown if (key := _meant(model, place, document.data))}
    found = [_problem(model, item, document) for item in details]
    return in_order(item for item in [*found, *others] if not _covered(item.key, meant))


def _covered(key: str, meant: Iterable[str]) -> bool:
    return any(key == name or key.startswith((f"{name}.", f"{name}[")) for name in meant)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by line; those that stand nowhere come first."""
    return sorted(problems, key=lambda problem: problem.line or 0)


def _problem(model: type[BaseModel], item: ErrorDetails, document: Document) -> Problem:
    place = _standing(item["loc"], document.data)
    return document.at(place, _message(model, item, place))


def _standing(place: Place, data: object) -> Place:
    """`place` without the index that a single value got because a list may stand there too."""
    for length, step in enumerate(place):
        if isinstance(step, int) and not isinstance(data, list):
            return place[:length]
        try:
            data = data[step]  # type: ignore[index]
        except (LookupError, TypeError):
            data = None
    return place


def _message(model: type[BaseModel], item: ErrorDetails, place: Place) -> str:
    kind, value = item["type"], item["input"]
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind == "extra_forbidden":
        return _unknown_key(model, place) if len(place) > 1 else _unknown_section(model, place, value)
    if kind == "missing":
        return _missing(model, place)
    field = _field(model, place)
    if field is None:
        return f"this value is not allowed here; found {written(value)}"
    if len(place) <= 1 or (isinstance(place[-1], int) and len(place) == 2):
        return _wrong_section(model, str(place[0]))
    hint = (
        nearest(value, get_args(field.annotation))
        if kind == "literal_error" and isinstance(value, str)
        else ""
    )
    quoted = " without quotation marks" if isinstance(value, str) and field.annotation in (int, bool) else ""
    return f"write {_allowed(field)}{quoted}; found {written(value)}{'.' if hint else ''}{hint}"


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return listed(f'"{name}"' for name in get_args(field.annotation))
    if field.annotation is bool:
        return "true or false"
    if field.annotation is int:
        return f"a whole number {_bounds(field)}".rstrip()
    return "another kind of value"


def _bounds(field: FieldInfo) -> str:
    low = next((bound.ge for bound in field.metadata if hasattr(bound, "ge")), None)
    high = next((bound.le for bound in field.metadata if hasattr(bound, "le")), None)
    if low is None:
        return ""
    return f"of at least {low}" if high is None else f"from {low} to {high}"


def _sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The sections of the file by name; repeated ones too."""
    found: dict[str, type[BaseModel]] = {}
    for name, field in model.model_fields.items():
        inner: Any = next(iter(get_args(field.annotation)), field.annotation)
        found[name] = inner
    return found


def _header(model: type[BaseModel], name: str) -> str:
    """The line that begins a section: [gateway] or [[listener]]."""
    return f"[[{name}]]" if get_args(model.model_fields[name].annotation) else f"[{name}]"


def _field(model: type[BaseModel], place: Place) -> FieldInfo | None:
    """The field of a section's key, or of the section itself."""
    names = [step for step in place if isinstance(step, str)]
    if not names or names[0] not in model.model_fields:
        return None
    if len(names) == 1:
        return model.model_fields[names[0]]
    return _sections(model)[names[0]].model_fields.get(names[1])


def _meant(model: type[BaseModel], place: Place, data: Any) -> str | None:
    """The dotted key that an unknown one was most likely meant to be, if that one is absent from `data`."""
    *above, last = place
    fields = _sections(model)[str(above[0])].model_fields if above else model.model_fields
    for step in above:
        data = data[step]
    close = closest(str(last), fields)
    return dotted((*above, close)) if close is not None and close not in data else None


def _unknown_key(model: type[BaseModel], place: Place) -> str:
    section, key = str(place[0]), str(place[-1])
    allowed = _sections(model)[section].model_fields
    hint = nearest(key, allowed) or _elsewhere(model, key)
    return f"{_header(model, section)} has no such key.{hint} Allowed: {', '.join(allowed)}"


def _elsewhere(model: type[BaseModel], key: str) -> str:
    homes = [_header(model, name) for name, inner in _sections(model).items() if key in inner.model_fields]
    return f" It belongs under {listed(homes)}." if homes else ""


def _unknown_section(model: type[BaseModel], place: Place, value: object) -> str:
    name = str(place[0])
    sections = ", ".join(_header(model, section) for section in model.model_fields)
    if not isinstance(value, dict | list):
        hint = _elsewhere(model, name)
        return f"the key stands outside of all sections.{hint or f' Sections: {sections}'}"
    close = closest(name, model.model_fields)
    hint = f" Did you mean {_header(model, close)}?" if close else ""
    return f"there is no such section.{hint} Allowed: {sections}"


def _wrong_section(model: type[BaseModel], name: str) -> str:
    header = _header(model, name)
    if header.startswith("[["):
        return f"write {header} with two brackets on each side, once for each {name}"
    return f"write {header} with one bracket on each side, and its keys under it, once only"


def _missing(model: type[BaseModel], place: Place) -> str:
    if len(place) == 1:
        name = str(place[0])
        fields = _sections(model)[name].model_fields
        # What has an example is required, or is needed for most purposes.
        least = listed([key for key, field in fields.items() if field.examples], "and")
        return f"the section is missing; write {_header(model, name)} and under it at least {least}"
    field = _field(model, place)
    example = next(iter(field.examples or ()), "…") if field is not None else "…"
    return f'the key is missing; write for example {place[-1]} = "{example}"'
