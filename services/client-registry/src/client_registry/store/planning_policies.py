"""Planning values in PostgreSQL: versions are added, never changed; the newest one in force on a day counts."""

from datetime import date, datetime

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import Query, prepare

from client_registry.domain.simulations import Assumptions
from client_registry.tables.planning_policies import planning_policies

_ON = prepare(
    sa.select(planning_policies)
    .where(planning_policies.c.valid_from <= sa.bindparam("day", type_=sa.Date()))
    .order_by(planning_policies.c.version.desc())
    .limit(1)
)
_NEWEST = prepare(sa.select(planning_policies.c.version).order_by(planning_policies.c.version.desc()).limit(1))
_LOCK = Query("SELECT pg_advisory_xact_lock(hashtext('planning-policies'))", ())
_ADD = prepare(
    sa.insert(planning_policies).values({column.name: sa.bindparam(column.name) for column in planning_policies.c})
)


async def on(tx: Tx, day: date) -> Record:
    """The version that counts on a day. LookupError where the migrations have not run, or long before the first."""
    row = await tx.fetchrow(_ON, day=day)
    if row is None:
        raise LookupError("no planning values are in force")
    return row


async def newest(tx: Tx) -> int:
    """The number of the newest version."""
    return int(await tx.fetchval(_NEWEST))


async def lock_newest(tx: Tx) -> int:
    """The number of the newest version; nobody else adds one until the transaction ends."""
    await tx.execute(_LOCK)
    return await newest(tx)


async def add(
    tx: Tx, *, version: int, valid_from: date, values: Assumptions, article: str, by: str, now: datetime
) -> None:
    """A new version."""
    await tx.execute(
        _ADD, version=version, valid_from=valid_from, values=values.as_json(), article=article, changed_by=by,
        changed_at=now,
    )  # fmt: skip
