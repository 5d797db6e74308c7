"""The notations of postern.toml: sizes, times, names, domains, paths, days and hours.

Each type takes what tomllib gives and makes the value that the gateway works with, or says in plain English
what to write instead. Python values of the final type pass unchanged, so that settings can be made in code.

Paths are taken relative to the folder that the validation context names (see `gateway.config.load`).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Strict, ValidationInfo

from gateway.problem import listed, nearest, shown

_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)", re.IGNORECASE | re.ASCII)
_SIZES = {
    "": 1,
    "b": 1,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
}
_TIMES = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_TIME = 100 * 366 * 86400.0  # a century; timers and dates overflow somewhere above it
_HOSTNAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_DOMAIN = re.compile(r"[^\s@<>()\[\]*,;:/\\\"']+|\[[0-9A-Fa-f:.IPv]+\]")


class Section(BaseModel):
    """What all sections have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def written(value: object) -> str:
    """A value as it stands in the file, or nearly so, short enough for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{shown(value)}"'
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return "a table" if isinstance(value, dict) else shown(str(value))


def _octets(value: object) -> int:
    number = _quantity(value, _SIZES)
    if number is None:
        raise ValueError(
            f"a size is a number of octets, or text with a unit (KiB, MiB, GiB, kB, MB, GB), "
            f'such as "50 MiB"; found {written(value)}'
        )
    if number < 1:
        raise ValueError(f"a size must be larger than 0; found {written(value)}")
    return int(number)


def _seconds(value: object) -> float:
    number = _seconds_or_zero(value)
    if number == 0:
        raise ValueError(f"the time must be longer than 0; found {written(value)}")
    return number


def _seconds_or_zero(value: object) -> float:
    number = _quantity(value, _TIMES)
    if number is None:
        raise ValueError(
            f"a time is a number of seconds, or text with a unit (ms, s, min, h, d), "
            f'such as "30 s" or "14 d"; found {written(value)}'
        )
    if not 0 <= number <= _LONGEST_TIME:
        raise ValueError(f"the time must lie between 0 and 100 years; found {written(value)}")
    return float(number)


def _quantity(value: object, units: dict[str, int] | dict[str, float]) -> float | None:
    """The number that `value` stands for in the base unit, or None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value if abs(value) < 1e18 else None  # neither inf nor nan
    match = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    unit = units.get(match[2].lower()) if match is not None else None
    return None if match is None or unit is None else float(match[1]) * unit


def one_or_more(value: object) -> object:
    """A single text or hop where a list may stand counts as a list of one."""
    if isinstance(value, str | BaseModel):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(value)
    raise ValueError(f"write text in quotation marks, or a list of such texts in [ ]; found {written(value)}")


def at_least_one(value: object) -> object:
    """As `one_or_more`, but not none."""
    if value in ([], ()):
        raise ValueError("the list is empty; name at least one")
    return one_or_more(value)


def plain_text(value: object) -> str:
    """A text that says something, trimmed. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"write text in quotation marks; found {written(value)}")
    if not value.strip():
        raise ValueError("the text is empty; write something between the quotation marks")
    return value.strip()


Text = Annotated[str, BeforeValidator(plain_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(one_or_more)]
Count = Annotated[int, Strict()]
Switch = Annotated[bool, Strict()]
Octets = Annotated[int, BeforeValidator(_octets)]
Seconds = Annotated[float, BeforeValidator(_seconds)]
SecondsOrZero = Annotated[float, BeforeValidator(_seconds_or_zero)]


def _hostname(value: object) -> str:
    text = plain_text(value)
    if not _HOSTNAME.fullmatch(text):
        raise ValueError(
            f'write the full host name, of letters, digits, hyphens and dots, such as "mx.school.example"; '
            f"found {written(value)}"
        )
    return text


def _domain(value: object) -> str:
    text = plain_text(value)
    if "@" in text:
        raise ValueError(f'write the domain alone, what stands behind the "@"; found {written(value)}')
    if "*" in text:
        raise ValueError(f"wild cards are not known here; write each domain in full; found {written(value)}")
    if not _DOMAIN.fullmatch(text) or ".." in text or text.startswith("."):
        raise ValueError(f'write a domain, such as "school.example"; found {written(value)}')
    return text.lower().rstrip(".")


Hostname = Annotated[str, BeforeValidator(_hostname)]
Domain = Annotated[str, BeforeValidator(_domain)]


def local_path(value: object, info: ValidationInfo) -> Path:
    """A path on this machine, whole where the validation context is a folder. Raises ValueError."""
    if isinstance(value, Path):
        return value
    text = plain_text(value)
    if text.startswith("~"):
        raise ValueError(f'"~" is not replaced here; write the whole path; found {written(value)}')
    if "\0" in text:
        raise ValueError(f"a path cannot hold this character; found {written(value)}")
    folder = info.context
    return Path(os.path.normpath(folder / text)) if isinstance(folder, Path) else Path(text)


LocalPath = Annotated[Path, BeforeValidator(local_path)]

_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)([^/:].*)", re.IGNORECASE)


def _database(value: object, info: ValidationInfo) -> str:
    text = plain_text(value)
    if not re.match(r"[a-z][a-z0-9+]*://", text, re.IGNORECASE):
        raise ValueError(
            'a database is written as a URL, such as "sqlite:////var/lib/postern/postern.db" '
            "(with four slashes before the rest of the path)"
        )
    relative = _SQLITE.fullmatch(text)
    return f"{relative[1]}{local_path(relative[2], info)}" if relative is not None else text


Database = Annotated[str, BeforeValidator(_database)]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MARKER = re.compile(r"[^\[\](){}<>:\"*|]{1,64}")


def _name(value: object) -> str:
    text = plain_text(value)
    if not _NAME.fullmatch(text):
        raise ValueError(
            f'a name is made of letters, digits, "-" and "_" (64 at most); found {written(value)}'
        )
    return text


def _marker(value: object) -> str:
    text = plain_text(value)
    if not _MARKER.fullmatch(text):
        raise ValueError(
            f'write the word alone, such as "personal", without brackets, colon or quotation marks, '
            f"which are found by themselves (64 characters at most); found {written(value)}"
        )
    return text


Name = Annotated[str, BeforeValidator(_name)]
Marker = Annotated[str, BeforeValidator(_marker)]

_DAY_NAMES = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_HOURS = re.compile(rf"{_CLOCK}-(?:{_CLOCK}|24:00)", re.ASCII)


def _hours(value: object) -> str:
    text = plain_text(value)
    if not _HOURS.fullmatch(text):
        raise ValueError(
            f'hours are written with two times of day, such as "08:00-17:00"; found {written(value)}'
        )
    start, _, end = text.partition("-")
    if start == end:
        raise ValueError(f"the two times are the same, so that no hours are left; found {written(value)}")
    return text


def _day(value: object) -> str:
    text = plain_text(value)
    day = text[:3].title()
    if text.title() not in (day, _DAY_NAMES.get(day)) or day not in _DAY_NAMES:
        hint = nearest(text, _DAY_NAMES)
        raise ValueError(f"a day is one of {listed(_DAY_NAMES)}; found {written(value)}{hint and '.'}{hint}")
    return day


Hours = Annotated[str, BeforeValidator(_hours)]
Day = Annotated[str, BeforeValidator(_day)]
