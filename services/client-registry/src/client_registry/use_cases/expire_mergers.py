"""A proposed merger that nobody decided in time ends: both files are free for another proposal."""

from datetime import datetime

from chassis import audit
from chassis.db import Tx
from chassis.identity import system

from client_registry.store import mergers as store
from client_registry.use_cases.propose_merger import KIND


async def expire_mergers(tx: Tx, *, now: datetime) -> int:
    """How many ended; nothing of the files has changed."""
    by = system("client-registry")
    ended = await store.expire(tx, kind=KIND, by=by.subject, now=now)
    for merger_id, client_id in ended:
        await audit.record(
            tx, act="merger.expired", by=by, object_type=KIND, object_id=merger_id, client_id=client_id, at=now
        )
    return len(ended)
