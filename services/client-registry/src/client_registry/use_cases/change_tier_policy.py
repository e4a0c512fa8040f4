"""Changing a draft: what waits for an approval is overtaken by it (CR-14, XC-34)."""

from collections.abc import Sequence
from datetime import datetime

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.scope import Scope

from client_registry.domain import policy_life as life
from client_registry.domain import policy_rules as rules
from client_registry.domain.policies import TierPolicy
from client_registry.store import policies as store
from client_registry.use_cases.draft_tier_policy import placed


async def change_tier_policy(
    tx: Tx,
    policy: TierPolicy,
    wanted: TierPolicy,
    *,
    currencies: Sequence[str | None],
    scope: Scope,
    reason: str,
    by: Principal,
    now: datetime,
) -> TierPolicy:
    """The changed draft, one revision on. Raises NotADraft, NotFound, Invalid, CodeTaken."""
    changed = life.change(policy, await placed(tx, wanted, currencies=currencies, scope=scope))
    rules.check_code(changed, [other for other in await store.lock(tx) if other.id != policy.id])
    await store.save(tx, changed)
    await store.add_move(tx, changed, move="changed", by=by.subject, reason=reason, now=now)
    await audit.record(
        tx, act="tier-policy.changed", by=by, object_type="tier-policy", object_id=policy.id,
        detail={"policy": changed.name, "revision": changed.revision}, at=now,
    )  # fmt: skip
    return changed
