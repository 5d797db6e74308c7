"""Everything that is read before a message can be handled: settings, rules, profile, stages.

`load_all` serves `run`, `reload`, `check` and `scan`, so that all four refuse the same files with the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from gateway import config
from gateway.config import Settings
from gateway.inspection import Inspector, Observer
from gateway.mime.limits import Limits
from gateway.policy import ruleset
from gateway.policy.examples import check_examples
from gateway.policy.profile import Profile
from gateway.policy.ruleset import Rules
from gateway.privacy.marking import Marking
from gateway.problem import Problem
from gateway.stages import registry
from gateway.stages.base import Stage


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a generation of workers works with. `version` identifies the rules."""

    settings: Settings
    rules: Rules
    stages: Sequence[Stage]

    @property
    def profile(self) -> Profile:
        """The profile in force."""
        return self.rules.profile

    @property
    def version(self) -> str:
        """Identifies the content of the ruleset files."""
        return self.rules.version

    def summary(self) -> str:
        """The rules in a few words."""
        rules = self.rules
        return (
            f"{len(rules.attachments)} attachment rules, {len(rules.keywords)} keyword rules, "
            f"{len(rules.yara)} YARA rules (version {rules.version})"
        )

    def inspector(self, observer: Observer, executor: Executor | None) -> Inspector:
        """An inspector for a worker."""
        return self._inspector(observer, executor, self.settings.gateway.state_dir / "spool")

    def scanner(self, observer: Observer, executor: Executor | None) -> Inspector:
        """An inspector outside the gateway, which leaves the state folder alone."""
        return self._inspector(observer, executor, None)

    def _inspector(self, observer: Observer, executor: Executor | None, spool: Path | None) -> Inspector:
        settings = self.settings
        limits = settings.limits
        largest = max(listener.max_message_size for listener in settings.listener)
        return Inspector(
            stages=self.stages,
            limits=Limits(
                depth=limits.depth,
                parts=limits.parts,
                header_octets=limits.header_octets,
                header_fields=limits.header_fields,
                views=limits.views,
                decoded_octets=max(limits.decoded_octets, largest),
            ),
            marking=Marking(settings.privacy.markers, settings.privacy.sensitivity),
            spool_directory=spool,
            spool_memory=settings.spool.memory,
            thread_above=settings.inspection.thread_above,
            timeout=settings.inspection.timeout,
            executor=executor,
            observer=observer,
        )


def load_all(path: Path) -> tuple[Loaded | None, list[Problem]]:
    """Load and check everything that the file at `path` names: the result, or all problems."""
    settings, problems = config.load(path)
    if settings is None:
        return None, problems
    folder = settings.policy.rulesets
    assert folder is not None
    rules, found = ruleset.load(folder, settings.policy.profile)
    problems = [*problems, *found]
    if rules is None or problems:
        return None, problems
    problems = check_examples(rules)
    if problems:
        return None, problems
    stages = registry.build(
        registry.StageSettings(
            text_octets=settings.limits.text_octets,
            yara_raw=settings.inspection.yara_raw,
            yara_timeout=int(max(1, settings.inspection.timeout)),
        ),
        rules,
    )
    return Loaded(settings, rules, stages), []
