"""Evaluation policies in PostgreSQL: versions are added, never changed; the newest one counts."""

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.tables.evaluation_policies import evaluation_policies

_CURRENT = prepare(sa.select(evaluation_policies).order_by(evaluation_policies.c.version.desc()).limit(1))


async def current(tx: Tx) -> EvaluationPolicy:
    """The values that count. LookupError where the migrations have not run."""
    row = await tx.fetchrow(_CURRENT)
    if row is None:
        raise LookupError("no evaluation policy is in force")
    return EvaluationPolicy.from_row(dict(row))
