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


_BOUND = prepare(sa.text("SELECT id FROM clients WHERE id > :after ORDER BY id OFFSET CAST(:size AS int) - 1 LIMIT 1"))
LAST_ID = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A range of a run: how many clients below the unit, the last id, whether there are more, and who of them is due."""

    clients: int
    last: UUID
    cut: bool
    finished: bool
    due: list[UUID]


async def bound(tx: Tx, *, after: UUID, size: int) -> UUID | None:
    """The id of the so-manieth file after this one; None where there are fewer."""
    found: UUID | None = await tx.fetchval(_BOUND, after=after, size=size)
    return found


async def next_range(
    tx: Tx, *, unit_path: str, after: UUID, size: int, due_most: int, as_of: date, cut_off_at: datetime
) -> Visited:
    """The next so many files by id, those below the unit among them; cut short where too many are due. Nobody is locked."""
    await evaluation.plan_for(tx, size)
    upto = await bound(tx, after=after, size=size)
    row: Any = await tx.fetchrow(
        _NEXT, unit_path=unit_path, after=after, upto=upto or LAST_ID, most=due_most, as_of=as_of,
        cut_off_at=cut_off_at, month_end=month_of(as_of),
    )  # fmt: skip
    cut_at = row["cut_at"]
    return Visited(
        clients=row["taken"],
        last=cut_at or upto or LAST_ID,
        cut=cut_at is not None,
        finished=upto is None and cut_at is None,
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
