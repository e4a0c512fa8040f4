"""The client complains again: a new round with another handler."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.clocks import start_clocks
from complaint_service.domain.conditions import Situation
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.ask_handler import ask_handler
from complaint_service.use_cases.propose_closing import CONFIRM_CLOSING
from complaint_service.use_cases.route_case import route_case
from complaint_service.use_cases.set_alarms import set_alarms


async def reopen_complaint(tx: Tx, case_id: UUID, text: str, *, by: Principal, now: datetime) -> Case:
    """Inside the window counted from delivery: another handler (CM-27) and the 10-day clock (CM-28, BOC-S Art. 34(4)).

    Raises WindowOver, IllegalMove.
    """
    case = await cases.get_case(tx, case_id)
    case.check_reopening(at=now)
    client = await copies.get_client(tx, case.client_id) if case.client_id else None
    policy = await copies.active_policy(tx, now)
    situation = Situation(
        kind=case.kind,
        complaint_type=case.complaint_type,
        channel=case.channel,
        tier=client.service_tier if client else None,
        round=case.round.number + 1,
    )
    earlier = await cases.earlier_handlers(tx, case, with_present=True)
    decision, assignment = await route_case(
        tx,
        situation,
        policy,
        client=client,
        about_unit_id=case.about_unit_id,
        opened_at_unit_id=case.opened_at_unit_id,
        excluded=earlier,
        now=now,
    )
    clocks = start_clocks(
        policy.clocks,
        situation,
        at=now,
        policy_version=policy.version,
        calendar=await copies.find_calendar(tx),
        ids=tuple(new_id() for _ in policy.clocks),
    )
    reopened, fact = case.reopen(assignment, clocks, earlier_handlers=earlier, at=now)
    assigned, said = reopened.assign(assignment, cause="reopened", at=now)
    await cases.save_case(tx, assigned)
    await records.add_text(tx, assigned, "re-complaint", text, text_id=new_id(), by=by.subject, at=now)
    await records.add_routing(
        tx,
        assigned,
        decision,
        assignment,
        routing_id=new_id(),
        cause="reopened",
        cause_id=None,
        excluded=earlier,
        at=now,
    )
    await records.add_step(tx, assigned, "reopened", step_id=new_id(), by=by.subject, at=now)
    await set_alarms(tx, assigned)
    await audit.record(
        tx,
        act="complaint.reopened",
        by=by,
        object_type="case",
        object_id=case.id,
        client_id=case.client_id,
        at=now,
    )
    await outbox.add(tx, fact, *([said] if said else []))
    await work_items.complete_for(tx, subject_id=case.id, kind=CONFIRM_CLOSING, by=by, result="reopened", now=now)
    await ask_handler(tx, assigned, "CM-27", by=by, now=now)
    return assigned
