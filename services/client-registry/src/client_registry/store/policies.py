"""Tier policies in PostgreSQL: versions are added, never changed."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.ids import new_id
from chassis.query import Query, prepare

from client_registry.domain.policies import HEAD_OFFICE_PATH, ONCE_IN_FORCE, Criterion, Ladder, TierPolicy
from client_registry.domain.vetoes import Veto
from client_registry.tables.organisation import units
from client_registry.tables.policies import tier_policies, tier_policy_moves

_COLUMNS = (*tier_policies.c, sa.func.coalesce(units.c.path, HEAD_OFFICE_PATH).label("scope_path"))
SELECT = sa.select(*_COLUMNS).select_from(tier_policies.outerjoin(units, units.c.id == tier_policies.c.scope_unit_id))
_ORDER = (tier_policies.c.ladder, tier_policies.c.code, tier_policies.c.version)
_ALL = prepare(SELECT.order_by(*_ORDER))
_ACTIVE = prepare(SELECT.where(tier_policies.c.status == "active").order_by(*_ORDER))
_EXISTS = prepare(
    sa.select(
        sa.exists().where(
            tier_policies.c.code == sa.bindparam("code"), tier_policies.c.version >= sa.bindparam("version")
        )
    )
)
# The days of the version before end with the day before the new one's first.
_RETIRE = prepare(
    sa.text(
        """
        UPDATE tier_policies
        SET status = 'superseded', in_force_until = CAST(:from_on AS date) - 1, ceased_at = :now, revision = revision + 1
        WHERE code = :policy_code AND (status = 'active' OR (status = 'ended' AND in_force_until >= CAST(:from_on AS date)))
        RETURNING id
        """
    )
)
_WRITTEN = tuple(column.name for column in tier_policies.c)
_ADD = prepare(sa.insert(tier_policies).values({name: sa.bindparam(name) for name in _WRITTEN}))
_SAVE = prepare(
    sa.update(tier_policies)
    .where(tier_policies.c.id == sa.bindparam("of_id"))
    .values({name: sa.bindparam(f"new_{name}", type_=tier_policies.c[name].type) for name in _WRITTEN if name != "id"})
)
# One at a time for all who author: what contradicts what is asked over all versions together.
_LOCK_ALL = Query("SELECT pg_advisory_xact_lock(hashtext('tier-policies'))", ())
_ADD_MOVE = prepare(
    sa.insert(tier_policy_moves).values({column.name: sa.bindparam(column.name) for column in tier_policy_moves.c})
)
_MOVES = prepare(
    sa.select(tier_policy_moves)
    .where(tier_policy_moves.c.policy_id == sa.bindparam("policy_id"))
    .order_by(tier_policy_moves.c.id)
)


async def list_all(tx: Tx) -> list[TierPolicy]:
    """Every version of every policy."""
    return [policy_of(row) for row in await tx.fetch(_ALL)]


async def list_active(tx: Tx) -> list[TierPolicy]:
    """The versions that are active."""
    return [policy_of(row) for row in await tx.fetch(_ACTIVE)]


async def list_once_in_force(tx: Tx) -> list[TierPolicy]:
    """Every version that is or was in force: `TierPolicy.is_in_force` says which on a day."""
    return [policy for policy in await list_all(tx) if policy.status in ONCE_IN_FORCE]


async def is_loaded(tx: Tx, code: str, version: int) -> bool:
    """Whether this version or a newer one is there."""
    return bool(await tx.fetchval(_EXISTS, code=code, version=version))


async def lock(tx: Tx) -> list[TierPolicy]:
    """Every version of every policy; nobody else changes one until the transaction ends."""
    await tx.execute(_LOCK_ALL)
    return await list_all(tx)


async def add_version(tx: Tx, policy: TierPolicy, *, now: datetime | None) -> None:
    """A new active version; the one before it is superseded, not changed."""
    await supersede(tx, policy, now=now)
    await add(tx, policy)


async def supersede(tx: Tx, policy: TierPolicy, *, now: datetime | None) -> list[UUID]:
    """Ends the active version of the same code with the day before this one's first; which that was."""
    first = policy.in_force_from or policy.valid_from
    return [row["id"] for row in await tx.fetch(_RETIRE, policy_code=policy.code, from_on=first, now=now)]


