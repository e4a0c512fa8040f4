"""Bringing an approved policy into force at or after its first day; the version before it ends the day before."""

from datetime import datetime

from chassis import audit, due_work
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain import policy_life as life
from client_registry.domain import policy_rules as rules
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store
from client_registry.use_cases.approve_tier_policy import ACTIVATION


async def activate_tier_policy(tx: Tx, policy: TierPolicy, *, reason: str, by: Principal, now: datetime) -> TierPolicy:
    """The active version. Raises NotApproved, NotYetValid, Expired and what the rules raise: they are checked again."""
    active = life.activate(policy, today=business_day(now), at=now)
    others = await store.lock(tx)
    rules.check_place(active, others)
    for superseded_id in await store.supersede(tx, active, now=now):
        before = next(other for other in await store.list_all(tx) if other.id == superseded_id)
        await store.add_move(tx, before, move="superseded", by=by.subject, reason=active.name, now=now)
    await store.save(tx, active)
    await store.add_move(tx, active, move="activated", by=by.subject, reason=reason, now=now)
    await due_work.cancel(tx, kind=ACTIVATION, subject_id=policy.id)
    await audit.record(
        tx, act="tier-policy.activated", by=by, object_type="tier-policy", object_id=policy.id,
        detail={"policy": active.name, "in_force_from": active.in_force_from}, at=now,
    )  # fmt: skip
    return active
