"""Close a case."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.rights import is_officer
from complaint_service.domain.vocabulary import ClosedBecause
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.ask_handler import HANDLE
from complaint_service.use_cases.propose_closing import CONFIRM_CLOSING
from complaint_service.use_cases.set_alarms import set_alarms


async def close_complaint(tx: Tx, case_id: UUID, because: ClosedBecause, *, by: Principal, now: datetime) -> Case:
    """Closed by an officer in charge, for silence only after the window (CM-26, BOC-S Art. 34(4); A11).

    Raises OfficerMustClose, WindowStillOpen, IllegalMove.
    """
    case = await cases.get_case(tx, case_id)
    officer = is_officer(by, handler=case.round.handler, unit_paths=await copies.list_paths(tx, case), now=now)
    closed, fact = case.close(because, by_officer=officer, by=by.subject, at=now)
    await cases.save_case(tx, closed)
    detail = {"because": because.value}
    await records.add_step(tx, closed, "closed", step_id=new_id(), by=by.subject, at=now, detail=detail)
    await set_alarms(tx, closed)
    for kind in (HANDLE, CONFIRM_CLOSING):
        await work_items.complete_for(tx, subject_id=case.id, kind=kind, by=by, result="closed", now=now)
    await audit.record(
        tx,
        act="complaint.closed",
        by=by,
        object_type="case",
        object_id=case.id,
        client_id=case.client_id,
        detail=detail,
        at=now,
    )
    await outbox.add(tx, fact)
    return closed
