"""Take a complaint, an enquiry or a suggestion in: number it, route it, start its clocks."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from complaint_service.domain.case import Case, Round
from complaint_service.domain.clocks import Clock, start_clocks
from complaint_service.domain.conditions import Situation
from complaint_service.domain.intake import Intake
from complaint_service.domain.opening import open_case
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.domain.refusals import UnitNotKnown
from complaint_service.domain.routing import Assignment, Decision
from complaint_service.domain.vocabulary import Status
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.ask_handler import ask_handler
from complaint_service.use_cases.escalate_case import escalate_case
from complaint_service.use_cases.find_superior import find_superior
from complaint_service.use_cases.route_case import route_case
from complaint_service.use_cases.set_alarms import set_alarms


async def open_complaint(tx: Tx, intake: Intake, *, by: Principal, place: str | None, now: datetime) -> Case:
    """The opened and assigned case (CM-1, CM-4, CM-6, CM-55). `place` is the taker's unit path, None for a client.

    Raises ClientNotKnown, UnitNotKnown, TypeDoesNotFit.
    """
    client = await copies.get_client(tx, intake.client_id) if intake.client_id else None
    if intake.about_unit_id and await copies.find_path(tx, intake.about_unit_id) is None:
        raise UnitNotKnown()
    situation = Situation(
        kind=intake.kind,
        complaint_type=intake.complaint_type,
        channel=intake.channel,
        tier=client.service_tier if client else None,
    )
    policy = await copies.active_policy(tx, now)
    opened_at_unit_id = await copies.find_unit_at(tx, place) if place else None
    decision, assignment = await route_case(
        tx,
        situation,
        policy,
        client=client,
        about_unit_id=intake.about_unit_id,
        opened_at_unit_id=opened_at_unit_id,
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
    case_no = await cases.next_case_no(tx, business_day(now))
    case, opened = open_case(_taken(intake, case_no, situation, assignment, clocks, by.subject, opened_at_unit_id, now))
    assigned, said = case.assign(assignment, cause="opened", at=now)
    await _keep(tx, assigned, intake, decision, assignment, by=by, now=now)
    await outbox.add(tx, opened, *([said] if said else []))
    await ask_handler(tx, assigned, decision.winner.requirement, by=by, now=now)
    if decision.winner.escalates:
        await _report_at_once(tx, assigned, decision, policy, by=by, now=now)
    return assigned


def _taken(
    intake: Intake,
    case_no: str,
    situation: Situation,
    assignment: Assignment,
    clocks: tuple[Clock, ...],
    opened_by: str,
    opened_at_unit_id: UUID | None,
    now: datetime,
) -> Case:
    # A client who writes himself was received by nobody: then the handler answers for it from the start (CM-4).
    first_receiver = intake.first_receiver or (opened_by if opened_by.startswith("staff:") else None)
    return Case(
        id=new_id(),
        case_no=case_no,
        kind=intake.kind,
        complaint_type=intake.complaint_type,
        channel=intake.channel,
        client_id=intake.client_id,
        tier_snapshot=situation.tier,
        about_unit_id=intake.about_unit_id,
        opened_at=now,
        opened_by=opened_by,
        opened_at_unit_id=opened_at_unit_id,
        first_receiver=first_receiver,
        status=Status.OPENED,
        round=Round(
            number=1,
            opened_at=now,
            role=assignment.role,
            unit_id=assignment.unit_id,
            handler=None,
            duty_holder=first_receiver or assignment.handler,
        ),
        clocks=clocks,
    )


async def _keep(
    tx: Tx, case: Case, intake: Intake, decision: Decision, to: Assignment, *, by: Principal, now: datetime
) -> None:
    await cases.save_case(tx, case)
    await records.add_text(tx, case, "subject", intake.subject, text_id=new_id(), by=by.subject, at=now)
    await records.add_text(tx, case, "description", intake.text, text_id=new_id(), by=by.subject, at=now)
    await records.add_routing(
        tx, case, decision, to, routing_id=new_id(), cause="opened", cause_id=None, excluded=frozenset(), at=now
    )
    await records.add_step(tx, case, "opened", step_id=new_id(), by=by.subject, at=now)
    await set_alarms(tx, case)
    await audit.record(
        tx,
        act="complaint.opened",
        by=by,
        object_type="case",
        object_id=case.id,
        client_id=case.client_id,
        detail={"channel": case.channel, "kind": case.kind},
        at=now,
    )


async def _report_at_once(
    tx: Tx, case: Case, decision: Decision, policy: HandlingPolicy, *, by: Principal, now: datetime
) -> None:
    superior = await find_superior(tx, case, policy, now=now)
    fact = case.escalation(superior, cause=decision.winner.code, clock=None, at=now)
    await escalate_case(tx, case, fact, rule=decision.winner.requirement, by=by.subject, now=now)
