"""Find the superior that a case is reported to."""

from datetime import datetime

from chassis.clock import business_day
from chassis.db import Tx

from complaint_service.domain.case import Case
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.domain.routing import Assignment, Line, climb
from complaint_service.store import copies


async def find_superior(tx: Tx, case: Case, policy: HandlingPolicy, *, now: datetime) -> Assignment:
    """The nearest holder of a superior role above the handler; the role at the top of the line where nobody holds one."""
    return await find_officer(tx, case, policy.superiors_of(case.round.role), now=now)


async def find_officer(tx: Tx, case: Case, roles: tuple[str, ...], *, now: datetime) -> Assignment:
    """The nearest holder of one of the roles, from the handler's unit upward, the handler himself left out."""
    start = case.round.unit_id or case.about_unit_id or case.opened_at_unit_id
    # A grant reaches down from its own unit: only people posted in the line itself, not in its departments, could see
    # the case they are asked about.
    line = Line(units=(await copies.line_from(tx, start)).units)
    found = await copies.list_candidates(tx, set(roles), (line,), bank_roles=set(), on=business_day(now))
    return climb(line, roles, tuple(c for c in found if c.subject != case.round.handler))
