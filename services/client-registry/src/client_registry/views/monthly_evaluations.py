"""Evaluations that begin by themselves, as they are answered: what began, what became of it, what comes next (A5)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.domain.monthly_evaluations import latest_at, month_to_evaluate
from client_registry.domain.policies import HEAD_OFFICE_PATH
from client_registry.store import calendar, evaluation_policies
from client_registry.store import monthly_evaluations as store

CALENDAR = "CN"
_LIST = prepare(
    sa.text(
        """
        SELECT m.month, m.kind, m.unit_path, m.operation_id, m.begun_at, m.because, m.figures_percent, m.months_missed,
               o.status, o.done, o.total, o.result, o.finished_at
        FROM monthly_evaluations m LEFT JOIN operations o ON o.id = m.operation_id
        WHERE CAST(:before_month AS date) IS NULL OR (m.month, m.kind) < (CAST(:before_month AS date), :before_kind)
        ORDER BY m.month DESC, m.kind DESC LIMIT :size
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The last closed month: whether it was begun, how much of it is delivered, and when it begins at the latest."""

    month: date
    begun: bool
    figures_percent: int
    latest_at: datetime | None
    provisional: bool


async def evaluation_policy(tx: Tx) -> EvaluationPolicy:
    """The values in force."""
    return await evaluation_policies.current(tx)


async def outlook(tx: Tx, *, now: datetime) -> Outlook:
    """What comes next. Without a published calendar there is no latest moment; a year without notice is provisional."""
    policy, month = await evaluation_policies.current(tx), month_to_evaluate(now)
    published = await calendar.latest(tx, CALENDAR)
    moment = None if published is None else latest_at(policy, published, month)
    return Outlook(
        month=month,
        begun=bool(await store.of_month(tx, month, unit_path=HEAD_OFFICE_PATH)),
        figures_percent=await store.delivered_percent(tx, month, unit_path=HEAD_OFFICE_PATH),
        latest_at=moment,
        provisional=published is not None and moment is not None and published.is_provisional(moment.year),
    )


async def list_begun(tx: Tx, *, before: tuple[date, str] | None, size: int) -> list[dict[str, Any]]:
    """What began, the newest month first."""
    month, kind = before or (None, "")
    return [dict(row) for row in await tx.fetch(_LIST, before_month=month, before_kind=kind, size=size)]
