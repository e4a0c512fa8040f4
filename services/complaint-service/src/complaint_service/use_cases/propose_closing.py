"""Ask an officer to confirm the closing of a case whose quiet window passed in silence."""

from datetime import datetime
from uuid import UUID

from chassis import due_work, work_items
from chassis.db import Tx
from chassis.identity import system
from chassis.ids import new_id

from complaint_service.domain.rights import OFFICERS
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.find_superior import find_officer
from complaint_service.use_cases.set_alarms import AGAIN, QUIET_OVER, set_alarms

CONFIRM_CLOSING = "complaint.confirm-closing"


async def propose_closing(tx: Tx, case_id: UUID, *, now: datetime) -> None:
    """Proposed once, never closed by itself (CM-26, BOC-S Art. 34(4); A11)."""
    case = await cases.find_free_case(tx, case_id)
    if case is None:
        await due_work.schedule(tx, kind=QUIET_OVER, subject_id=case_id, due_at=now + AGAIN)
        return
    proposed = case.propose_closing(at=now)
    if proposed is case:
        return
    await cases.save_case(tx, proposed)
    by = system("complaint-service").subject
    await records.add_step(tx, proposed, "closing-proposed", step_id=new_id(), by=by, at=now)
    await set_alarms(tx, proposed)
    officer = await find_officer(tx, proposed, OFFICERS, now=now)
    await work_items.add(
        tx,
        kind=CONFIRM_CLOSING,
        rule="CM-26",
        text=CONFIRM_CLOSING,
        client_id=case.client_id,
        subject_id=case.id,
        owner=officer.handler,
        owner_role=officer.role,
        unit_id=officer.unit_id,
        unit_path=await copies.find_path(tx, officer.unit_id),
        due_at=None,
        now=now,
    )
