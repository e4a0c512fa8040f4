"""Ending an entry of the corporate list before its time: the tier falls after the policy's grace, at once without one."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import audit, due_work
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.corporate_vips import Entry
from client_registry.store import corporate_vips as store
from client_registry.store import reviews
from client_registry.use_cases.approve_corporate_vip import BEGIN, END, lock_entry
from client_registry.use_cases.follow_corporate_list import follow_corporate_list
from client_registry.use_cases.plan_review import morning
from client_registry.use_cases.propose_corporate_vip import KIND


async def end_corporate_vip(tx: Tx, entry_id: UUID, *, by: Principal, now: datetime) -> Entry:
    """The entry ends with yesterday, its tier with the grace after it. Raises EntryNotRunning."""
    entry = await lock_entry(tx, entry_id)
    today = business_day(now)
    stopped = entry.stop(last_day=today - timedelta(days=1), by=by.subject)
    await store.save(tx, stopped)
    policy = await reviews.policy_on(tx, today)
    await due_work.cancel(tx, kind=BEGIN, subject_id=entry_id)
    await due_work.schedule(tx, kind=END, subject_id=entry_id, due_at=max(now, morning(stopped.falls_on(policy))))
    await audit.record(
        tx, act="corporate-vip.ended", by=by, object_type=KIND, object_id=entry_id, client_id=entry.client_id,
        detail={}, at=now,
    )  # fmt: skip
    return await follow_corporate_list(tx, stopped, now=now)
