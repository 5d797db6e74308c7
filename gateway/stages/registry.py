"""The stages, in the order in which they see each part of a message. A new stage is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.policy.ruleset import Rules
from gateway.stages.attachment import AttachmentStage
from gateway.stages.base import Stage
from gateway.stages.keyword import KeywordStage
from gateway.stages.yara import Raw, YaraStage


@dataclass(frozen=True, slots=True)
class StageSettings:
    """What stages need of the configuration. `text_octets` is the text read of a message; `yara_raw` what YARA sees
    of the wire form; `yara_timeout` is in seconds, for each match."""

    text_octets: int = 8 << 20
    yara_raw: Raw = "outside-base64"
    yara_timeout: float = 30


def _attachment(settings: StageSettings, rules: Rules) -> Stage:
    return AttachmentStage(rules.attachments)


def _keyword(settings: StageSettings, rules: Rules) -> Stage:
    silent = [category.id for category in rules.categories.values() if not category.show_match]
    return KeywordStage(rules.keywords, settings.text_octets, silent)


def _yara(settings: StageSettings, rules: Rules) -> Stage:
    return YaraStage(rules.yara, settings.yara_raw, settings.yara_timeout)


# The attachment stage comes first: it detects the types that the others read.
STAGES: tuple[Callable[[StageSettings, Rules], Stage], ...] = (_attachment, _keyword, _yara)


def build(settings: StageSettings, rules: Rules) -> tuple[Stage, ...]:
    """Every stage, compiled and ready to be inherited by the workers."""
    return tuple(make(settings, rules) for make in STAGES)
