"""Keeping a wrong answer: the fifth on one value locks that person and value for 15 minutes, with an audit row."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.recognition import Failures, LookupGone
from client_registry.store import lookups as store


async def record_failed_factor(tx: Tx, lookup_id: UUID, *, by: Principal, now: datetime) -> Failures:
    """The failures so far. In a transaction of its own: the refusal that follows undoes everything else."""
    lookup = await store.find_lookup(tx, lookup_id, asked_by=by.subject, now=now)
    if lookup is None:
        raise LookupGone()
    before = await store.lock_failures(tx, by.subject, lookup["value_index"], now=now)
    found = before.another(now)
    await store.save_failures(tx, by.subject, lookup["value_index"], found)
    if found.is_locked(now):
        await audit.record(
            tx, act="recognition.locked", by=by, object_type="client-lookup", object_id=lookup_id,
            purpose=lookup["purpose"], detail={"failed": found.failed}, at=now,
        )  # fmt: skip
    return found