async def add(tx: Tx, policy: TierPolicy) -> None:
    """A new version as it stands."""
    await tx.execute(_ADD, **_row(policy))


async def save(tx: Tx, policy: TierPolicy) -> None:
    """A version after a move."""
    row = _row(policy)
    await tx.execute(_SAVE, of_id=row.pop("id"), **{f"new_{name}": value for name, value in row.items()})


async def add_move(tx: Tx, policy: TierPolicy, *, move: str, by: str, reason: str, now: datetime) -> None:
    """One line of a version's history: who, when, why, on which article, and what it said then."""
    row = _row(policy)
    content = {
        name: row[name] for name in ("combinator", "criteria", "vetoes", "needs_filing", "grace_months", "campaign")
    }
    await tx.execute(
        _ADD_MOVE,
        id=new_id(),
        policy_id=policy.id,
        move=move,
        status=policy.status,
        revision=policy.revision,
        moved_by=by,
        moved_at=now,
        reason=reason,
        article=policy.article,
        content=content
        | {
            "minimum_tenure_months": policy.minimum_tenure_months,
            "valid_from": policy.valid_from.isoformat(),
            "valid_until": policy.valid_until.isoformat() if policy.valid_until else None,
        },
    )


async def list_moves(tx: Tx, policy_id: UUID) -> list[Record]:
    """The history of a version, the oldest move first."""
    return await tx.fetch(_MOVES, policy_id=policy_id)


def _row(policy: TierPolicy) -> dict[str, Any]:
    given = {name: getattr(policy, name) for name in _WRITTEN if name not in ("ladder", "criteria", "vetoes")}
    return given | {
        "ladder": policy.ladder.value,
        "vetoes": [veto_json(veto) for veto in policy.vetoes],
        "criteria": [criterion_json(criterion) for criterion in policy.criteria],
    }


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
        minimum_tenure_months=row["minimum_tenure_months"],
        vetoes=tuple(veto_of(given) for given in row["vetoes"]),
        revision=row["revision"],
        scope_unit_id=row["scope_unit_id"],
        activated_at=row["activated_at"],
        in_force_from=row["in_force_from"],
        in_force_until=row["in_force_until"],
        ceased_at=row["ceased_at"],
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
        window_months=given.get("window_months"),
        products=tuple(given.get("products", ())),
    )


def criterion_json(criterion: Criterion) -> dict[str, Any]:
    """A criterion as it stands in jsonb and travels to a simulation."""
    return {
        "code": criterion.code,
        "metric": criterion.metric,
        "operator": "ge",
        "bound": str(criterion.bound),
        "conditions": list(criterion.conditions),
        "article": criterion.article,
        "text_zh": criterion.text_zh,
        "text_en": criterion.text_en,
        "window_months": criterion.window_months,
        "products": list(criterion.products),
    }


def veto_of(given: dict[str, Any]) -> Veto:
    """A negative condition as it stands in jsonb."""
    return Veto(
        kind=given["kind"],
        event_kinds=tuple(given.get("event_kinds", ())),
        within_months=given.get("within_months"),
        days_overdue_min=given.get("days_overdue_min"),
        article=given["article"],
    )


def veto_json(veto: Veto) -> dict[str, Any]:
    """A negative condition as it stands in jsonb and travels to a simulation."""
    return {
        "kind": veto.kind,
        "event_kinds": list(veto.event_kinds),
        "within_months": veto.within_months,
        "days_overdue_min": veto.days_overdue_min,
        "article": veto.article,
    }
