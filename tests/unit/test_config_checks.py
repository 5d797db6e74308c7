"""Checks across keys: which addresses clash, which next hops are loops, and what is let pass."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gateway.config_checks import across
from gateway.toml_file import Document


def _keys(text: str) -> list[str]:
    return [
        problem.key
        for problem in across(Document(Path("x.toml"), text, tomllib.loads(text)), Path("/nowhere"))
    ]


def _two(first: str, second: str) -> str:
    return (
        f'[[listener]]\ndirection = "x"\nbind = "{first}"\n[[listener]]\ndirection = "x"\nbind = "{second}"\n'
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("127.0.0.1:25", "127.0.0.1:25"),
        ("0.0.0.0:25", "192.0.2.1:25"),
        ("192.0.2.1:25", "0.0.0.0:25"),
        ("[::]:25", "[2001:db8::1]:25"),
        ("[::1]:25", "[0:0::1]:25"),
        ("localhost:25", "127.0.0.1:25"),
        ("[::1]:25", "LOCALHOST:25"),
        ("0.0.0.0:25", "localhost:25"),
        ("mx.school.example:25", "MX.school.example.:25"),
    ],
)
def test_addresses_that_clash(first: str, second: str) -> None:
    assert _keys(_two(first, second)) == ["listener[1].bind"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("127.0.0.1:25", "127.0.0.1:26"),
        ("127.0.0.1:25", "127.0.0.2:25"),
        ("0.0.0.0:25", "[::]:25"),
        ("0.0.0.0:25", "[::1]:25"),
        ("0.0.0.0:25", "mx.school.example:25"),
        ("127.0.0.1:0", "127.0.0.1:0"),
    ],
)
def test_addresses_that_may_stand_side_by_side(first: str, second: str) -> None:
    assert _keys(_two(first, second)) == []


@pytest.mark.parametrize("below", ["", "/state", "/state/more"])
def test_a_state_dir_where_a_file_is(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    text = f'[gateway]\nlocal_domains = ["a.example"]\nstate_dir = "file{below}"\n'
    (problem,) = across(Document(Path("x.toml"), text, tomllib.loads(text)), tmp_path)
    assert (problem.line, problem.key) == (3, "gateway.state_dir")
    assert problem.message == (
        f"{tmp_path}/file is a file, not a folder; name a folder that Postern may create or write to"
    )


@pytest.mark.parametrize("state_dir", [".", "new", "new/er", "/", "~", " "])
def test_a_state_dir_that_is_or_may_become_a_folder(tmp_path: Path, state_dir: str) -> None:
    text = f'[gateway]\nlocal_domains = ["a.example"]\nstate_dir = "{state_dir}"\n'
    assert across(Document(Path("x.toml"), text, tomllib.loads(text)), tmp_path) == []


def _hop(bind: str, relay_to: str) -> str:
    return f'[[listener]]\ndirection = "x"\nbind = "{bind}"\nrelay_to = "{relay_to}"\n'


@pytest.mark.parametrize(
    ("bind", "relay_to"),
    [
        ("127.0.0.1:25", "127.0.0.1:25"),
        ("0.0.0.0:25", "127.0.0.1:25"),
        ("0.0.0.0:25", "localhost:25"),
        ("0.0.0.0:25", "0.0.0.0:25"),
        ("127.0.0.1:25", "0.0.0.0:25"),
        ("[::]:25", "[::1]:25"),
        ("192.0.2.1:25", "192.0.2.1:25"),
        ("mx.school.example:25", "mx.school.example:25"),
    ],
)
def test_loops(bind: str, relay_to: str) -> None:
    assert _keys(_hop(bind, relay_to)) == ["listener[0].relay_to"]


@pytest.mark.parametrize(
    ("bind", "relay_to"),
    [
        ("127.0.0.1:25", "127.0.0.1:26"),
        ("127.0.0.1:25", "127.0.0.2:25"),
        ("0.0.0.0:25", "192.0.2.1:25"),
        ("0.0.0.0:25", "mail.school.example:25"),
        ("192.0.2.1:25", "127.0.0.1:25"),
        ("0.0.0.0:25", "maildir:localhost:25"),
        ("127.0.0.1:0", "127.0.0.1:0"),
    ],
)
def test_next_hops_that_are_no_loops(bind: str, relay_to: str) -> None:
    assert _keys(_hop(bind, relay_to)) == []


def test_metrics_and_console_are_no_next_hops_of_ours() -> None:
    assert _keys(_hop("127.0.0.1:25", "127.0.0.1:9108") + '[metrics]\nbind = "127.0.0.1:9108"\n') == []


@pytest.mark.parametrize(
    ("listeners", "keys"),
    [
        (["inbound"], ["gateway.local_domains"]),
        (["auto"], ["gateway.local_domains"]),
        (["outbound"], ["listener[0].trusted_networks"]),
        (["outbound", "auto"], ["gateway.local_domains", "listener[0].trusted_networks"]),
        (["nonsense"], []),
        ([], []),
    ],
)
def test_what_each_direction_needs(listeners: list[str], keys: list[str]) -> None:
    assert _keys("".join(f'[[listener]]\ndirection = "{direction}"\n' for direction in listeners)) == keys


@pytest.mark.parametrize(
    "text",
    [
        "",
        "listener = 5",
        "listener = [5]",
        "gateway = 5\n[[listener]]",
        "metrics = 5",
        "policy = []",
        "[[listener]]\nbind = 5\nname = 5\nrelay_to = [5, []]\ndirection = 'x'",
    ],
)
def test_what_is_of_the_wrong_kind_is_left_to_others(text: str) -> None:
    assert _keys(text) == []
