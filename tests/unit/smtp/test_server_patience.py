"""How much of the same thing a client may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.smtp.test_server import EHLO, Scene, play


@pytest.mark.parametrize(
    ("line", "count"), [("NOOP", 2000), ("VRFY ann", 2000), ("RSET", 2000), ("NOSUCH", 10)]
)
def test_a_client_that_asks_and_asks_is_sent_away(tmp_path: Path, line: str, count: int) -> None:
    async def work(scene: Scene) -> None:
        caller = await scene.greeted()
        await caller.ask(EHLO)
        caller.raw(f"{line}\r\n".encode() * (count + 100))
        replies = (await caller.rest()).splitlines()
        assert replies[-1].startswith("421 4.7.0 ")
        assert len(replies) <= count

    play(tmp_path, work, max_errors=10)
