"""Every dialogue in tests/dialogues against a running gateway; their notation: tests/support/dialogue.py."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import dialogue
from tests.support.dialogue import Dialogue, DialogueError, Player
from tests.support.gateway import Gateway
from tests.support.next_hop import NextHop

FILES = sorted((Path(__file__).resolve().parents[1] / "dialogues").glob("*.txt"))


class Gateways:
    """One gateway for each set of listener settings that the dialogues ask for, all before one next hop."""

    def __init__(self, folder: Path, hop: NextHop) -> None:
        self._folder, self.hop = folder, hop
        self._running: dict[tuple[str, ...], Gateway] = {}

    def serving(self, settings: tuple[str, ...]) -> Gateway:
        """The gateway with these settings, started when first asked for."""
        found = self._running.get(settings)
        if found is None:
            folder = self._folder / str(len(self._running))
            found = Gateway(folder, self.hop.address, listener=tomllib.loads("\n".join(settings)))
            self._running[settings] = found
        return found

    def stop(self) -> None:
        """End them all."""
        for gateway in self._running.values():
            gateway.kill()


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    with NextHop() as hop:
        running = Gateways(tmp_path_factory.mktemp("dialogues"), hop)
        yield running
        running.stop()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dialogue(gateways: Gateways, file: Path) -> None:
    asked: Dialogue = dialogue.read(file)
    gateway = gateways.serving(asked.settings)
    try:
        Player(gateway.port, lambda: gateways.hop.accepted).play(asked)
    except DialogueError:
        print(gateway.running_service.report())
        raise
    assert gateway.running_service.running


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("S: 220\nC: NOOP\nS: 251\n", 3),
        ("S: 220\nC: EHLO x\nS: 250\nS+ CHUNKING\n", 4),
        ("S: 220\nC: EHLO x\nS: 250\nS- PIPELINING\n", 4),
        ("S: 220\nC: NOOP\nS: EOF\n", 3),
        ("S: 220\nC: QUIT\nS: 221\nS: 250\n", 4),
        ("S: 220\nDELIVERED: 1\n", 2),
    ],
)
def test_a_dialogue_that_is_not_met_fails_at_its_line(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "unmet.txt"
    file.write_text(text)
    with NextHop() as hop, pytest.raises(DialogueError, match=rf"^unmet\.txt:{line}: "):
        Player(hop.port, lambda: hop.accepted, patience=0.2).play(dialogue.read(file))


def test_a_dialogue_that_makes_no_sense_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_text("S: 220\nSAY: HELO\n")
    with pytest.raises(ValueError, match=r"^odd\.txt:2: not understood"):
        dialogue.read(file)
