"""Ending a policy: its days in force are kept, so that decisions of then are found again (domain decisions, section 8)."""

from datetime import date, datetime

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain import policy_life as life
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store


async def end_tier_policy(
    tx: Tx, policy: TierPolicy, *, last_day: date | None, reason: str, by: Principal, now: datetime
) -> TierPolicy:
    """Ended with that day, today by default. Raises NotActive, Invalid for a day that is over."""
    today = business_day(now)
    await store.lock(tx)
    ended = life.end(policy, last_day=last_day or today, today=today, at=now)
    await store.save(tx, ended)
    await store.add_move(tx, ended, move="ended", by=by.subject, reason=reason, now=now)
    await audit.record(
        tx, act="tier-policy.ended", by=by, object_type="tier-policy", object_id=policy.id,
        detail={"policy": ended.name, "last_day": ended.in_force_until}, at=now,
    )  # fmt: skip
    return ended
