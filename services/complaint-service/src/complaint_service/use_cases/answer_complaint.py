"""Record the handling opinion that the client has received."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.vocabulary import DeliveryWay, Outcome
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.ask_handler import HANDLE
from complaint_service.use_cases.set_alarms import set_alarms


async def answer_complaint(
    tx: Tx,
    case_id: UUID,
    outcome: Outcome,
    opinion: str,
    *,
    delivered_at: datetime,
    delivery_way: DeliveryWay,
    by: Principal,
    now: datetime,
) -> Case:
    """The answer clocks are met by the delivery, which starts the quiet window (CM-26, BOC-S Art. 34(4); A10).

    Raises NotTheHandler, NotAcknowledged, DeliveryOutOfTime, IllegalMove.
    """
    case = await cases.get_case(tx, case_id)
    policy = await copies.active_policy(tx, now)
    answered, fact = case.answer(
        by.subject,
        outcome,
        delivered_at=delivered_at,
        delivery_way=delivery_way,
        quiet_days=policy.quiet_days,
        at=now,
    )
    await cases.save_case(tx, answered)
    await records.add_text(tx, answered, "opinion", opinion, text_id=new_id(), by=by.subject, at=now)
    detail = {"outcome": outcome.value, "quiet_days": policy.quiet_days, "policy_version": policy.version}
    await records.add_step(tx, answered, "answered", step_id=new_id(), by=by.subject, at=now, detail=detail)
    await set_alarms(tx, answered)
    await work_items.complete_for(tx, subject_id=case.id, kind=HANDLE, by=by, result="answered", now=now)
    await audit.record(
        tx,
        act="complaint.answered",
        by=by,
        object_type="case",
        object_id=case.id,
        client_id=case.client_id,
        detail=detail,
        at=now,
    )
    await outbox.add(tx, fact)
    return answered
