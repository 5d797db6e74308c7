"""From findings to the verdict. A pure function: no I/O, no clock, no state."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Action, Direction, Finding, Judged, Verdict
from gateway.policy.profile import Entry, Profile

_NOT_ACTED_ON = Entry(Action.RELAY, "", "")


def decide(findings: Sequence[Finding], profile: Profile, direction: Direction) -> Verdict:
    """What is done with a message that was found to contain `findings`.

    The strongest action wins. `judged` has every distinct finding, strongest first, otherwise in the order in
    which they were found; the same rule at the same place counts once (the first has the detail). A category that
    the profile does not name leads to nothing.
    """
    distinct: dict[tuple[str, str, str, str, str | None], Judged] = {}
    for finding in findings:
        key = (finding.stage, finding.rule, finding.category, finding.part, finding.filename)
        if key not in distinct:
            entry = profile.entry(finding.category, direction) or _NOT_ACTED_ON
            distinct[key] = Judged(finding, entry.action, entry.clause, entry.label or finding.category)
    judged = sorted(distinct.values(), key=lambda item: -item.action.severity)
    return Verdict(judged[0].action if judged else Action.RELAY, tuple(judged), profile.id)
