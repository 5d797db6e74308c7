"""Which module may know which: reads the imports of every module and holds them against the layers of the design.

A module imports from its own layer or from lower ones. Some are sans-IO: they, and whatever they import of ours,
import nothing that could reach a file, a socket or a process, so that they can be tested as plain functions.

`policy.decide` names types of `policy.profile`, which reads files; so it is looked at by itself only.
"""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "gateway"

# The first pattern that fits a module counts; lower ones first.
LAYERS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("", "reply", "model", "problem")),
    (1, ("smtp", "smtp.content", "smtp.command", "spool", "mime", "mime.*", "text", "text.*")),
    (1, ("toml_place", "toml_file")),
    (2, ("stages", "stages.*", "policy", "policy.*")),
    (3, ("config", "config_*", "store", "store.*", "privacy", "privacy.*", "relay", "relay.*")),
    (3, ("inspection", "outgoing", "telemetry", "shared", "sockets")),
    (4, ("loaded", "service", "route", "transaction", "metrics_server", "scan", "release", "control")),
    (4, ("quarantine_view", "demo")),
    (5, ("smtp.server", "app")),
    (6, ("supervisor", "cli")),
)

SANS_IO = ("mime", "mime.*", "text", "text.*", "smtp.content", "smtp.command", "reply", "policy.decide")
PURE = ("mime", "mime.*", "text", "text.*", "smtp.content", "smtp.command")  # with all that they import
DOES_IO = {
    *("os", "io", "pathlib", "shutil", "tempfile", "mmap", "fcntl", "socket", "select", "selectors", "ssl"),
    *("asyncio", "uvloop", "subprocess", "multiprocessing", "threading", "concurrent", "signal", "logging"),
    *(
        "http",
        "urllib.request",
        "smtplib",
        "sqlite3",
        "sqlalchemy",
        "alembic",
        "structlog",
        "prometheus_client",
    ),
    *("aiosmtpd", "aiosmtplib", "magic", "yara", "time", "random", "secrets"),
}


def modules() -> dict[str, Path]:
    """Name below `gateway` ("mime.parser", "" for the package itself) -> file."""
    found: dict[str, Path] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
        found[name.removesuffix("__init__").rstrip(".")] = file
    return found


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """Every module that `name` imports, wherever in its file; ours as "gateway.x.y"."""
    package = (
        f"gateway.{name}".rstrip(".")
        if MODULES[name].name == "__init__.py"
        else f"gateway.{name}".rpartition(".")[0]
    )
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner.removeprefix("gateway.") in MODULES else base


def own_imports(name: str) -> set[str]:
    """Those of them that are ours, without "gateway."."""
    ours = {found for found in imports(name) if found == "gateway" or found.startswith("gateway.")}
    return {found.removeprefix("gateway").removeprefix(".") for found in ours}


def io_modules(name: str) -> set[str]:
    """What `name` imports of the modules that do I/O."""
    prefixes = {".".join(found.split(".")[:length]) for found in imports(name) for length in (1, 2)}
    return prefixes & DOES_IO


def layer(name: str) -> int:
    for level, patterns in LAYERS:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return level
    raise AssertionError(f"gateway.{name} has no layer: add it to LAYERS")


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def test_the_imports_are_really_read() -> None:
    """Guards the other tests: known imports, direct, by name and of a package, are found."""
    assert {"reply", "spool", "smtp.command"} <= set(MODULES)
    assert "policy.decide" in own_imports("transaction")
    assert "reply" in own_imports("transaction")
    assert "store.quarantine" in own_imports("service")
    assert "demo" in own_imports("cli"), "also those inside functions"
    assert "pathlib" in set(imports("spool"))


@pytest.mark.parametrize("name", MODULES, ids=lambda name: name or "gateway")
def test_a_module_imports_downwards_only(name: str) -> None:
    upwards = {other for other in own_imports(name) if layer(other) > layer(name)}
    assert not upwards, f"gateway.{name} (layer {layer(name)}) imports {sorted(upwards)}"


@pytest.mark.parametrize("name", [name for name in MODULES if fits(name, SANS_IO)], ids=str)
def test_sans_io_modules_import_nothing_that_does_io(name: str) -> None:
    used = io_modules(name)
    assert not used, f"gateway.{name} imports {sorted(used)}"


@pytest.mark.parametrize("name", [name for name in MODULES if fits(name, PURE)], ids=str)
def test_nor_does_what_they_import(name: str) -> None:
    for other in reachable(name):
        used = io_modules(other)
        # A reference needs the clock and the system's random numbers; the model has no other I/O.
        allowed = {"model": {"os", "time"}}.get(other, set())
        assert used <= allowed, f"gateway.{name} reaches {sorted(used - allowed)} by way of gateway.{other}"


def reachable(name: str, seen: Mapping[str, None] | None = None) -> dict[str, None]:
    found = dict(seen or {})
    for other in own_imports(name):
        if other and other not in found:
            found |= reachable(other, found | {other: None})
    return found


def test_only_the_worker_knows_the_server() -> None:
    assert {name for name in MODULES if "smtp.server" in own_imports(name)} <= {"app"}


def test_only_the_supervisor_forks_and_only_policy_makes_verdicts() -> None:
    assert {name for name in MODULES if "os.fork()" in MODULES[name].read_text("utf-8")} == {"supervisor"}
    stages = [name for name in MODULES if name.startswith("stages.")]
    for name in stages:
        assert "Verdict" not in MODULES[name].read_text("utf-8"), f"gateway.{name} is for observing"


def test_there_are_no_circles() -> None:
    for name in MODULES:
        assert name not in reachable(name), f"gateway.{name} imports itself by way of others"
