"""What of a held message goes into the database, and what never does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.model import (
    Action,
    Client,
    Direction,
    Envelope,
    Finding,
    Judged,
    Privacy,
    Verdict,
    new_reference,
)
from gateway.store.item import HeldItem, ItemState, StoredItem

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
JUDGED = Judged(
    Finding("keyword", "gambling.casino", "gambling", "1.2", "canaryfile.docx", "canarydetail"),
    Action.QUARANTINE,
    "5.11.3",
    "gambling",
)
TAGGED = replace(JUDGED, action=Action.TAG)
ITEM = HeldItem(
    reference=new_reference(),
    received_at=NOW,
    listener="inbound",
    direction=Direction.INBOUND,
    client=Client("192.0.2.77", 4000, "canaryhelo.example", True),
    envelope=Envelope(
        "canarysender@example.org", ["canaryrcpt@school.example"], body="8BITMIME", smtputf8=True
    ),
    privacy=Privacy.ORDINARY,
    verdict=Verdict(Action.QUARANTINE, (TAGGED, JUDGED), "nexus-mat"),
    expires_at=NOW + timedelta(days=30),
    subject="canarysubject",
    filenames=("canaryfile.docx",),
)
LATER = dict.fromkeys(
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


def test_a_row_comes_back_as_it_went_in() -> None:
    row = json.loads(json.dumps(ITEM.row(123, "ab" * 32), default=str))
    row |= {"received_at": ITEM.received_at, "expires_at": ITEM.expires_at}
    stored = StoredItem.of({**row, **LATER})
    assert stored.state is ItemState.HELD
    assert stored.findings == (TAGGED, JUDGED)
    assert (stored.action, stored.direction, stored.privacy) == (
        Action.QUARANTINE,
        Direction.INBOUND,
        Privacy.ORDINARY,
    )
    assert (stored.category, stored.clause, stored.rule) == ("gambling", "5.11.3", "gambling.casino")
    assert (stored.sender, stored.recipients) == ("canarysender@example.org", ("canaryrcpt@school.example",))
    assert (stored.subject, stored.filenames) == ("canarysubject", ("canaryfile.docx",))
    assert (stored.size, stored.sha256, stored.profile) == (123, "ab" * 32, "nexus-mat")


def test_a_private_row_has_no_address_subject_name_or_detail() -> None:
    row = replace(ITEM, privacy=Privacy.PERSONAL).row(123, "ab" * 32)
    assert "canary" not in str(row)
    assert "192.0.2.77" not in str(row)
    assert [row[name] for name in ("sender", "recipients", "subject", "filenames")] == [None] * 4
    assert row["rule"] == "gambling.casino"
    stored = StoredItem.of({**row, **LATER})
    assert (stored.recipients, stored.filenames) == (None, None)
    assert stored.findings[0].finding == Finding("keyword", "gambling.casino", "gambling", "1.2")


def test_the_envelope_beside_the_content_is_complete() -> None:
    stored = ITEM.stored_envelope()
    assert stored.reference == ITEM.reference
    assert stored.client == ITEM.client
    assert stored.envelope == ITEM.envelope


def test_what_a_sender_can_make_long_is_cut_and_says_so() -> None:
    names = tuple(f"{number}.exe" for number in range(300))
    verdict = Verdict(Action.REJECT, (JUDGED,) * 1000, "nexus-mat")
    row = replace(ITEM, subject="s" * 5000, filenames=names, verdict=verdict).row(1, "")
    assert row["subject"] == "s" * 999 + "…"
    assert row["filenames"][:2] == ["0.exe", "1.exe"]
    assert row["filenames"][-1] == "… and 250 more"
    assert len(row["findings"]) == 100
    assert row["findings_omitted"] == 900


def test_a_verdict_without_a_deciding_finding_is_stored_too() -> None:
    row = replace(ITEM, verdict=Verdict(Action.QUARANTINE)).row(1, "")
    assert (row["category"], row["clause"], row["rule"], row["findings"]) == (None, None, None, [])
