"""The gateway's rules for these tests, and what a verdict amounts to."""

from __future__ import annotations

import asyncio
import enum
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gateway.inspection import Inspection
from gateway.loaded import Loaded, load_all
from gateway.model import CATEGORY_FAULT, CATEGORY_NOT_INSPECTED, Action, Direction, Finding, Verdict
from gateway.policy.decide import decide
from gateway.stages.base import Context
from tests.support.evasion.build import CANARY
from tests.support.evasion.recipe import Target
from tests.support.gateway import ROOT, Section, config_text

PROFILE = "nexus-mat"
_BLOCK = 1 << 16
_AMBIGUOUS = "ambiguous"
_CANARY_RULE = f"""
[[rule]]
id = "canary"
category = "gambling"
terms = ["{CANARY}"]
must_match = ["a {CANARY} of note"]
must_not_match = ["a wombat and a flute"]
"""


class Outcome(enum.StrEnum):
    """What became of a message: its payload was found, it was stopped for another reason, or it went through."""

    FOUND = "found"
    HELD = "held"
    RELAYED = "relayed"


def write_rulesets(folder: Path) -> Path:
    """The shipped rulesets and a rule for the canary word, in a folder of their own."""
    rulesets = folder / "rulesets"
    shutil.copytree(ROOT / "rulesets", rulesets)
    (rulesets / "keywords" / "canary.toml").write_text(_CANARY_RULE, "utf-8")
    return rulesets


def load_rules(folder: Path) -> Loaded:
    """Everything that the gateway loads, from a configuration in `folder`."""
    file = folder / "postern.toml"
    sections: dict[str, Section] = {
        "gateway": {
            "hostname": "gateway.school.example",
            "local_domains": ["school.example"],
            "state_dir": str(folder),
        },
        "policy": {"profile": PROFILE, "rulesets": str(write_rulesets(folder))},
    }
    listener: Section = {"name": "test", "bind": "127.0.0.1:2525", "relay_to": "127.0.0.1:2526"}
    file.write_text(config_text(sections, [listener]), "utf-8")
    loaded, problems = load_all(file)
    assert loaded is not None, problems
    return loaded


@dataclass(slots=True)
class FaultsKept:
    """An observer that keeps what stages raised."""

    faults: list[str]

    def stage_time(self, stage: str, seconds: float) -> None:
        """Not of interest here."""

    def defect(self, name: str, severity: str) -> None:
        """Of no interest here."""

    def stage_fault(self, stage: str, error: BaseException) -> None:
        """Keep it."""
        self.faults.append(f"{stage}: {error!r}")


class Judge:
    """Inspects messages as the gateway does, one after another."""

    def __init__(self, loaded: Loaded) -> None:
        self.observer = FaultsKept([])
        self._loaded = loaded
        self._executor = ThreadPoolExecutor(1, "inspect")
        self._runner = asyncio.Runner()
        self._inspector = loaded.scanner(self.observer, self._executor)

    def verdict(self, message: bytes) -> Verdict:
        """The verdict on an inbound message. Raises what inspection raises."""
        return self._runner.run(self._inspect(message))

    async def _inspect(self, message: bytes) -> Verdict:
        inspection = Inspection(self._inspector, Context(Direction.INBOUND))
        try:
            for at in range(0, len(message), _BLOCK):
                await inspection.feed(message[at : at + _BLOCK])
            await inspection.finish()
            return decide(inspection.findings, self._loaded.profile, Direction.INBOUND)
        finally:
            inspection.close()

    def close(self) -> None:
        """Give thread and loop back."""
        self._runner.close()
        self._executor.shutdown()


def outcome(target: Target, verdict: Verdict) -> Outcome:
    """What `verdict` means for a message that carries `target`."""
    if verdict.action in (Action.RELAY, Action.TAG):
        return Outcome.RELAYED
    blocking = [item.finding for item in verdict.judged if item.action not in (Action.RELAY, Action.TAG)]
    return Outcome.FOUND if any(_is(target, finding) for finding in blocking) else Outcome.HELD


def _is(target: Target, finding: Finding) -> bool:
    """Whether the finding names the payload itself."""
    match target:
        case Target.EICAR:
            return finding.rule == "eicar_test_string"
        case Target.EXT:
            return finding.stage == "attachment" and finding.category in (
                "executable",
                "deceptive-name",
                "disk-image",
            )
        case Target.MAGIC:
            return finding.category in ("executable", "deceptive-name", "malware")
        case Target.KEYWORD:
            return finding.rule == "canary"
        case Target.LIMIT:
            return finding.category == CATEGORY_NOT_INSPECTED
        case _:
            return finding.category not in (_AMBIGUOUS, CATEGORY_FAULT)
