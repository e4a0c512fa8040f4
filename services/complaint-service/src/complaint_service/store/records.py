"""What hangs on a case: sealed words, routing decisions and the steps taken. Rows are only added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx

from complaint_service import tables as t
from complaint_service.domain.case import Case
from complaint_service.domain.routing import Assignment, Decision
from complaint_service.store.statements import insert_row

SEALED = "texts.sealed"


_ADD_TEXT = insert_row(t.texts)
_ADD_ROUTING = insert_row(t.routings)
_ADD_STEP = insert_row(t.steps)


async def add_text(tx: Tx, case: Case, part: str, plain: str, *, text_id: UUID, by: str, at: datetime) -> None:
    """Seal words of the client or about the case: subject, description, opinion, progress, re-complaint."""
    await tx.execute(
        _ADD_TEXT,
        id=text_id,
        case_id=case.id,
        round=case.round.number,
        part=part,
        sealed=tx.cipher.seal(SEALED, text_id, plain),
        written_by=by,
        written_at=at,
    )


async def add_routing(
    tx: Tx,
    case: Case,
    decision: Decision,
    to: Assignment,
    *,
    routing_id: UUID,
    cause: str,
    cause_id: UUID | None,
    excluded: frozenset[str],
    at: datetime,
) -> None:
    """Keep a routing decision with all it looked at, so that it can be explained later as it was."""
    await tx.execute(
        _ADD_ROUTING,
        id=routing_id,
        case_id=case.id,
        round=case.round.number,
        decided_at=at,
        cause=cause,
        cause_id=cause_id,
        policy_version=decision.policy_version,
        situation=decision.situation.facts(),
        winner=decision.winner.code,
        losers=[rule.code for rule in decision.losers],
        served_by=to.rule,
        role=to.role,
        unit_id=to.unit_id,
        handler=to.handler,
        climbed=list(to.climbed),
        excluded=sorted(excluded),
    )


async def add_step(
    tx: Tx, case: Case, step: str, *, step_id: UUID, by: str, at: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Note what was done with the case; codes and ids only."""
    await tx.execute(
        _ADD_STEP,
        id=step_id,
        case_id=case.id,
        case_version=case.version,
        step=step,
        by=by,
        at=at,
        detail=detail or {},
    )
