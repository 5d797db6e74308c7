import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Action, Direction, Finding
from gateway.policy.decide import decide
from gateway.policy.profile import Entry, Profile

ENTRIES = {
    "joke": Entry(Action.TAG, "5.11.3", "jokes and games"),
    "macro": Entry(Action.QUARANTINE, "6.3", "document with macros"),
    "malware": Entry(Action.REJECT, "6.3", "malware"),
    "inspection-fault": Entry(Action.DEFER, "", "fault"),
    "allowed": Entry(Action.RELAY, "1", "allowed"),
}
INBOUND = {**ENTRIES, "macro": Entry(Action.REJECT, "6.3", "document with macros")}
PROFILE = Profile(
    "school",
    "A school",
    {Direction.INBOUND: INBOUND, Direction.OUTBOUND: ENTRIES, Direction.INTERNAL: ENTRIES},
)


def finding(category: str, part: str = "1", rule: str = "r", detail: str = "") -> Finding:
    return Finding("keyword", rule, category, part, None, detail)


def test_nothing_found() -> None:
    verdict = decide([], PROFILE, Direction.INBOUND)
    assert (verdict.action, verdict.judged, verdict.profile) == (Action.RELAY, (), "school")
    assert verdict.deciding is None


@pytest.mark.parametrize(
    ("categories", "action"),
    [
        (["joke"], Action.TAG),
        (["joke", "macro"], Action.QUARANTINE),
        (["macro", "malware", "joke"], Action.REJECT),
        (["malware", "inspection-fault"], Action.REJECT),
        (["macro", "inspection-fault"], Action.DEFER),
        (["allowed"], Action.RELAY),
        (["unheard-of"], Action.RELAY),
        (["unheard-of", "joke"], Action.TAG),
    ],
)
def test_the_strongest_action_wins(categories: list[str], action: Action) -> None:
    verdict = decide([finding(category) for category in categories], PROFILE, Direction.OUTBOUND)
    assert verdict.action is action
    assert verdict.deciding is not None
    assert verdict.deciding.action is action


def test_the_direction_counts() -> None:
    assert decide([finding("macro")], PROFILE, Direction.INBOUND).action is Action.REJECT
    assert decide([finding("macro")], PROFILE, Direction.INTERNAL).action is Action.QUARANTINE


def test_strongest_first_otherwise_as_found() -> None:
    found = [finding("joke", "1"), finding("malware", "2"), finding("joke", "3"), finding("malware", "4")]
    verdict = decide(found, PROFILE, Direction.OUTBOUND)
    assert [judged.finding.part for judged in verdict.judged] == ["2", "4", "1", "3"]
    assert verdict.categories == ("malware", "joke")


def test_the_reason_has_clause_and_label() -> None:
    reason = decide([finding("malware")], PROFILE, Direction.OUTBOUND).deciding
    assert reason is not None
    assert (reason.clause, reason.label) == ("6.3", "malware")


def test_a_category_that_is_not_acted_on_is_still_shown() -> None:
    (judged,) = decide([finding("unheard-of")], PROFILE, Direction.OUTBOUND).judged
    assert (judged.action, judged.clause, judged.label) == (Action.RELAY, "", "unheard-of")


def test_the_same_rule_at_the_same_place_counts_once() -> None:
    found = [finding("joke", detail="first"), finding("joke", detail="second"), finding("joke", part="2")]
    judged = decide(found, PROFILE, Direction.OUTBOUND).judged
    assert [(item.finding.part, item.finding.detail) for item in judged] == [("1", "first"), ("2", "")]


@given(
    st.lists(
        st.builds(finding, st.sampled_from([*ENTRIES, "other"]), st.sampled_from(["1", "2"])), max_size=8
    )
)
@settings(max_examples=100, deadline=None)
def test_the_verdict_follows_from_what_was_found(found: list[Finding]) -> None:
    verdict = decide(found, PROFILE, Direction.OUTBOUND)
    assert {judged.finding for judged in verdict.judged} == set(found)
    severities = [judged.action.severity for judged in verdict.judged]
    assert severities == sorted(severities, reverse=True)
    assert verdict.action.severity == max([0, *severities])
    assert decide(list(reversed(found)), PROFILE, Direction.OUTBOUND).action is verdict.action
