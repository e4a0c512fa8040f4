"""Tier policies in PostgreSQL: versions are added, never changed."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.policies import HEAD_OFFICE_PATH, Criterion, Ladder, TierPolicy
from client_registry.tables.organisation import units
from client_registry.tables.policies import tier_policies

_COLUMNS = (*tier_policies.c, sa.func.coalesce(units.c.path, HEAD_OFFICE_PATH).label("scope_path"))
_SELECT = sa.select(*_COLUMNS).select_from(tier_policies.outerjoin(units, units.c.id == tier_policies.c.scope_unit_id))
_ORDER = (tier_policies.c.ladder, tier_policies.c.code, tier_policies.c.version)
_ALL = prepare(_SELECT.order_by(*_ORDER))
_ACTIVE = prepare(_SELECT.where(tier_policies.c.status == "active").order_by(*_ORDER))
_EXISTS = prepare(
    sa.select(
        sa.exists().where(
            tier_policies.c.code == sa.bindparam("code"), tier_policies.c.version >= sa.bindparam("version")
        )
    )
)
_RETIRE = prepare(
    sa.update(tier_policies)
    .where(tier_policies.c.code == sa.bindparam("policy_code"), tier_policies.c.status == "active")
    .values(status="retired")
)
_ADD = prepare(sa.insert(tier_policies).values({column.name: sa.bindparam(column.name) for column in tier_policies.c}))


async def list_all(tx: Tx) -> list[TierPolicy]:
    """Every version of every policy."""
    return [policy_of(row) for row in await tx.fetch(_ALL)]


async def list_active(tx: Tx) -> list[TierPolicy]:
    """The versions that are active."""
    return [policy_of(row) for row in await tx.fetch(_ACTIVE)]


async def is_loaded(tx: Tx, code: str, version: int) -> bool:
    """Whether this version or a newer one is there."""
    return bool(await tx.fetchval(_EXISTS, code=code, version=version))


async def add_version(tx: Tx, policy: TierPolicy, *, scope_unit_id: UUID | None) -> None:
    """A new active version; the one before it is retired, not changed."""
    await tx.execute(_RETIRE, policy_code=policy.code)
    await tx.execute(
        _ADD,
        id=policy.id,
        code=policy.code,
        version=policy.version,
        ladder=policy.ladder.value,
        level=policy.level,
        scope_unit_id=scope_unit_id,
        campaign=policy.campaign,
        combinator=policy.combinator,
        criteria=[_criterion_json(criterion) for criterion in policy.criteria],
        needs_filing=policy.needs_filing,
        grace_months=policy.grace_months,
        article=policy.article,
        valid_from=policy.valid_from,
        valid_until=policy.valid_until,
        status=policy.status,
    )


def policy_of(row: Record) -> TierPolicy:
    """A stored policy as a value."""
    return TierPolicy(
        id=row["id"],
        code=row["code"],
        version=row["version"],
        ladder=Ladder(row["ladder"]),
        level=row["level"],
        scope_path=row["scope_path"],
        campaign=row["campaign"],
        combinator=row["combinator"],
        criteria=tuple(criterion_of(given) for given in row["criteria"]),
        needs_filing=row["needs_filing"],
        grace_months=row["grace_months"],
        article=row["article"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        status=row["status"],
    )


def criterion_of(given: dict[str, Any]) -> Criterion:
    """A criterion as it stands in jsonb; the operator is always "ge" (A2)."""
    return Criterion(
        code=given["code"],
        metric=given["metric"],
        bound=Decimal(given["bound"]),
        conditions=tuple(given.get("conditions", ())),
        article=given["article"],
        text_zh=given["text_zh"],
        text_en=given["text_en"],
    )


def _criterion_json(criterion: Criterion) -> dict[str, Any]:
    return {
        "code": criterion.code,
        "metric": criterion.metric,
        "operator": "ge",
        "bound": str(criterion.bound),
        "conditions": list(criterion.conditions),
        "article": criterion.article,
        "text_zh": criterion.text_zh,
        "text_en": criterion.text_en,
    }
