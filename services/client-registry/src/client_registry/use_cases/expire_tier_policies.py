"""Standards whose last day is over are ended by themselves, and whoever they were for is decided over again (CR-13)."""

from datetime import datetime

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import system

from client_registry.domain import policy_life as life
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store
from client_registry.use_cases.start_qualification_run import start_qualification_run

BY = system("client-registry")
_REASON = "valid_until"


async def expire_tier_policies(tx: Tx, *, now: datetime) -> list[TierPolicy]:
    """What was ended. One run for each area whose clients lost a standard; none for an area below another one."""
    today = business_day(now)
    found = [
        ended for policy in await store.lock(tx) if (ended := life.expire(policy, today=today, at=now)) is not None
    ]
    for ended in found:
        await store.save(tx, ended)
        await store.add_move(tx, ended, move="ended", by=BY.subject, reason=_REASON, now=now)
        await audit.record(
            tx, act="tier-policy.ended", by=BY, object_type="tier-policy", object_id=ended.id,
            detail={"policy": ended.name, "last_day": ended.in_force_until}, at=now,
        )  # fmt: skip
    areas = {ended.scope_path for ended in found}
    for area in sorted(areas):
        if not any(area != other and area.startswith(other) for other in areas):
            await start_qualification_run(tx, as_of=today, unit_path=area, by=BY, now=now)
    return found
