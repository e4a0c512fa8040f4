"""A dead client, and one who has left the bank, is not contacted any more."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from engagement_service.store import family, mergers, plans
from engagement_service.use_cases.plan_contacts import plan_contacts


async def close_relationship(
    tx: Tx, client_id: UUID, *, now: datetime, because: Literal["died", "ended"] = "died"
) -> None:
    """No plan now and none later."""
    await mergers.lock_both(tx, client_id, client_id, today=business_day(now))
    await mergers.close(tx, client_id, because=because)
    if because == "died":
        await family.forget(tx, client_id)
    await plans.drop_plans(tx, [client_id])


async def reopen_relationship(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """The client has come back: there is a plan again."""
    await mergers.lock_both(tx, client_id, client_id, today=business_day(now))
    await mergers.close(tx, client_id, because=None)
    await plan_contacts(tx, [client_id], now=now)
