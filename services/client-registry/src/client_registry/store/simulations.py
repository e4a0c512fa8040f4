"""Simulations in PostgreSQL: two sets of policies, evaluated over ranges of clients; only results are written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.figures import OVERDUE_DAYS_BAD, REPAYMENT_MONTHS, WINDOW_MONTHS, month_of, months_back
from client_registry.domain.policies import TierPolicy
from client_registry.store.evaluation import plan_for
from client_registry.store.feature_rows import LAST_ID, bound
from client_registry.store.policies import criterion_json, veto_json
from client_registry.store.simulation_sql import SIMULATE
from client_registry.tables.simulations import policy_simulations

_ADD = prepare(
    sa.insert(policy_simulations).values({column.name: sa.bindparam(column.name) for column in policy_simulations.c})
)
_FIND = prepare(sa.select(policy_simulations).where(policy_simulations.c.id == sa.bindparam("id", type_=sa.Uuid())))
_SIMULATE = prepare(sa.text(SIMULATE))


async def add(
    tx: Tx,
    *,
    simulation_id: UUID,
    operation_id: UUID,
    unit_path: str,
    as_of: date,
    policies: list[dict[str, Any]],
    assumptions: dict[str, Any],
    by: str,
    now: datetime,
) -> None:
    """A simulation over the clients below a unit, from the figures known now."""
    await tx.execute(
        _ADD, id=simulation_id, operation_id=operation_id, unit_path=unit_path, as_of=as_of, cut_off_at=now,
        policies=policies, assumptions=assumptions, started_by=by, created_at=now,
    )  # fmt: skip


async def find(tx: Tx, simulation_id: UUID) -> Record | None:
    """One simulation, or None."""
    return await tx.fetchrow(_FIND, id=simulation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A range of a simulation: how many clients, how many of them would move, where it ended and whether there are more."""

    clients: int
    moved: int
    last: UUID
    finished: bool


async def simulate(tx: Tx, *, simulation: Record, after: UUID, size: int) -> Tried:
    """Both sets over the next so many files by id. Writes moves and counts of the simulation and nothing else.

    Nothing is locked: a simulation reads beside the daily work.
    """
    await plan_for(tx, size)
    upto = await bound(tx, after=after, size=size)
    this_month = month_of(simulation["as_of"])
    row: Any = await tx.fetchrow(
        _SIMULATE,
        after=after,
        upto=upto or LAST_ID,
        unit_path=simulation["unit_path"],
        simulation_id=simulation["id"],
        policies=simulation["policies"],
        as_of=simulation["as_of"],
        cut_off_at=simulation["cut_off_at"],
        month_end=this_month,
        month_last=months_back(this_month, 1),
        window_from=months_back(this_month, WINDOW_MONTHS),
        repayment_from=months_back(this_month, REPAYMENT_MONTHS),
        overdue_days_bad=OVERDUE_DAYS_BAD,
    )
    return Tried(clients=row["clients"], moved=row["moved"], last=upto or LAST_ID, finished=upto is None)


def sided(policies: Iterable[TierPolicy], side: str) -> list[dict[str, Any]]:
    """Policies as the statement takes them, on one side: "b" before, "a" after."""
    return [
        {
            "id": str(policy.id), "code": policy.code, "version": policy.version, "ladder": policy.ladder.value,
            "level": policy.level, "scope_path": side + policy.scope_path, "campaign": policy.campaign,
            "combinator": policy.combinator, "criteria": [criterion_json(each) for each in policy.criteria],
            "needs_filing": policy.needs_filing, "grace_months": policy.grace_months,
            "minimum_tenure_months": policy.minimum_tenure_months,
            "vetoes": [veto_json(each) for each in policy.vetoes],
        }
        for policy in policies
    ]  # fmt: skip
