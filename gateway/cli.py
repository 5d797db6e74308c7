"""The `postern` command: one function a verb, thin. What a verb does is in the module that it calls."""

from __future__ import annotations

import getpass
import io
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

import gateway
from gateway.loaded import Loaded, load_all
from gateway.model import Direction
from gateway.problem import Problem
from gateway.quarantine_view import printable
from gateway.store.database import StoreError, database_url, open_engine
from gateway.store.item import ItemState
from gateway.store.migrations import upgrade
from gateway.store.quarantine import Quarantine

app = typer.Typer(
    name="postern",
    help="An e-mail gateway content filter.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
quarantine_app = typer.Typer(help="Look at, release and delete held messages.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")

_T = TypeVar("_T")


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def options(
    show: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """An e-mail gateway content filter."""


Config = Annotated[
    Path, typer.Option("-c", "--config", help="The configuration file.", envvar="POSTERN_CONFIG")
]
References = Annotated[list[str], typer.Argument(help="References, as in the rejection or the list.")]
_DEFAULT = Path("/etc/postern/postern.toml")
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


def _fail(text: str, code: int = 1) -> typer.Exit:
    _err.print(text, markup=False, soft_wrap=True)
    return typer.Exit(code)


def _load(config: Path, code: int = 1) -> Loaded:
    loaded, problems = load_all(config)
    if loaded is None:
        _report(problems)
        raise typer.Exit(code)
    return loaded


def _report(problems: Sequence[Problem]) -> None:
    for problem in problems:
        _err.print(str(problem), markup=False, soft_wrap=True)
    count = len(problems)
    _err.print(f"{count} problem{'s' if count != 1 else ''} found; nothing was started or changed.")


@app.command()
def run(
    config: Config = _DEFAULT,
    demo: Annotated[bool, typer.Option("--demo", help="Print what to try, when ready.")] = False,
) -> None:
    """Run the gateway in the foreground."""
    from gateway.demo import announce
    from gateway.supervisor import StartError, Supervisor

    loaded = _load(config)
    try:
        code = Supervisor(config, loaded, (lambda: announce(loaded.settings)) if demo else None).run()
    except StartError as error:
        raise _fail(f"Postern can't start: {error}") from None
    raise typer.Exit(code)


@app.command()
def check(config: Config = _DEFAULT) -> None:
    """Check configuration and rulesets, with the rules' own examples."""
    loaded = _load(config)
    _out.print(
        f"{config}: no problems. Profile {loaded.profile.id}, {loaded.summary()}.",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def scan(
    messages: Annotated[
        list[Path],
        typer.Argument(help='Messages, or folders of messages; "-" reads one from standard input.'),
    ],
    config: Config = _DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    direction: Annotated[Direction, typer.Option(help="Which way the messages travel.")] = Direction.INBOUND,
) -> None:
    """Say what the gateway would do with messages, and why, without relaying anything.

    Exit code 0: all would be relayed; 1: something would be stopped; 2: something could not be read.
    """
    from gateway.scan import scan as scan_files
    from gateway.scan import text_lines

    loaded = _load(config, code=2)
    worst = 0
    count = 0
    for result in scan_files(loaded, messages, direction):
        if as_json:
            sys.stdout.write(json.dumps(result.as_json()) + "\n")
        else:
            for line in text_lines(result, loaded.profile.id):
                _out.print(printable(line), markup=False, soft_wrap=True)
        count += 1
        worst = max(worst, 2 if result.error is not None else 0 if result.relayable else 1)
    if not count:
        raise _fail("No files there.", 2)
    raise typer.Exit(worst)


@app.command()
def reload(
    config: Config = _DEFAULT,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 60.0,
) -> None:
    """Load configuration and rulesets anew into the running gateway; no connection is dropped."""
    from gateway.control import reload as ask

    loaded = _load(config)
    result = ask(loaded.settings.gateway.state_dir, timeout)
    if not result.ok:
        raise _fail(result.message)
    _out.print(f"Reloaded: profile {loaded.profile.id}, {loaded.summary()}.", markup=False, soft_wrap=True)


@app.command()
def status(config: Config = _DEFAULT) -> None:
    """Say whether the gateway runs, since when, and with which rules."""
    from gateway.control import describe

    text = describe(_load(config).settings.gateway.state_dir)
    if text is None:
        raise _fail("The gateway is not running.")
    _out.print(text, markup=False, soft_wrap=True)


@app.command()
def version() -> None:
    """Print the version."""
    _out.print(f"postern {gateway.__version__}")


# --- quarantine ---


def _quarantine(config: Config) -> tuple[Loaded, Quarantine]:
    loaded = _load(config)
    state = loaded.settings.gateway.state_dir
    url = database_url(state, loaded.settings.store.database)
    if loaded.settings.store.database is None and not (state / "postern.db").exists():
        # Made here it would belong to whoever calls, and the gateway could not use it.
        raise _fail(f"There is no quarantine yet in {state}: has the gateway ever run?")
    try:
        upgrade(url)
        return loaded, Quarantine(open_engine(url), state / "quarantine")
    except (StoreError, OSError) as error:
        raise _fail(f"The quarantine can't be opened: {error}") from None


@quarantine_app.command("list")
def quarantine_list(
    config: Config = _DEFAULT,
    state: Annotated[ItemState, typer.Option(help="Items in this state.")] = ItemState.HELD,
    everything: Annotated[bool, typer.Option("--all", help="Items in every state.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.")] = 50,
    before: Annotated[str | None, typer.Option(help="Go on behind this reference.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List held messages and copies of rejected ones. Of private mail no names are shown."""
    from gateway.quarantine_view import as_row, summary

    _, quarantine = _quarantine(config)
    items = _guarded(lambda: quarantine.list(None if everything else state, limit, before))
    if as_json:
        for item in items:
            sys.stdout.write(json.dumps(as_row(item)) + "\n")
        return
    if not items:
        _out.print("Nothing here.")
        return
    for item in items:
        for line in summary(item):
            _out.print(line, markup=False, soft_wrap=True)


@quarantine_app.command("show")
def quarantine_show(reference: str, config: Config = _DEFAULT) -> None:
    """Show all that is recorded about one item; not its content."""
    from gateway.quarantine_view import lines

    _, quarantine = _quarantine(config)
    item = _guarded(lambda: quarantine.get(reference.upper()))
    if item is None:
        raise _fail(f"{reference}: there is no such message")
    for line in lines(item):
        _out.print(line, markup=False, soft_wrap=True)


@quarantine_app.command("release")
def quarantine_release(references: References, config: Config = _DEFAULT) -> None:
    """Send messages on to the next hop, and print its replies."""
    from gateway.release import release

    loaded, quarantine = _quarantine(config)
    failed = False
    for reference in map(str.upper, references):
        result = _guarded(partial(release, loaded.settings, quarantine, reference, getpass.getuser()))
        failed = failed or not result.delivered
        word = "released" if result.delivered else "not released"
        _out.print(printable(f"{reference}: {word}: {result.message}"), markup=False, soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


@quarantine_app.command("delete")
def quarantine_delete(references: References, config: Config = _DEFAULT) -> None:
    """Delete the content of items for good; the record of the deletion stays."""
    _, quarantine = _quarantine(config)
    failed = False
    for reference in map(str.upper, references):
        done = _guarded(partial(quarantine.delete, reference, getpass.getuser()))
        failed = failed or not done
        word = "deleted" if done else "not deleted: there is no such message, or it is gone already"
        _out.print(f"{reference}: {word}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


def _guarded(question: Callable[[], _T]) -> _T:
    """The answer, or a plain sentence where the store is in trouble."""
    try:
        return question()
    except (StoreError, OSError) as error:
        raise _fail(f"The quarantine can't be used: {error}") from None


def main() -> None:
    """Entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not know every character
    app()


if __name__ == "__main__":
    main()
