"""A dead client is not contacted any more."""

from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from engagement_service.store import family, mergers, plans


async def close_relationship(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """No plan now and none later."""
    await mergers.lock_both(tx, client_id, client_id, today=business_day(now))
    await mergers.close(tx, client_id, because="died")
    await family.forget(tx, client_id)
    await plans.drop_plans(tx, [client_id])
