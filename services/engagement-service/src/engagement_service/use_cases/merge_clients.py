"""Two clients turn out to be one: contacts, mutes and visits of the merged one are the survivor's (domain decisions, 4)."""

from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from engagement_service.store import mergers, plans
from engagement_service.use_cases.plan_contacts import plan_contacts


async def merge_clients(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """The last contact of either counts; the merged client has no plan any more, the survivor a new one."""
    await mergers.lock_both(tx, surviving, merged, today=business_day(now))
    await mergers.move(tx, merger_id, surviving=surviving, merged=merged)
    await mergers.close(tx, merged, because="merged")
    await plans.drop_plans(tx, [merged])
    await plan_contacts(tx, [surviving], now=now)


async def separate_clients(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """The merger was taken back: both are contacted again, each by his own record."""
    await mergers.lock_both(tx, surviving, merged, today=business_day(now))
    await mergers.move_back(tx, merger_id, surviving=surviving, merged=merged)
    await mergers.close(tx, merged, because=None)
    await plan_contacts(tx, [surviving, merged], now=now)
