"""What a client is missing to each standard, in amounts: the registry's own answer, never an event (A5, CR-16)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.scope import Scope

from client_registry.domain.policies import Outcome
from client_registry.domain.shortfalls import Missing, missing_to, results_for
from client_registry.store.plain_evaluation import evaluate_plainly
from client_registry.tables.standing import downgrade_notices
from client_registry.views.clients import require_visible

_FORESEEN = prepare(
    sa.select(downgrade_notices.c.cause, downgrade_notices.c.falls_on)
    .where(
        downgrade_notices.c.client_id == sa.bindparam("client_id"),
        downgrade_notices.c.falls_on > sa.bindparam("today"),
    )
    .order_by(downgrade_notices.c.falls_on)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One level of a ladder for which a policy applies, and what is missing to it; nothing where it is met."""

    ladder: str
    level: str
    met: bool
    missing: list[Missing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfalls:
    """All standards that apply to the client, and the falls that were foreseen."""

    as_of: date
    row: Record
    standards: list[Standard]
    foreseen: list[Record]


async def shortfalls_of(tx: Tx, client_id: UUID, *, scope: Scope, today: date, now: datetime) -> Shortfalls:
    """By the figures of this moment; nothing is decided by asking. NotFound outside the scope."""
    row = await require_visible(tx, client_id, scope=scope)
    evaluation = (await evaluate_plainly(tx, client_id, as_of=today, cut_off_at=now)).evaluation
    levels = sorted({(result.policy.ladder, result.policy.level) for result in evaluation.results})
    return Shortfalls(
        as_of=today,
        row=row,
        standards=[
            Standard(
                ladder=ladder.value,
                level=level,
                met=any(result.outcome is Outcome.MET for result in results_for(evaluation, ladder, level)),
                missing=missing_to(results_for(evaluation, ladder, level)),
            )
            for ladder, level in levels
        ],
        foreseen=await tx.fetch(_FORESEEN, client_id=client_id, today=today),
    )
