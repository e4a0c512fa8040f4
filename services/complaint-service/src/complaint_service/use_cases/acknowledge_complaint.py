"""The handler takes a case over from whoever received it first."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.store import cases, records


async def acknowledge_complaint(tx: Tx, case_id: UUID, *, by: Principal, now: datetime) -> Case:
    """Hand-over of the first-receiver duty (CM-4, BOC-S Art. 35(1)). Raises NotTheHandler, IllegalMove."""
    case = await cases.get_case(tx, case_id)
    taken = case.acknowledge(by.subject, at=now)
    await cases.save_case(tx, taken)
    detail = {"duty_from": case.round.duty_holder, "duty_to": by.subject}
    await records.add_step(tx, taken, "acknowledged", step_id=new_id(), by=by.subject, at=now, detail=detail)
    await audit.record(
        tx,
        act="complaint.acknowledged",
        by=by,
        object_type="case",
        object_id=case.id,
        client_id=case.client_id,
        at=now,
    )
    return taken
