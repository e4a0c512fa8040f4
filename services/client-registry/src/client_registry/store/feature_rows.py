"""Deciding only over those who can come out otherwise than last time, from the maintained feature row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.figures import OVERDUE_DAYS_BAD, REPAYMENT_MONTHS, WINDOW_MONTHS, month_of, months_back
from client_registry.store import evaluation
from client_registry.store.evaluation import Followed
from client_registry.store.feature_row_sql import DECIDE_KEPT, MARK_DECIDED, NEXT, REFRESH, STALE, STILL_DUE

_NEXT = prepare(sa.text(NEXT))
_STALE = prepare(sa.text(STALE))
_REFRESH = prepare(sa.text(REFRESH))
_STILL_DUE = prepare(sa.text(STILL_DUE))
_DECIDE_KEPT = prepare(sa.text(DECIDE_KEPT))
_MARK_DECIDED = prepare(sa.text(MARK_DECIDED))
_NOBODY = Followed(qualified=0, lapsed=0, tiers_up=0, tiers_down=0, bands_moved=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A range of a run: how many clients, the last of them, whether there are more, and who of them is due."""

    clients: int
    last: UUID | None
    finished: bool
    due: list[UUID]


async def next_range(
    tx: Tx, *, unit_path: str, after: UUID, size: int, due_most: int, as_of: date, cut_off_at: datetime
) -> Visited:
    """The next clients below a unit by id; nobody is locked by looking."""
    await evaluation.plan_for(tx, size)
    row: Any = await tx.fetchrow(
        _NEXT, unit_path=unit_path, after=after, size=size, most=due_most, as_of=as_of, cut_off_at=cut_off_at,
        month_end=month_of(as_of),
    )  # fmt: skip
    return Visited(
        clients=row["taken"],
        last=row["last"],
        finished=row["found"] < size and row["taken"] == row["found"],
        due=row["due"],
    )


async def decide_due(
    tx: Tx, client_ids: Sequence[UUID], *, run_id: UUID, as_of: date, cut_off_at: datetime, now: datetime
) -> Followed:
    """Decides over those locked clients for whom something has changed, and follows the decisions.

    A decision row is written for a change and for nothing else: whoever comes out as last time keeps the decision he has.
    """
    if not client_ids:
        return _NOBODY
    await evaluation.plan_for(tx, len(client_ids))
    this_month = month_of(as_of)
    when = {"as_of": as_of, "cut_off_at": cut_off_at}
    stale = [
        row["client_id"] for row in await tx.fetch(_STALE, client_ids=list(client_ids), month_end=this_month, **when)
    ]
    if stale:
        await tx.execute(
            _REFRESH, client_ids=stale, month_end=this_month, month_last=months_back(this_month, 1),
            window_from=months_back(this_month, WINDOW_MONTHS), repayment_from=months_back(this_month, REPAYMENT_MONTHS),
            overdue_days_bad=OVERDUE_DAYS_BAD, **when,
        )  # fmt: skip
    due = [row["id"] for row in await tx.fetch(_STILL_DUE, client_ids=list(client_ids), **when)]
    if not due:
        return _NOBODY
    await tx.execute(_DECIDE_KEPT, client_ids=due, run_id=run_id, **when)
    followed = await evaluation.follow(tx, due, run_id=run_id, as_of=as_of, now=now)
    await tx.execute(_MARK_DECIDED, client_ids=due, **when)
    return followed
