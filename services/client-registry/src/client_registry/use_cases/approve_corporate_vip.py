"""The second person's yes to an entry of the corporate list: the tier stands from its first day on (CR-22, CR-24)."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit, due_work
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.corporate_vips import Entry, check_days, check_free
from client_registry.store import clients, reviews
from client_registry.store import corporate_vips as store
from client_registry.use_cases.follow_corporate_list import follow_corporate_list
from client_registry.use_cases.plan_review import morning
from client_registry.use_cases.propose_corporate_vip import KIND

BEGIN = "corporate-vip.begin"
END = "corporate-vip.end"


async def approve_corporate_vip(tx: Tx, entry_id: UUID, *, by: Principal, now: datetime) -> Entry:
    """The approved entry, checked again. Its first day and its end are planned.

    Raises EntryDecided, ListedAlready, Invalid where its last day is over by now, `approvals.SamePerson`.
    """
    entry = await lock_entry(tx, entry_id)
    today = business_day(now)
    policy = await reviews.policy_on(tx, today)
    approved = entry.approve(by=by.subject, at=now)
    check_days(entry.valid_from, entry.valid_until, today=today, policy=policy)
    check_free(approved, await store.of_client(tx, entry.client_id))
    await approvals.approve(tx, kind=KIND, subject_id=entry.client_id, subject_version=entry.version, by=by, now=now)
    await store.save(tx, approved)
    await due_work.schedule(tx, kind=END, subject_id=entry_id, due_at=morning(approved.falls_on(policy)))
    if entry.valid_from > today:
        await due_work.schedule(tx, kind=BEGIN, subject_id=entry_id, due_at=morning(entry.valid_from))
    await audit.record(
        tx, act="corporate-vip.approved", by=by, object_type=KIND, object_id=entry_id, client_id=entry.client_id,
        detail={"valid_until": entry.valid_until.isoformat()}, at=now,
    )  # fmt: skip
    return await follow_corporate_list(tx, approved, now=now)


async def lock_entry(tx: Tx, entry_id: UUID) -> Entry:
    """The entry with its client's file under lock, the file first. Raises NotFound."""
    client_id = await store.living_client_of(tx, entry_id)
    if client_id is None or await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    entry = await store.lock(tx, entry_id)
    if entry is None:
        raise NotFound()
    return entry
