"""How an item of the quarantine is shown to a technician: as lines, and as a JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.store.item import StoredItem

_PRIVATE = "(private)"


def printable(text: str) -> str:
    """`text` without control characters, which a sender could use to play with the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def as_row(item: StoredItem) -> dict[str, Any]:
    """The fields of a list entry; None where the item is private."""
    return {
        "reference": item.reference,
        "received": item.received_at.isoformat(),
        "state": item.state,
        "action": item.action,
        "direction": item.direction,
        "category": item.category,
        "clause": item.clause,
        "size": item.size,
        "private": item.privacy.private,
        "sender": item.sender,
        "recipients": item.recipients,
        "subject": item.subject,
    }


def summary(item: StoredItem) -> Iterator[str]:
    """An item in two or three lines, fit for a terminal."""
    reason = f"{item.category} {item.clause or ''}".strip() if item.category else "nothing found"
    received = f"{item.received_at.astimezone():%Y-%m-%d %H:%M %Z}"
    yield f"{item.reference}  {received}  {item.state} ({item.action}: {reason}), {item.size} octets"
    sender = _PRIVATE if item.sender is None else f"<{item.sender}>"
    to = _PRIVATE if item.recipients is None else ", ".join(item.recipients)
    yield printable(f"    {sender} to {to}")
    if item.subject:
        yield printable(f"    {item.subject}")


def lines(item: StoredItem) -> Iterator[str]:
    """All that may be shown of an item, fit for a terminal."""
    return map(printable, _lines(item))


def _lines(item: StoredItem) -> Iterator[str]:
    private = item.privacy.private
    yield f"Reference   {item.reference}"
    received = f"{item.received_at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    yield f"Received    {received}, listener {item.listener}, {item.direction}"
    yield f"State       {item.state} ({item.action})"
    yield f"Expires     {item.expires_at.astimezone():%Y-%m-%d}"
    yield f"From        {_PRIVATE if item.sender is None else f'<{item.sender}>'}"
    yield f"To          {_PRIVATE if item.recipients is None else ', '.join(item.recipients)}"
    yield f"Subject     {_PRIVATE if private else item.subject or ''}"
    yield f"Size        {item.size} octets, SHA-256 {item.sha256}"
    yield f"Decided by  {item.category or 'nothing'} ({item.profile} {item.clause or ''})"
    for judged in item.findings:
        finding = judged.finding
        detail = f": {finding.detail}" if finding.detail else ""
        yield f"  {judged.action:<10} {finding.stage}/{finding.rule} in {finding.place}{detail}"
    if item.findings_omitted:
        yield f"  and {item.findings_omitted} more findings"
    if item.released_at is not None:
        yield f"Released    {item.released_at.astimezone():%Y-%m-%d %H:%M} by {item.released_by}: {item.release_reply}"
    elif item.release_reply:
        yield f"Last try    {item.release_reply}"
    if item.deleted_at is not None:
        yield f"Deleted     {item.deleted_at.astimezone():%Y-%m-%d %H:%M} by {item.deleted_by}"
