"""Notations: sizes, times, names, domains, paths, days and hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway import config_values as values


def _value(kind: Any, written: object, folder: Path | None = None) -> object:
    return TypeAdapter(kind).validate_python(written, context=folder)


def _refused(kind: Any, written: object) -> str:
    with pytest.raises(ValidationError) as caught:
        _value(kind, written)
    return str(caught.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        (1, 1),
        (1_048_576, 1_048_576),
        ("512", 512),
        ("512 B", 512),
        ("256 KiB", 262_144),
        ("50MiB", 52_428_800),
        (" 1 gib ", 1 << 30),
        ("1.5 MiB", 1_572_864),
        ("10 kB", 10_000),
        ("5 MB", 5_000_000),
        ("2 GB", 2_000_000_000),
    ],
)
def test_sizes(written: object, octets: int) -> None:
    assert _value(values.Octets, written) == octets


@pytest.mark.parametrize(
    "written", ["", "MiB", "50 Mo", "-1", "1e3", "9" * 400, True, None, [], float("nan"), 10**40]
)
def test_no_sizes(written: object) -> None:
    assert _refused(values.Octets, written).startswith("a size is ")


@pytest.mark.parametrize("written", [0, -1, "0", "0 MiB", "0.5 B"])
def test_sizes_of_nothing(written: object) -> None:
    assert _refused(values.Octets, written).startswith("a size must be larger than 0; found ")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (30, 30),
        (0.5, 0.5),
        ("30", 30),
        ("250 ms", 0.25),
        ("30 s", 30),
        ("5 min", 300),
        ("5m", 300),
        ("2 h", 7200),
        ("14 d", 1_209_600),
    ],
)
def test_times(written: object, seconds: float) -> None:
    assert _value(values.Seconds, written) == seconds


@pytest.mark.parametrize("written", ["", "s", "30 sec", "1:30", True, {}, float("inf")])
def test_no_times(written: object) -> None:
    assert _refused(values.Seconds, written).startswith("a time is ")


def test_times_out_of_bounds() -> None:
    assert "between 0 and 100 years" in _refused(values.Seconds, -1)
    assert "between 0 and 100 years" in _refused(values.Seconds, "40000 d")
    assert "longer than 0" in _refused(values.Seconds, "0 s")
    assert _value(values.SecondsOrZero, "0 s") == 0


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("School.Example", "school.example"),
        (" school.example. ", "school.example"),
        ("localhost", "localhost"),
        ("ysgol-tŷ.example", "ysgol-tŷ.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
    ],
)
def test_domains(written: str, domain: str) -> None:
    assert _value(values.Domain, written) == domain


@pytest.mark.parametrize(
    "written",
    ["", "@a.example", "a@b.example", "*.a.example", ".a.example", "a..example", "a b", "a,b", "a:25", 5],
)
def test_no_domains(written: object) -> None:
    assert _refused(values.Domain, written)


@pytest.mark.parametrize(
    "written", ["mx.school.example", "MX-1.school.example", "localhost", "a", "1.example"]
)
def test_host_names(written: str) -> None:
    assert _value(values.Hostname, written) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-a.example",
        "a-.example",
        "a..b",
        "a.example.",
        "a_b.example",
        "mx school",
        "a" * 254,
        "ŷ.example",
    ],
)
def test_no_host_names(written: str) -> None:
    assert _refused(values.Hostname, written)


def test_texts() -> None:
    assert _value(values.Texts, "one") == ("one",)
    assert _value(values.Texts, ["one", " two "]) == ("one", "two")
    assert _value(values.Texts, []) == ()
    with pytest.raises(ValidationError):
        _value(values.Texts, ["one", 2])


def test_counts_and_switches_are_not_converted() -> None:
    for kind, wrong in (
        (values.Count, "1"),
        (values.Count, True),
        (values.Count, 1.0),
        (values.Switch, 1),
        (values.Switch, "yes"),
    ):
        with pytest.raises(ValidationError):
            _value(kind, wrong)


def test_paths() -> None:
    folder = Path("/etc/postern")
    assert _value(values.LocalPath, "/srv/x", folder) == Path("/srv/x")
    assert _value(values.LocalPath, "../x/./y", folder) == Path("/etc/x/y")
    assert _value(values.LocalPath, "x") == Path("x")
    assert _value(values.LocalPath, Path("x"), folder) == Path("x")
    assert "whole path" in _refused(values.LocalPath, "~/x")
    assert "character" in _refused(values.LocalPath, "a\0b")


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("sqlite:////srv/r.db", "sqlite:////srv/r.db"),
        ("sqlite:///r.db", "sqlite:////etc/postern/r.db"),
        ("sqlite+aiosqlite:///../r.db", "sqlite+aiosqlite:////etc/r.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
    ],
)
def test_databases(written: str, url: str) -> None:
    assert _value(values.Database, written, Path("/etc/postern")) == url


def test_no_database_is_shown_because_a_password_may_be_in_it() -> None:
    assert "secret" not in _refused(values.Database, "user:secret@host/db")


@pytest.mark.parametrize("written", ["08:00-17:00", "00:00-24:00", "22:00-06:00", "09:30-15:15"])
def test_hours(written: str) -> None:
    assert _value(values.Hours, written) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "8:00-17:00",
        "08:00",
        "08:60-17:00",
        "24:00-08:00",
        "08:00-25:00",
        "08:00 - 17:00",
        "09:00-09:00",
        8,
        "٠٨:00-17:00",
    ],
)
def test_no_hours(written: object) -> None:
    assert _refused(values.Hours, written)


def test_days() -> None:
    assert [_value(values.Day, day) for day in ("Mon", "tue", "WEDNESDAY", "Thursday")] == [
        "Mon",
        "Tue",
        "Wed",
        "Thu",
    ]
    assert _refused(values.Day, "Tues").endswith('found "Tues". Did you mean "Tue"?')
    assert _refused(values.Day, "Xyz").endswith('found "Xyz"')


def test_markers_are_words() -> None:
    assert _value(values.Marker, " e-bost personol ") == "e-bost personol"
    for wrong in ("[personal]", "personal:", '"personal"', "x" * 65, ""):
        assert _refused(values.Marker, wrong)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (5, "5"),
        (1.5, "1.5"),
        ("x", '"x"'),
        ("x" * 50, '"' + "x" * 39 + '…"'),
        ([1], "a list"),
        ([], "an empty list"),
        ({}, "a table"),
    ],
)
def test_written(value: object, text: str) -> None:
    assert values.written(value) == text
