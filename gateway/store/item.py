"""An item of the quarantine: as it is handed in, and as it is read back.

What a sender can make long (subject, file names, findings) is cut to a bounded size in the row, and the cut
is shown; the message itself is kept whole. For private mail the row has no address, subject, file name or
detail.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.model import Action, Client, Direction, Envelope, Finding, Judged, Privacy, Verdict
from gateway.store.content import StoredEnvelope
from gateway.store.schema import storable

_NAMES = 50
_FINDINGS = 100
_TEXT = 1_000
_ADDRESS = 1_024


class ItemState(enum.StrEnum):
    """Where an item stands. DELETED: the content is gone, the row remains until `Quarantine.purge`."""

    HELD = "held"
    RELEASING = "releasing"
    RELEASED = "released"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A message to be held. `verdict.action` is QUARANTINE, or REJECT for the copy of a rejected one.

    Times are aware. `subject` and `filenames` are decoded; those of private mail go no further than this.
    """

    reference: str
    received_at: datetime
    listener: str
    direction: Direction
    client: Client
    envelope: Envelope
    privacy: Privacy
    verdict: Verdict
    expires_at: datetime
    subject: str | None = None
    filenames: tuple[str, ...] = ()

    def stored_envelope(self) -> StoredEnvelope:
        """What is written in front of the content."""
        return StoredEnvelope(
            reference=self.reference,
            received_at=self.received_at,
            listener=self.listener,
            direction=self.direction,
            client=self.client,
            sender=self.envelope.sender,
            recipients=tuple(self.envelope.recipients),
            body=self.envelope.body,
            smtputf8=self.envelope.smtputf8,
        )

    def row(self, size: int, sha256: str) -> dict[str, Any]:
        """The row of the database, private mail blanked. `size` and `sha256` are those of the message."""
        private = self.privacy.private
        deciding = self.verdict.deciding
        envelope = self.envelope
        return {
            "reference": self.reference,
            "received_at": self.received_at,
            "listener": self.listener,
            "direction": self.direction.value,
            "action": self.verdict.action.value,
            "state": ItemState.HELD.value,
            "privacy": self.privacy.value,
            "sender": None if private else storable(envelope.sender, _ADDRESS),
            "recipients": None if private else [storable(name, _ADDRESS) for name in envelope.recipients],
            "subject": None if private or self.subject is None else storable(self.subject, _TEXT),
            "filenames": None if private else _bounded(self.filenames),
            "size": size,
            "sha256": sha256,
            "category": deciding.finding.category if deciding else None,
            "clause": deciding.clause if deciding else None,
            "rule": deciding.finding.rule if deciding else None,
            "profile": self.verdict.profile,
            "findings": [_finding_row(judged, private) for judged in self.verdict.judged[:_FINDINGS]],
            "findings_omitted": max(0, len(self.verdict.judged) - _FINDINGS),
            "expires_at": self.expires_at,
        }


def _bounded(names: tuple[str, ...]) -> list[str]:
    kept = [storable(name, _TEXT) for name in names[:_NAMES]]
    return kept if len(names) <= _NAMES else [*kept, f"… and {len(names) - _NAMES} more"]


def _finding_row(judged: Judged, private: bool) -> dict[str, Any]:
    finding = judged.finding
    row: dict[str, Any] = {
        "stage": finding.stage,
        "rule": finding.rule,
        "category": finding.category,
        "part": finding.part,
        "action": judged.action.value,
        "clause": judged.clause,
        "label": judged.label,
    }
    if not private:
        row["filename"] = None if finding.filename is None else storable(finding.filename, _TEXT)
        row["detail"] = storable(finding.detail, _TEXT)
    return row


@dataclass(frozen=True, slots=True)
class StoredItem:
    """A row of the quarantine. Times are UTC.

    For private mail `sender`, `recipients`, `subject`, `filenames` are None, and findings have neither file
    name nor detail.
    """

    reference: str
    received_at: datetime
    listener: str
    direction: Direction
    action: Action
    state: ItemState
    privacy: Privacy
    sender: str | None
    recipients: tuple[str, ...] | None
    subject: str | None
    filenames: tuple[str, ...] | None
    size: int
    sha256: str
    category: str | None
    clause: str | None
    rule: str | None
    profile: str
    findings: tuple[Judged, ...]
    findings_omitted: int
    expires_at: datetime
    claimed_at: datetime | None
    claimed_by: str | None
    released_at: datetime | None
    released_by: str | None
    release_reply: str | None
    deleted_at: datetime | None
    deleted_by: str | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> StoredItem:
        """From the columns of the row."""
        names, recipients = row["filenames"], row["recipients"]
        changed = {
            "direction": Direction(row["direction"]),
            "action": Action(row["action"]),
            "state": ItemState(row["state"]),
            "privacy": Privacy(row["privacy"]),
            "recipients": None if recipients is None else tuple(recipients),
            "filenames": None if names is None else tuple(names),
            "findings": tuple(_judged(finding) for finding in row["findings"]),
        }
        return cls(**{**row, **changed})


def _judged(row: dict[str, Any]) -> Judged:
    finding = Finding(
        stage=row["stage"],
        rule=row["rule"],
        category=row["category"],
        part=row["part"],
        filename=row.get("filename"),
        detail=row.get("detail", ""),
    )
    return Judged(finding, Action(row["action"]), row["clause"], row["label"])
