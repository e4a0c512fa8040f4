"""Clients whose figures have changed since they were last decided over: marked with the change, decided once for it.

The mark is a due row, one a client, laid down in the transaction of the change. The sweep that takes it decides in that
very transaction, so a change is answered once, however often a worker is killed. Whoever marks does so before any client
is locked: the sweep holds marks before it locks clients, and the two orders must be one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import due_work
from chassis.clock import business_day
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.store import evaluation
from client_registry.store.evaluation import Followed
from client_registry.use_cases.reevaluate_client import reevaluate_client

KIND = "client.figures-changed"


async def mark_changed(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> None:
    """These clients' figures change in this transaction: each will be decided over again once it has committed."""
    await due_work.schedule_many(tx, kind=KIND, due=[(client_id, now) for client_id in sorted(set(client_ids))])


async def reevaluate_clients(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> Followed:
    """Decides over marked clients, all at once, as of today and from the figures known now (domain decisions, 8)."""
    today = business_day(now)
    if len(client_ids) == 1:
        return await reevaluate_client(tx, client_ids[0], as_of=today, now=now)
    locked = await evaluation.lock_these(tx, client_ids)
    run_id = new_id()
    await evaluation.decide(tx, locked, run_id=run_id, as_of=today, cut_off_at=now)
    return await evaluation.follow(tx, locked, run_id=run_id, as_of=today, now=now)
