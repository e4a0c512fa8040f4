"""One client classified anew at once: something was reported about him, or has lost its weight (CR-31, CR-36)."""

from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.domain.classification import Classification
from client_registry.store import evaluation, feature_rows
from client_registry.use_cases.classify_clients import classify_clients


async def reclassify_client(tx: Tx, client_id: UUID, *, now: datetime) -> Classification | None:
    """By the same statements as a run over everybody. Who was never decided over is decided over first.

    None for a company, and for a file that was merged or whose client has died: nobody classifies those.
    """
    locked = await evaluation.lock_these(tx, [client_id])
    await feature_rows.decide_due(tx, locked, run_id=new_id(), as_of=business_day(now), cut_off_at=now, now=now)
    found = await classify_clients(tx, locked, now=now)
    return found[0] if found else None
