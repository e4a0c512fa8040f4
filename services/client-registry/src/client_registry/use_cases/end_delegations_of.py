"""A posting that ended can be stood in for no longer."""

from datetime import datetime

from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.organisation import Posting
from client_registry.store import delegations as store
from client_registry.use_cases.end_delegation import end_now


async def end_delegations_of(tx: Tx, posting: Posting, *, by: Principal, now: datetime) -> int:
    """Ends what runs or is to begin; returns how many."""
    running = await store.lock_of_posting(tx, posting, now=now)
    for delegation in running:
        await end_now(tx, delegation, by=by, now=now)
    return len(running)
