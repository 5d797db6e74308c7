"""The quarantine: messages held, their content durable before anyone is told that they were accepted.

    held --claim_release--> releasing --finish_release--> released   (or back to held, with the reply)
    held, released --delete or expire--> deleted --purge--> (no row)

Each change of state is one UPDATE with the old state in its condition, so two technicians, or two processes,
can't both make it. What a killed process leaves behind explains itself: content without a row was never
accepted, and content of a deleted row is not wanted any more: `sweep` removes both; an item that has been
`releasing` for longer than `STALE_CLAIM` may be claimed again.

Every method is synchronous and blocks on the disk: an event loop calls it in a thread. StoreError means
trouble with the database, OSError trouble with the content; the message is then not accepted, or the item
unchanged.

Known limits: after a claim has gone stale a message may be delivered twice, rather than not at all. Restoring
an older database makes newer content an orphan: docs/quarantine.md says what to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, delete, func, insert, or_, select, update

from gateway.model import Action
from gateway.store.content import ContentError, ContentFolder, StoredEnvelope, valid_reference
from gateway.store.database import StoreError, reading, writing
from gateway.store.digest import Counted, verified
from gateway.store.item import HeldItem, ItemState, StoredItem
from gateway.store.schema import quarantine as table
from gateway.store.schema import storable

STALE_CLAIM = timedelta(minutes=30)
ORPHAN_AGE = timedelta(days=1)
_BATCH = 500
_BY, _REPLY = 200, 2_000  # characters


class NoSuchItem(StoreError):
    """No item of the quarantine has that reference."""


class Quarantine:
    """Held messages: rows by `engine` (a durable one), content under `folder`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._content = ContentFolder(folder)

    # --- in -------------------------------------------------------------------------------------------------

    def hold(self, item: HeldItem, blocks: Iterable[bytes]) -> None:
        """Keep a message. When this returns it survives a power cut, content and row.

        Raises OSError or StoreError, and then nothing of it is kept; what `blocks` itself raises passes.
        """
        counted = Counted(blocks)
        self._content.write(item.stored_envelope(), counted)
        committing = False
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(table).values(item.row(counted.size, counted.sha256)))
                committing = True
        except StoreError:
            # A connection lost during commit leaves it open whether the row is there.
            present = self._present(item.reference) if committing else False
            if present:
                return
            if present is False:
                self._discard(item.reference)
            raise
        except BaseException:
            if not committing:
                self._discard(item.reference)
            raise

    def _present(self, reference: str) -> bool | None:
        try:
            return self.get(reference) is not None
        except StoreError:
            return None  # nobody knows: the content stays, and `sweep` finds out later

    def _discard(self, reference: str) -> None:
        with contextlib.suppress(OSError):  # the fault that led here is the one to report
            self._content.remove(reference)

    # --- look -----------------------------------------------------------------------------------------------

    def list(
        self,
        state: ItemState | None = None,
        limit: int = 100,
        before: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[StoredItem, ...]:
        """A page of items, newest reference first. `before`: the last reference of the page before this one.

        `since` (inclusive) and `until` (exclusive) are times of receipt.
        """
        conditions: list[ColumnElement[bool]] = []
        if state is not None:
            conditions.append(table.c.state == state.value)
        if before is not None:
            conditions.append(table.c.reference < before)
        if since is not None:
            conditions.append(table.c.received_at >= since)
        if until is not None:
            conditions.append(table.c.received_at < until)
        query = select(table).where(*conditions).order_by(table.c.reference.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(StoredItem.of(dict(row)) for row in connection.execute(query).mappings())

    def get(self, reference: str) -> StoredItem | None:
        """The item, in whatever state, or None."""
        with reading(self._engine) as connection:
            query = select(table).where(table.c.reference == reference)
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else StoredItem.of(dict(row))

    def open(self, reference: str) -> tuple[StoredEnvelope, Iterator[bytes]]:
        """Envelope and octets of the message, for release. People may look into ordinary mail only.

        The last block comes only when size and SHA-256 are those of the row; otherwise ContentError is raised
        in its place, so that damaged content is never sent to its end. Raises NoSuchItem too.
        """
        item = self.get(reference)
        if item is None or item.state is ItemState.DELETED:
            raise NoSuchItem(f"there is no message {reference} in the quarantine")
        if self._content.size(reference) != item.size:
            raise ContentError(f"the content of {reference} is damaged: its size is not that of its record")
        envelope = self._content.envelope(reference)
        return envelope, verified(self._content.blocks(reference), item.sha256)

    def counts(self) -> dict[ItemState, int]:
        """How many items are in each state, all states named."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        with reading(self._engine) as connection:
            found = {ItemState(state): number for state, number in connection.execute(query)}
        return {state: found.get(state, 0) for state in ItemState}

    def rejected_octets(self) -> int:
        """Octets of the copies of rejected messages that are still there."""
        kept = and_(table.c.action == Action.REJECT.value, table.c.state != ItemState.DELETED)
        with reading(self._engine) as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(table.c.size), 0)).where(kept)) or 0)

    # --- release --------------------------------------------------------------------------------------------

    def claim_release(self, reference: str, by: str) -> bool:
        """Begin a release: True for one caller only, who then calls `finish_release` whatever happens."""
        now = datetime.now(UTC)
        stale = and_(table.c.state == ItemState.RELEASING, table.c.claimed_at < now - STALE_CLAIM)
        return self._change(
            reference,
            or_(table.c.state == ItemState.HELD, stale),
            state=ItemState.RELEASING,
            claimed_at=now,
            claimed_by=storable(by, _BY),
        )

    def finish_release(self, reference: str, by: str, reply_text: str, delivered: bool) -> bool:
        """End a release with the next hop's reply: the item is released, or held again.

        False where this changed nothing, because the claim had gone stale and another one came between.
        """
        if delivered:
            return self.mark_released(reference, by, reply_text)
        ours = and_(table.c.state == ItemState.RELEASING, table.c.claimed_by == storable(by, _BY))
        return self._change(
            reference,
            ours,
            state=ItemState.HELD,
            claimed_at=None,
            claimed_by=None,
            release_reply=storable(reply_text, _REPLY),
        )

    def mark_released(self, reference: str, by: str, reply: str) -> bool:
        """Record that the next hop has the message. The content is kept until it expires."""
        return self._change(
            reference,
            table.c.state.in_([ItemState.HELD, ItemState.RELEASING]),
            state=ItemState.RELEASED,
            released_at=datetime.now(UTC),
            released_by=storable(by, _BY),
            release_reply=storable(reply, _REPLY),
        )

    # --- out ------------------------------------------------------------------------------------------------

    def delete(self, reference: str, by: str) -> bool:
        """Delete the content of an item; the row stays as a trace.

        False where it is absent, deleted already or being released. The row changes first: if the file can't
        be deleted (OSError), `sweep` does it later.
        """
        now = datetime.now(UTC)
        if not self._change(reference, _deletable(now), **_deleted(now, by)):
            return False
        self._content.remove(reference)
        return True

    def expire(self, now: datetime) -> int:
        """Delete the content of every item whose time is over at `now`. Returns how many items."""
        total = 0
        while references := self._expire_batch(now):
            for reference in references:
                self._content.remove(reference)
            total += len(references)
        return total

    def _expire_batch(self, now: datetime) -> tuple[str, ...]:
        due = select(table.c.reference).where(_deletable(now), table.c.expires_at <= now).limit(_BATCH)
        with writing(self._engine) as connection:
            references = tuple(connection.scalars(due.with_for_update()))
            if references:
                change = update(table).where(table.c.reference.in_(references))
                connection.execute(change.values(_deleted(now, "retention")))
        return references

    def purge(self, before: datetime) -> int:
        """Remove the rows of deleted items received before that time. Returns how many."""
        old = select(table.c.reference).where(
            table.c.state == ItemState.DELETED, table.c.received_at < before
        )
        total = 0
        while True:
            with writing(self._engine) as connection:
                chosen = old.limit(_BATCH)
                count = connection.execute(delete(table).where(table.c.reference.in_(chosen))).rowcount
            total += count
            if count < _BATCH:
                return total

    # --- tidiness -------------------------------------------------------------------------------------------

    def orphans(self, older_than: timedelta = ORPHAN_AGE) -> tuple[str, ...]:
        """Content without a row: a process was killed between the two, and the sender kept the message."""
        limit = datetime.now(UTC) - older_than
        return tuple(
            name for name, state in self._content_states() if state is None and self._older(name, limit)
        )

    def sweep(self, older_than: timedelta = ORPHAN_AGE) -> int:
        """Remove orphans and half-written files of that age, and content whose row says deleted.

        Returns how many files were removed.
        """
        limit = datetime.now(UTC) - older_than
        unwanted = [
            reference
            for reference, state in self._content_states()
            if state is ItemState.DELETED or (state is None and self._older(reference, limit))
        ]
        removed = sum(self._content.remove(reference) for reference in unwanted)
        return removed + self._content.remove_unfinished(limit)

    def _older(self, reference: str, limit: datetime) -> bool:
        modified = self._content.modified(reference)
        return modified is not None and modified < limit

    def _content_states(self) -> Iterator[tuple[str, ItemState | None]]:
        references = self._content.references()
        while batch := tuple(islice(references, _BATCH)):
            query = select(table.c.reference, table.c.state).where(table.c.reference.in_(batch))
            with reading(self._engine) as connection:
                states = {reference: ItemState(state) for reference, state in connection.execute(query)}
            for reference in batch:
                yield reference, states.get(reference)

    def _change(self, reference: str, condition: ColumnElement[bool], **values: Any) -> bool:
        if not valid_reference(reference):
            return False
        with writing(self._engine) as connection:
            change = update(table).where(table.c.reference == reference, condition).values(values)
            return connection.execute(change).rowcount == 1


def _deletable(now: datetime) -> ColumnElement[bool]:
    stale = and_(table.c.state == ItemState.RELEASING, table.c.claimed_at < now - STALE_CLAIM)
    return or_(table.c.state.in_([ItemState.HELD, ItemState.RELEASED]), stale)


def _deleted(now: datetime, by: str) -> dict[str, Any]:
    return {"state": ItemState.DELETED, "deleted_at": now, "deleted_by": storable(by, _BY)}
