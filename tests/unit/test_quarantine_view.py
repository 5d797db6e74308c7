"""How held messages are shown: complete for ordinary mail, without any name for private mail, safe for a terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.model import Action, Client, Direction, Envelope, Finding, Judged, Privacy, Verdict
from gateway.quarantine_view import as_row, lines, summary
from gateway.store.item import HeldItem, ItemState, StoredItem

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def item(privacy: Privacy = Privacy.ORDINARY, name: str = "canary", **changes: Any) -> StoredItem:
    """An item as it comes back from the database, every text that a sender can choose being `name`."""
    finding = Finding("keyword", "betting", "gambling", "2", f"{name}-file.exe", f"{name}-detail")
    held = HeldItem(
        reference="01J9ZZZZZZZZZZZZZZZZZZZZZZ",
        received_at=NOW,
        listener="inbound",
        direction=Direction.INBOUND,
        client=Client("192.0.2.77"),
        envelope=Envelope(f"{name}-sender@elsewhere.example", [f"{name}-rcpt@school.example"]),
        privacy=privacy,
        verdict=Verdict(Action.REJECT, (Judged(finding, Action.REJECT, "5.11", "gambling"),), "test"),
        expires_at=NOW + timedelta(days=14),
        subject=f"{name}-subject",
        filenames=(f"{name}-file.exe",),
    )
    empty = dict.fromkeys(
        [
            "claimed_at",
            "claimed_by",
            "released_at",
            "released_by",
            "release_reply",
            "deleted_at",
            "deleted_by",
        ]
    )
    return replace(StoredItem.of(held.row(1234, "0" * 64) | empty), **changes)


def shown(stored: StoredItem) -> str:
    return "\n".join([*lines(stored), *summary(stored), json.dumps(as_row(stored), default=str)])


def test_all_that_is_known_of_an_ordinary_message() -> None:
    text = shown(item())
    for part in (
        *("01J9ZZZZZZZZZZZZZZZZZZZZZZ", "canary-sender@elsewhere.example", "canary-rcpt@school.example"),
        *(
            "canary-subject",
            "canary-file.exe",
            "canary-detail",
            "keyword/betting",
            "gambling",
            "5.11",
            "1234",
        ),
        *("held", "reject", "2026"),
    ):
        assert part in text


@pytest.mark.parametrize("privacy", [privacy for privacy in Privacy if privacy.private])
def test_of_private_mail_no_name_is_shown(privacy: Privacy) -> None:
    text = shown(item(privacy))
    assert "canary" not in text
    assert "192.0.2" not in text
    assert "(private)" in text
    assert "keyword/betting" in text, "the rule is no secret"


@pytest.mark.parametrize(
    "name", ["\x1b]0;owned\x07", "a\r\nState       released", "\x9b2J", "a\u2028b", "\u202egnp.exe", "\0"]
)
def test_nothing_that_a_sender_wrote_can_play_with_the_terminal(name: str) -> None:
    stored = item(name=name, release_reply=f"550 {name}")
    for line in [*lines(stored), *summary(stored)]:
        assert line.isprintable(), repr(line)
    assert sum(line.startswith("State ") for line in lines(stored)) == 1


def test_the_row_of_the_list_is_json() -> None:
    row = json.loads(json.dumps(as_row(item())))
    assert row["reference"] == "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
    assert (row["private"], row["sender"], row["state"]) == (False, "canary-sender@elsewhere.example", "held")
    private = json.loads(json.dumps(as_row(item(Privacy.PERSONAL))))
    assert (private["private"], private["sender"], private["recipients"], private["subject"]) == (
        True, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"state": ItemState.RELEASED, "released_at": NOW, "released_by": "pat", "release_reply": "250 Ok"},
            "by pat: 250 Ok",
        ),
        ({"release_reply": "451 4.4.1 Down"}, "451 4.4.1 Down"),
        ({"state": ItemState.DELETED, "deleted_at": NOW, "deleted_by": "pat"}, "by pat"),
        ({"findings_omitted": 7}, "7 more"),
    ],
)  # fmt: skip
def test_what_became_of_it(changes: dict[str, Any], expected: str) -> None:
    assert expected in "\n".join(lines(item(**changes)))


def test_a_message_without_findings() -> None:
    bare = item(findings=(), category=None, clause=None, rule=None, subject=None, recipients=())
    assert "Decided by  nothing" in "\n".join(lines(bare))
    assert list(summary(bare))
