"""Find who handles a case: the table decides the rule, the organisation tree decides the person."""

from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from complaint_service.domain.clients import Client
from complaint_service.domain.conditions import Situation
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.domain.routing import Area, Assignment, Decision, Start, decide, resolve
from complaint_service.store import copies


async def route_case(
    tx: Tx,
    situation: Situation,
    policy: HandlingPolicy,
    *,
    client: Client | None,
    about_unit_id: UUID | None,
    opened_at_unit_id: UUID | None,
    excluded: frozenset[str] = frozenset(),
    now: datetime,
) -> tuple[Decision, Assignment]:
    """The decision and the assignment (CM-10 to CM-19, BOC-S Art. 34(1), 34(6), 35(2)).

    The outlet is the one the case is about, else the first that serves the client, else his home unit; a case without
    a client begins at that outlet, or where it was opened.
    """
    home_unit_id = client.home_unit_id if client else None
    serving = client.serving_unit_ids[0] if client and client.serving_unit_ids else None
    decision = decide(policy.routes, situation, policy_version=policy.version)
    home = await copies.line_from(tx, home_unit_id or about_unit_id or opened_at_unit_id)
    outlet = await copies.line_from(tx, about_unit_id or serving or home_unit_id or opened_at_unit_id)
    asked = (decision.winner, *decision.losers)
    candidates = await copies.list_candidates(
        tx,
        {role for rule in asked if rule.area is not Area.BANK for role in rule.roles} | set(policy.fallback_roles),
        (home, outlet),
        bank_roles={role for rule in asked if rule.area is Area.BANK for role in rule.roles},
        on=business_day(now),
    )
    lines = {Start.HOME: home, Start.OUTLET: outlet}
    return decision, resolve(decision, lines, candidates, fallback_roles=policy.fallback_roles, excluded=excluded)
