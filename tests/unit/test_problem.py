"""Wording helpers of problems."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.problem import Problem, closest, dotted, listed, nearest, shown


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(Path("a.toml"), 3, "x.y", "is wrong"), "a.toml:3: x.y: is wrong"),
        (Problem(Path("a.toml"), None, "x.y", "is wrong"), "a.toml: x.y: is wrong"),
        (Problem(Path("a.toml"), 3, "", "is wrong"), "a.toml:3: is wrong"),
        (Problem(Path("a.toml"), None, "", "is wrong"), "a.toml: is wrong"),
    ],
)
def test_text(problem: Problem, text: str) -> None:
    assert str(problem) == text


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ((), ""),
        (("gateway",), "gateway"),
        (("listener", 0, "bind"), "listener[0].bind"),
        (("listener", 12, "bind", 3), "listener[12].bind[3]"),
        (("a\nb", "c"), "a\ufffdb.c"),
    ],
)
def test_dotted(place: tuple[str | int, ...], text: str) -> None:
    assert dotted(place) == text


def test_closest() -> None:
    allowed = ["hostname", "local_domains", "state_dir"]
    assert closest("hostnme", allowed) == "hostname"
    assert closest("Local-Domains", allowed) == "local_domains"
    assert closest("colour", allowed) is None
    assert closest("hostname" * 100_000, allowed) is None
    assert closest("x", []) is None


def test_nearest() -> None:
    assert nearest("hostnme", ["hostname"]) == ' Did you mean "hostname"?'
    assert nearest("colour", ["hostname"]) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("  edges ", "edges"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 39 + "…"),
    ],
)
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("names", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_listed(names: list[str], expected: str) -> None:
    assert listed(names) == expected


def test_listed_with_and() -> None:
    assert listed(["name", "bind"], "and") == "name and bind"
