"""Mark a clock whose end has come, and report it upward."""

from datetime import datetime
from uuid import UUID

from chassis import due_work
from chassis.db import Tx
from chassis.identity import system

from complaint_service.store import cases, copies
from complaint_service.use_cases.escalate_case import escalate_case
from complaint_service.use_cases.find_superior import find_superior
from complaint_service.use_cases.set_alarms import AGAIN, CLOCK_DUE


async def breach_clock(tx: Tx, clock_id: UUID, *, now: datetime) -> None:
    """Marked once and escalated once, however often it is swept; a clock that was met or moved is left alone (CM-21)."""
    case_id = await cases.find_case_of_clock(tx, clock_id)
    if case_id is None:
        return
    case = await cases.find_free_case(tx, case_id)
    if case is None:
        await due_work.schedule(tx, kind=CLOCK_DUE, subject_id=clock_id, due_at=now + AGAIN)
        return
    clock = next((c for c in case.clocks if c.id == clock_id), None)
    if clock is None or clock.breached_at is not None or not clock.is_overdue(now):
        return
    policy = await copies.get_policy(tx, clock.policy_version)
    superior = await find_superior(tx, case, policy, now=now)
    marked, fact = case.breach(clock_id, superior, at=now)
    await cases.save_case(tx, marked)
    rule = policy.clock(clock.code).requirement
    await escalate_case(tx, marked, fact, rule=rule, by=system("complaint-service").subject, now=now)
