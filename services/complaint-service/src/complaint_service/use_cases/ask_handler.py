"""Put a case on its handler's list."""

from datetime import datetime

from chassis import work_items
from chassis.db import Tx
from chassis.identity import Principal

from complaint_service.domain.case import Case
from complaint_service.store import copies

HANDLE = "complaint.handle"
HANDED_ON = "handed-on"


async def ask_handler(tx: Tx, case: Case, rule: str, *, by: Principal, now: datetime) -> None:
    """One open item for whoever has the case now; an earlier holder's item ends as handed on (CM-37, BOC-C)."""
    await work_items.complete_for(tx, subject_id=case.id, kind=HANDLE, by=by, result=HANDED_ON, now=now)
    await work_items.add(
        tx,
        kind=HANDLE,
        rule=rule,
        text=HANDLE,
        client_id=case.client_id,
        subject_id=case.id,
        owner=case.round.handler,
        owner_role=case.round.role,
        unit_id=case.round.unit_id,
        unit_path=await copies.find_path(tx, case.round.unit_id),
        due_at=case.answer_due_at,
        now=now,
    )
