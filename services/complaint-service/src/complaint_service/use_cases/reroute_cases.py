"""Route a client's unanswered cases again because his tier rose."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx
from chassis.identity import system
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.clients import Client
from complaint_service.domain.conditions import Situation
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.ask_handler import ask_handler
from complaint_service.use_cases.route_case import route_case

CAUSE = "client-upgraded"


async def reroute_cases(tx: Tx, client_id: UUID, *, cause_id: UUID, now: datetime) -> None:
    """Each case that still owes an answer goes where the new tier belongs (CM-10 to CM-13, BOC-S Art. 34(1)).

    The tier at intake stays on record; `cause_id` is the registry's decision.
    """
    waiting = await cases.list_awaiting_answer(tx, client_id)
    if not waiting:
        return
    client = await copies.get_client(tx, client_id)
    policy = await copies.active_policy(tx, now)
    for case_id in waiting:
        await _reroute(tx, await cases.get_case(tx, case_id), client, policy, cause_id=cause_id, now=now)


async def _reroute(
    tx: Tx, case: Case, client: Client, policy: HandlingPolicy, *, cause_id: UUID, now: datetime
) -> None:
    if not case.awaits_answer:
        return
    situation = Situation(
        kind=case.kind,
        complaint_type=case.complaint_type,
        channel=case.channel,
        tier=client.service_tier,
        round=case.round.number,
    )
    excluded = await cases.earlier_handlers(tx, case)
    decision, assignment = await route_case(
        tx,
        situation,
        policy,
        client=client,
        about_unit_id=case.about_unit_id,
        opened_at_unit_id=case.opened_at_unit_id,
        excluded=excluded,
        now=now,
    )
    by = system("complaint-service")
    stays = assignment.handler == case.round.handler and assignment.role == case.round.role
    moved, said = (case, None) if stays else case.assign(assignment, cause=CAUSE, at=now)
    await records.add_routing(
        tx,
        moved,
        decision,
        assignment,
        routing_id=new_id(),
        cause=CAUSE,
        cause_id=cause_id,
        excluded=excluded,
        at=now,
    )
    if stays:
        return
    await cases.save_case(tx, moved)
    detail = {"cause": CAUSE, "decision_id": str(cause_id), "from": case.round.handler, "to": assignment.handler}
    await records.add_step(tx, moved, "re-routed", step_id=new_id(), by=by.subject, at=now, detail=detail)
    await outbox.add(tx, *([said] if said else []))
    await ask_handler(tx, moved, decision.winner.requirement, by=by, now=now)
