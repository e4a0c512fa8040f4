"""Plan the return visit that follows the handling of a complaint (CM-38)."""

from datetime import date, datetime
from uuid import UUID

from chassis import due_work
from chassis.db import Tx

from engagement_service.domain.complaints import plan_return_visit
from engagement_service.store import complaints, copies

PLAN_VISIT = "engagement.plan-return-visit"


async def plan_visit(
    tx: Tx, client_id: UUID, case_id: UUID, *, counted_on: date, counted_from: str, now: datetime
) -> None:
    """Plan (or move) the return visit of a case; without a working calendar the plan waits for one, it is not guessed."""
    calendar = await copies.newest_calendar(tx)
    if calendar is None:
        await due_work.schedule(
            tx,
            kind=PLAN_VISIT,
            subject_id=case_id,
            due_at=now,
            detail={
                "client_id": str(client_id),
                "counted_on": counted_on.isoformat(),
                "counted_from": counted_from,
            },
        )
        return
    await complaints.plan_visit(
        tx,
        plan_return_visit(client_id, case_id, counted_on=counted_on, counted_from=counted_from, calendar=calendar),
    )
