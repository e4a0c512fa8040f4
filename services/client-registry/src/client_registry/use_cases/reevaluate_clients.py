"""Clients whose figures have changed since they were last decided over: marked with the change, decided once for it.

The mark is a due row, one a client, laid down in the transaction of the change. The sweep that takes it decides in that
very transaction, so a change is answered once, however often a worker is killed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import due_work
from chassis.clock import business_day
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.store import evaluation, feature_rows
from client_registry.use_cases.open_filing_reviews import open_filing_reviews
from client_registry.use_cases.watch_accounts import watch_accounts

KIND = "client.figures-changed"
_AGAIN = timedelta(seconds=1)


async def mark_changed(tx: Tx, client_ids: Iterable[UUID], *, now: datetime) -> None:
    """These clients' figures change in this transaction: each will be decided over again once it has committed."""
    await due_work.schedule_many(tx, kind=KIND, due=[(client_id, now) for client_id in sorted(set(client_ids))])


async def reevaluate_clients(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> None:
    """Decides over marked clients, all at once, as of today and from the figures known now (domain decisions, 8).

    A client whose file somebody holds is marked again: the marks are taken before the files are, and whoever writes
    figures holds the file before he marks, so waiting here could be waiting for each other.
    """
    today = business_day(now)
    free, held = await evaluation.lock_free(tx, client_ids)
    await due_work.schedule_many(tx, kind=KIND, due=[(client_id, now + _AGAIN) for client_id in sorted(held)])
    # Before today's decisions: what is decided last is what stands.
    await open_filing_reviews(tx, free, now=now)
    await feature_rows.decide_due(tx, free, run_id=new_id(), as_of=today, cut_off_at=now, now=now)
    await watch_accounts(tx, free, now=now)
