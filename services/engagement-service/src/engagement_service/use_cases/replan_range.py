"""Plan one range of the book again and say where the next one begins."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import plans
from engagement_service.use_cases.plan_contacts import plan_contacts

RANGE = 2_000


async def replan_range(tx: Tx, after: UUID, *, now: datetime) -> UUID | None:
    """Plan the next clients after ``after``; returns the last of them, None when the book is through."""
    client_ids = await plans.client_range(tx, after=after, size=RANGE)
    if not client_ids:
        return None
    await plan_contacts(tx, client_ids, now=now)
    return client_ids[-1]
