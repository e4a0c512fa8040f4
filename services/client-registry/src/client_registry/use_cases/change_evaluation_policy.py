"""Changing when everybody is evaluated and who counts as near (A5, CR-16): a new version, the old ones stay."""

from datetime import datetime
from typing import Any

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.store import evaluation_policies as store


async def lock_evaluation_policy(tx: Tx) -> EvaluationPolicy:
    """The values in force, held until the transaction ends."""
    return await store.lock_current(tx)


async def change_evaluation_policy(
    tx: Tx, present: EvaluationPolicy, values: dict[str, Any], *, article: str, by: Principal, now: datetime
) -> EvaluationPolicy:
    """The new version, which counts from now on; the same values again are no change."""
    if present.values() == values:
        return present
    changed = present.changed(**values)
    await store.add(tx, changed, article=article, by=by.subject, now=now)
    await audit.record(
        tx, act="evaluation-policy.changed", by=by, object_type="evaluation-policy", object_id=str(changed.version),
        detail=changed.values(), at=now,
    )  # fmt: skip
    return changed
