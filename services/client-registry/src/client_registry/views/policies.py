"""Tier policies as they are answered: what concerns the caller's places, drafts only for those who decide on them."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.domain.policies import HEAD_OFFICE_PATH, ONCE_IN_FORCE, TierPolicy
from client_registry.store import policies
from client_registry.tables.organisation import units
from client_registry.tables.policies import tier_policies as table

_PATH = sa.func.coalesce(units.c.path, HEAD_OFFICE_PATH)
_place = sa.func.unnest(sa.bindparam("places", type_=ARRAY(sa.Text()))).column_valued("place")
# A standard concerns a place where it holds there or below: those of other branches are not shown.
_CONCERNS = sa.exists(
    sa.select(1).where(sa.or_(sa.func.starts_with(_place, _PATH), sa.func.starts_with(_PATH, _place)))
)
_ONCE = table.c.status == sa.any_(sa.literal_column(f"ARRAY{sorted(ONCE_IN_FORCE)}"))
_DRAFTS = sa.bindparam("drafts", type_=sa.Boolean())
_SEEN = sa.and_(_CONCERNS, sa.or_(_DRAFTS, _ONCE))
_DAY = sa.bindparam("in_force_on", type_=sa.Date())
_KEY = (table.c.ladder, table.c.code, table.c.version)


def _is(name: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    bind = sa.bindparam(name, type_=sa.Text())
    return sa.or_(bind.is_(None), column == bind)


_LIST = prepare(
    policies.SELECT.where(
        _SEEN,
        _is("scope_path", _PATH),
        _is("ladder", table.c.ladder),
        _is("level", table.c.level),
        _is("status", table.c.status),
        sa.or_(
            _DAY.is_(None),
            sa.and_(
                _ONCE,
                sa.func.coalesce(table.c.in_force_from, table.c.valid_from) <= _DAY,
                sa.or_(table.c.valid_until.is_(None), table.c.valid_until >= _DAY),
                sa.or_(table.c.in_force_until.is_(None), table.c.in_force_until >= _DAY),
            ),
        ),
        sa.or_(
            sa.bindparam("after_ladder", type_=sa.Text()).is_(None),
            sa.tuple_(*_KEY)
            > sa.tuple_(
                sa.bindparam("after_ladder", type_=sa.Text()),
                sa.bindparam("after_code", type_=sa.Text()),
                sa.bindparam("after_version", type_=sa.Integer()),
            ),
        ),
    )
    .order_by(*_KEY)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_ONE = prepare(policies.SELECT.where(_SEEN, table.c.id == sa.bindparam("id", type_=sa.Uuid())))


async def list_policies(
    tx: Tx,
    *,
    places: list[str],
    drafts: bool,
    scope_path: str | None,
    ladder: str | None,
    level: str | None,
    status: str | None,
    in_force_on: date | None,
    after: tuple[str, str, int] | None,
    size: int,
) -> list[TierPolicy]:
    """Versions by ladder, code and version."""
    rows = await tx.fetch(
        _LIST, places=places, drafts=drafts, scope_path=scope_path, ladder=ladder, level=level, status=status,
        in_force_on=in_force_on, after_ladder=after and after[0], after_code=after and after[1],
        after_version=after and after[2], size=size,
    )  # fmt: skip
    return [policies.policy_of(row) for row in rows]


async def get_policy(tx: Tx, policy_id: UUID, *, places: list[str], drafts: bool) -> TierPolicy:
    """One version. NotFound where it does not concern the caller."""
    row = await tx.fetchrow(_ONE, id=policy_id, places=places, drafts=drafts)
    if row is None:
        raise NotFound()
    return policies.policy_of(row)


async def lock_policy(tx: Tx, policy_id: UUID, *, scope: Scope) -> TierPolicy:
    """One version of the caller's own places, to be changed; nobody else changes one. NotFound elsewhere."""
    for policy in await policies.lock(tx):
        if policy.id == policy_id and scope.covers(policy.scope_path):
            return policy
    raise NotFound()


async def list_moves(tx: Tx, policy: TierPolicy) -> list[Record]:
    """Who moved the version, when and why; the oldest first."""
    return await policies.list_moves(tx, policy.id)
