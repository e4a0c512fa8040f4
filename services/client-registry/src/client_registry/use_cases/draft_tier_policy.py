"""A new draft of a standard (CR-12 to CR-15): the next version of its code, checked field by field."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import Invalid, NotFound
from chassis.scope import Scope

from client_registry.domain import policy_rules as rules
from client_registry.domain.policies import TierPolicy
from client_registry.store import organisation
from client_registry.store import policies as store


async def draft_tier_policy(
    tx: Tx,
    wanted: TierPolicy,
    *,
    currencies: Sequence[str | None],
    scope: Scope,
    reason: str,
    by: Principal,
    now: datetime,
) -> TierPolicy:
    """The draft as it stands. Raises NotFound for a unit outside the author's place, Invalid, CodeTaken."""
    policy = await placed(tx, wanted, currencies=currencies, scope=scope)
    others = await store.lock(tx)
    rules.check_code(policy, others)
    policy = replace(policy, version=rules.next_version(policy.code, others))
    await store.add(tx, policy)
    await store.add_move(tx, policy, move="drafted", by=by.subject, reason=reason, now=now)
    await audit.record(
        tx, act="tier-policy.drafted", by=by, object_type="tier-policy", object_id=policy.id,
        detail={"policy": policy.name, "scope": policy.scope_path}, at=now,
    )  # fmt: skip
    return policy


async def placed(tx: Tx, wanted: TierPolicy, *, currencies: Sequence[str | None], scope: Scope) -> TierPolicy:
    """The policy at its unit, with fields in order. Raises NotFound, Invalid."""
    unit = None if wanted.scope_unit_id is None else await organisation.find_unit(tx, wanted.scope_unit_id)
    if unit is None or not scope.covers(unit.path):
        raise NotFound()
    errors = rules.field_errors(wanted, scope_kind=unit.kind, currencies=currencies)
    if errors:
        raise Invalid(errors)
    return replace(wanted, scope_path=unit.path)
