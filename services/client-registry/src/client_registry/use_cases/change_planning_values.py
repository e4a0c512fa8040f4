"""Changing planning values (EN-18, CS-2): a new version from a day on, the old ones stay."""

from datetime import date, datetime

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.simulations import Assumptions
from client_registry.store import planning_policies as store


async def lock_planning_values(tx: Tx) -> int:
    """The number of the newest version, held until the transaction ends."""
    return await store.lock_newest(tx)


async def change_planning_values(
    tx: Tx, newest: int, values: Assumptions, *, valid_from: date, article: str, by: Principal, now: datetime
) -> int:
    """The number of the new version; the caller holds the lock on the newest one."""
    version = newest + 1
    await store.add(tx, version=version, valid_from=valid_from, values=values, article=article, by=by.subject, now=now)
    await audit.record(
        tx, act="planning-values.changed", by=by, object_type="planning-values", object_id=str(version),
        detail=values.as_json() | {"valid_from": valid_from.isoformat()}, at=now,
    )  # fmt: skip
    return version
