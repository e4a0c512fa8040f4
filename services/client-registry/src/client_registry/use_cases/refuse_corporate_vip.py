"""The second person's no to an entry of the corporate list (CR-22)."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.corporate_vips import Entry, EntryRefusal
from client_registry.store import corporate_vips as store
from client_registry.use_cases.approve_corporate_vip import lock_entry
from client_registry.use_cases.propose_corporate_vip import KIND


async def refuse_corporate_vip(tx: Tx, entry_id: UUID, *, reason: EntryRefusal, by: Principal, now: datetime) -> Entry:
    """The refused entry; nothing of the client changes. Raises EntryDecided, `approvals.SamePerson`."""
    entry = await lock_entry(tx, entry_id)
    refused = entry.refuse(reason, by=by.subject, at=now)
    await approvals.refuse(tx, kind=KIND, subject_id=entry.client_id, by=by, now=now, reason=reason.value)
    await store.save(tx, refused)
    await audit.record(
        tx, act="corporate-vip.refused", by=by, object_type=KIND, object_id=entry_id, client_id=entry.client_id,
        detail={"reason": reason.value}, at=now,
    )  # fmt: skip
    return refused
