"""Evaluation policies in PostgreSQL: versions are added, never changed; the newest one counts."""

from datetime import datetime

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import Query, prepare

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.tables.evaluation_policies import evaluation_policies

_CURRENT = prepare(sa.select(evaluation_policies).order_by(evaluation_policies.c.version.desc()).limit(1))
_LOCK = Query("SELECT pg_advisory_xact_lock(hashtext('evaluation-policies'))", ())
_ADD = prepare(
    sa.insert(evaluation_policies).values({column.name: sa.bindparam(column.name) for column in evaluation_policies.c})
)


async def lock_current(tx: Tx) -> EvaluationPolicy:
    """The values that count; nobody else changes them until the transaction ends."""
    await tx.execute(_LOCK)
    return await current(tx)


async def add(tx: Tx, policy: EvaluationPolicy, *, article: str, by: str, now: datetime) -> None:
    """A new version; it counts from now on."""
    await tx.execute(
        _ADD, version=policy.version, values=policy.values(), article=article, changed_by=by, changed_at=now
    )


async def current(tx: Tx) -> EvaluationPolicy:
    """The values that count. LookupError where the migrations have not run."""
    row = await tx.fetchrow(_CURRENT)
    if row is None:
        raise LookupError("no evaluation policy is in force")
    return EvaluationPolicy.from_row(dict(row))
