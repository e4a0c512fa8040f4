"""On its first day an approved policy comes into force by itself; what no longer fits waits for a person."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import system

from client_registry.store import policies as store
from client_registry.use_cases.activate_tier_policy import activate_tier_policy

_REASON = "valid_from"


async def activate_due_policy(tx: Tx, policy_id: UUID, *, now: datetime) -> bool:
    """Whether it was activated; a version that is no longer approved is left alone. Raises what activation raises."""
    policy = next((each for each in await store.lock(tx) if each.id == policy_id), None)
    if policy is None or policy.status != "approved":
        return False
    await activate_tier_policy(tx, policy, reason=_REASON, by=system("client-registry"), now=now)
    return True
