"""One client decided again on event: what a changed file, policy or figure means for candidates and tiers."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.ids import new_id

from client_registry.store import evaluation
from client_registry.store.evaluation import Followed


async def reevaluate_client(tx: Tx, client_id: UUID, *, as_of: date, now: datetime) -> Followed:
    """Decides over one client from the figures known now, by the same SQL as a run, and follows the decision.

    Locks the client's file. A corporate client or an unknown one has no qualification: nothing is decided then.
    """
    locked = await evaluation.lock_these(tx, [client_id])
    if not locked:
        return Followed(qualified=0, lapsed=0, tiers_up=0, tiers_down=0, bands_moved=0)
    run_id = new_id()
    await evaluation.decide(tx, locked, run_id=run_id, as_of=as_of, cut_off_at=now)
    return await evaluation.follow(tx, locked, run_id=run_id, as_of=as_of, now=now)
