"""Evaluating many clients at once, all in SQL: metrics, policies, decision rows, and what follows from them.

The meaning is that of `domain.figures` and `domain.policies`; a test with thousands of clients holds the two together.
Both statements take a locked set of clients, so a run over a million goes in resumable ranges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.ids import new_id
from chassis.query import Query, prepare
from chassis.tracing import current_traceparent

from client_registry.domain.events import CLIENTS
from client_registry.domain.figures import OVERDUE_DAYS_BAD, REPAYMENT_MONTHS, WINDOW_MONTHS, month_of, months_back
from client_registry.store.evaluation_sql import APPLY, DECIDE

_DECIDE = prepare(sa.text(DECIDE))
_APPLY = prepare(sa.text(APPLY))

# Intermediate results have no statistics: a nested loop over two of them grows with the square of the range, and a
# plan kept from a small range is wrong for a large one. For the rest of the transaction both are ruled out.
_PLAN_FOR_SETS = prepare(
    sa.text(
        "SELECT set_config('enable_nestloop', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)"
    )
)
# A few clients are found by index whatever the counts say; planning the statement anew would cost more than running it.
_FEW = 20
_PLAN_FOR_FEW = prepare(
    sa.text(
        "SELECT set_config('enable_nestloop', 'on', true), set_config('plan_cache_mode', 'force_generic_plan', true)"
    )
)
_LOCK_RANGE = prepare(
    sa.text(
        """
        SELECT c.id FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE c.id > :after AND c.kind = 'personal' AND c.merged_into IS NULL
          AND c.died_on IS NULL AND c.ended_on IS NULL
          AND starts_with(u.path, :unit_path)
        ORDER BY c.id LIMIT :size FOR UPDATE OF c
        """
    )
)
_LOCK_THESE = prepare(
    sa.text(
        """
        SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) AND kind = 'personal'
          AND merged_into IS NULL AND died_on IS NULL AND ended_on IS NULL
        ORDER BY id FOR UPDATE
        """
    )
)
# Companies are among them: they are left out by the decision, and are not to be taken for files that somebody holds.
_LOCK_FREE = prepare(
    sa.text(
        """
        SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[])) ORDER BY id FOR UPDATE SKIP LOCKED
        """
    )
)
_EXISTING = prepare(sa.text("SELECT id FROM clients WHERE id = ANY(CAST(:client_ids AS uuid[]))"))
_MET = prepare(
    sa.text(
        """
        SELECT DISTINCT d.client_id FROM qualification_decisions d
        CROSS JOIN LATERAL jsonb_to_recordset(d.outcomes) AS o(ladder text, level text, outcome text)
        WHERE d.run_id = :run_id AND o.ladder = 'card_level' AND o.level = :level AND o.outcome = 'met'
        """
    )
)
_COUNT = prepare(
    sa.text(
        """
        SELECT count(*) FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE c.kind = 'personal' AND c.merged_into IS NULL
          AND c.died_on IS NULL AND c.ended_on IS NULL AND starts_with(u.path, :unit_path)
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What followed from a set of decisions."""

    qualified: int
    lapsed: int
    tiers_up: int
    tiers_down: int
    bands_moved: int


async def lock_range(tx: Tx, *, unit_path: str, after: UUID, size: int) -> list[UUID]:
    """The next personal clients below a unit, locked in id order."""
    rows = await tx.fetch(_LOCK_RANGE, unit_path=unit_path, after=after, size=size)
    return [row["id"] for row in rows]


async def lock_these(tx: Tx, client_ids: Sequence[UUID]) -> list[UUID]:
    """These clients, locked in id order; corporate and unknown ones are left out."""
    return [row["id"] for row in await tx.fetch(_LOCK_THESE, client_ids=list(client_ids))]


async def lock_free(tx: Tx, client_ids: Sequence[UUID]) -> tuple[list[UUID], list[UUID]]:
    """These clients: the ones locked now in id order, and the ones that somebody else holds. Unknown ones are neither."""
    free = [row["id"] for row in await tx.fetch(_LOCK_FREE, client_ids=list(client_ids))]
    left = set(client_ids).difference(free)
    held = [row["id"] for row in await tx.fetch(_EXISTING, client_ids=sorted(left))] if left else []
    return free, held


async def plan_for(tx: Tx, size: int) -> None:
    """How the statements of this transaction are planned: for that many clients."""
    await tx.execute(_PLAN_FOR_SETS if size > _FEW else _PLAN_FOR_FEW)


async def count_below(tx: Tx, *, unit_path: str) -> int:
    """How many personal clients a run over a unit will visit."""
    return int(await tx.fetchval(_COUNT, unit_path=unit_path))


async def decide(tx: Tx, client_ids: Sequence[UUID], *, run_id: UUID, as_of: date, cut_off_at: datetime) -> int:
    """One decision row for each locked client, from the figures known at the cut-off (domain decisions, 2 and 8)."""
    await plan_for(tx, len(client_ids))
    this_month = month_of(as_of)
    return await tx.execute(
        _DECIDE,
        client_ids=list(client_ids),
        run_id=run_id,
        as_of=as_of,
        cut_off_at=cut_off_at,
        month_end=this_month,
        month_last=months_back(this_month, 1),
        window_from=months_back(this_month, WINDOW_MONTHS),
        repayment_from=months_back(this_month, REPAYMENT_MONTHS),
        overdue_days_bad=OVERDUE_DAYS_BAD,
    )


async def follow(tx: Tx, client_ids: Sequence[UUID], *, run_id: UUID, as_of: date, now: datetime) -> Followed:
    """What the decisions of a run change: candidates, lapses, service tier, asset band; the facts go to the outbox."""
    row: Any = await tx.fetchrow(
        _APPLY,
        client_ids=list(client_ids),
        run_id=run_id,
        as_of=as_of,
        now=now,
        topic=CLIENTS,
        traceparent=current_traceparent(),
    )
    return Followed(**dict(row))


class _TrialOver(Exception):
    """Undoes the savepoint of a trial."""


async def try_out(tx: Tx, client_ids: Sequence[UUID], *, level: str, as_of: date, now: datetime) -> set[UUID]:
    """Who of the locked clients would meet a level at this moment; nothing of the trial stays."""
    trial_id = new_id()
    found: set[UUID] = set()
    try:
        async with tx.connection.transaction():
            await decide(tx, client_ids, run_id=trial_id, as_of=as_of, cut_off_at=now)
            rows = await tx.fetch(_MET, run_id=trial_id, level=level)
            found = {row["client_id"] for row in rows}
            raise _TrialOver
    except _TrialOver:
        return found


# Of the columns that statements search by: the others are wide, and to take samples of them costs most of the time.
_COUNT_ANEW = {
    "clients": "id, home_unit_id, kind, merged_into, service_tier",
    "qualifications": "client_id, level, status",
    "qualification_decisions": "client_id, run_id",
    "client_metrics": "client_id, fresh",
}
FILLED_BY_RUNS = tuple(_COUNT_ANEW)


async def count_rows_anew(tx: Tx, table: str) -> None:
    """Have the planner's statistics of a table that runs fill made now, not when autovacuum comes by."""
    await tx.execute(Query(f"ANALYZE {table} ({_COUNT_ANEW[table]})", ()))
