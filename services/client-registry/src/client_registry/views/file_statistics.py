"""Client files counted by the unit that keeps them (CR-41): tiers, levels, classes, how complete and how fresh they are.

Counted by the database, a page of units at a time; only files in the caller's scope, none that was merged into another.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.scope import Scope
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.store import information_policies
from client_registry.store.information_quality import STATES, policy_params
from client_registry.tables.classification import client_classifications
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

_AFTER = sa.bindparam("after", type_=sa.Uuid())
_PATH = sa.bindparam("unit_path", type_=sa.Text())
_STANDING = sa.and_(clients.c.merged_into.is_(None), VISIBLE)
_UNITS = prepare(
    sa.select(units.c.id, units.c.code, units.c.name_zh, units.c.name_en)
    .where(
        sa.or_(_AFTER.is_(None), units.c.id > _AFTER),
        sa.or_(_PATH.is_(None), sa.func.starts_with(units.c.path, _PATH)),
        sa.exists(
            sa.select(1).select_from(clients).where(clients.c.home_unit_id == units.c.id, _STANDING).correlate(units)
        ),
    )
    .order_by(units.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_HERE = clients.c.home_unit_id == sa.any_(sa.bindparam("unit_ids", type_=ARRAY(sa.Uuid())))
_KINDS = (
    clients.c.home_unit_id, clients.c.service_tier, clients.c.card_level, client_classifications.c.value_class,
    client_classifications.c.risk_class,
)  # fmt: skip
_COUNTS = prepare(
    sa.select(*_KINDS, sa.func.count().label("files"))
    .select_from(clients)
    .join(units, units.c.id == clients.c.home_unit_id)
    .outerjoin(client_classifications, client_classifications.c.client_id == clients.c.id)
    .where(_HERE, _STANDING)
    .group_by(*_KINDS)
)
_states = STATES.add_columns(clients.c.home_unit_id).where(_HERE, _STANDING).subquery("states")
_each = (
    sa.select(
        _states.c.home_unit_id,
        (
            100 * sa.func.coalesce(sa.func.sum(_states.c.weight).filter(_states.c.present), 0)
            / sa.func.sum(_states.c.weight)
        ).label("score"),
        sa.func.bool_or(
            sa.and_(_states.c.present, sa.or_(_states.c.stale, _states.c.doubted_at.is_not(None)))
        ).label("stale"),
    )
    .group_by(_states.c.client_id, _states.c.home_unit_id)
    .subquery("each")
)  # fmt: skip
_QUALITY = prepare(
    sa.select(
        _each.c.home_unit_id,
        sa.func.count().filter(_each.c.score >= sa.bindparam("complete_from", type_=sa.Integer())).label("complete"),
        sa.func.round(sa.func.avg(_each.c.score), 1).label("score"),
        sa.func.count().filter(_each.c.stale).label("stale"),
    ).group_by(_each.c.home_unit_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatistics:
    """The files of one unit. A class that was never computed counts under "none"."""

    unit_id: UUID
    code: str
    name_zh: str
    name_en: str
    files: int
    complete: int
    stale: int
    score: Decimal | None
    by_tier: dict[str, int]
    by_card_level: dict[str, int]
    by_value_class: dict[str, int]
    by_risk_class: dict[str, int]


async def file_statistics(
    tx: Tx, *, scope: Scope, unit_path: str | None, after: UUID | None, size: int, now: datetime
) -> list[FileStatistics]:
    """Units that keep files in scope, in id order, with their counts."""
    found = await tx.fetch(_UNITS, unit_path=unit_path, after=after, size=size, **scope.params())
    unit_ids = [row["id"] for row in found]
    counted: dict[UUID, list[Counter[str]]] = {unit_id: [Counter() for _ in range(4)] for unit_id in unit_ids}
    for row in await tx.fetch(_COUNTS, unit_ids=unit_ids, **scope.params()):
        kinds = ("service_tier", "card_level", "value_class", "risk_class")
        for counter, kind in zip(counted[row["home_unit_id"]], kinds, strict=True):
            counter[row[kind] or "none"] += row["files"]
    policy = await information_policies.current(tx)
    quality = {
        row["home_unit_id"]: row
        for row in await tx.fetch(
            _QUALITY,
            unit_ids=unit_ids,
            complete_from=policy.complete_from,
            **policy_params(policy, now),
            **scope.params(),
        )
    }
    return [
        FileStatistics(
            unit_id=row["id"], code=row["code"], name_zh=row["name_zh"], name_en=row["name_en"],
            files=counted[row["id"]][0].total(),
            complete=quality[row["id"]]["complete"] if row["id"] in quality else 0,
            stale=quality[row["id"]]["stale"] if row["id"] in quality else 0,
            score=quality[row["id"]]["score"] if row["id"] in quality else None,
            by_tier=dict(counted[row["id"]][0]), by_card_level=dict(counted[row["id"]][1]),
            by_value_class=dict(counted[row["id"]][2]), by_risk_class=dict(counted[row["id"]][3]),
        )
        for row in found
    ]  # fmt: skip
