"""Plan the next contact of every client of a batch (EN-1…EN-7, EN-13)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from engagement_service.domain.cadence import decide_cadence
from engagement_service.domain.plans import ContactPlan, plan_next
from engagement_service.store import copies, plans


async def plan_contacts(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> list[ContactPlan]:
    """Decide and store the plan of each client anew; clients whom no floor and no wish concerns lose theirs.

    Before the first working calendar has arrived nothing is planned: its arrival plans everybody.
    """
    calendar = await copies.newest_calendar(tx)
    if calendar is None:
        return []
    today = business_day(now)
    policy = await copies.cadence_policy(tx, on=today)
    planned, unplanned = [], []
    for client in await plans.lock_clients(tx, client_ids):
        cadence = decide_cadence(client.relationship, policy)
        if cadence is None:
            unplanned.append(client.client_id)
            continue
        planned.append(
            plan_next(client.client_id, cadence, counted_from=client.counted_from, today=today, calendar=calendar)
        )
    if planned:
        await plans.save_plans(tx, planned, now=now)
    if unplanned:
        await plans.drop_plans(tx, unplanned)
    return planned
