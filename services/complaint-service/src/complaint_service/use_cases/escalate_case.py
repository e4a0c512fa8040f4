"""Report a case to its handler's superior."""

from datetime import datetime

from chassis import outbox, work_items
from chassis.db import Tx
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.events import ComplaintEscalated
from complaint_service.store import copies, records

ESCALATED = "complaint.escalated"


async def escalate_case(tx: Tx, case: Case, fact: ComplaintEscalated, *, rule: str, by: str, now: datetime) -> None:
    """Say it, note it and put it on the superior's list (CM-3, BOC-S Art. 34(1))."""
    await work_items.add(
        tx,
        kind=ESCALATED,
        rule=rule,
        text=f"{ESCALATED}.{fact.cause}",
        client_id=case.client_id,
        subject_id=case.id,
        owner=fact.to_subject,
        owner_role=fact.to_role,
        unit_id=fact.to_unit_id,
        unit_path=await copies.find_path(tx, fact.to_unit_id),
        due_at=case.answer_due_at,
        now=now,
    )
    detail = {"cause": fact.cause, "clock": fact.clock, "to_role": fact.to_role, "to": fact.to_subject}
    await records.add_step(tx, case, "escalated", step_id=new_id(), by=by, at=now, detail=detail)
    await outbox.add(tx, fact)
