"""How complete and fresh client information is, as it is answered (CR-77)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.scope import Scope

from client_registry.domain.information_quality import Quality, judge
from client_registry.store import information_policies
from client_registry.store.information_quality import STATES, policy_params, poor, states_of
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

_UNIT_PATH = sa.bindparam("unit_path", type_=sa.Text())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_poor = poor(
    STATES.where(
        VISIBLE,
        sa.or_(_UNIT_PATH.is_(None), sa.func.starts_with(units.c.path, _UNIT_PATH)),
        sa.or_(_AFTER.is_(None), clients.c.id > _AFTER),
    )
)
_LIST = prepare(
    sa.select(clients.c.client_no, clients.c.kind, clients.c.manager, clients.c.home_unit_id, _poor)
    .join(_poor, _poor.c.client_id == clients.c.id)
    .order_by(_poor.c.client_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoorFile:
    """A file that is incomplete or stale; fields only, no values."""

    client_id: UUID
    client_no: str
    kind: str
    manager: str | None
    home_unit_id: UUID
    score: int
    missing: list[str]
    stale: list[str]


async def quality_of(tx: Tx, client_id: UUID, *, now: datetime) -> Quality:
    """How good one client's information is; the caller has seen that the file is in scope."""
    policy = await information_policies.current(tx)
    return judge(policy, await states_of(tx, client_id, policy, now=now))


async def list_poor(
    tx: Tx, *, scope: Scope, unit_path: str | None, after: UUID | None, size: int, now: datetime
) -> list[PoorFile]:
    """Incomplete or stale files in scope by id."""
    policy = await information_policies.current(tx)
    rows = await tx.fetch(
        _LIST, unit_path=unit_path, after=after, size=size, complete_from=policy.complete_from,
        **policy_params(policy, now), **scope.params(),
    )  # fmt: skip
    return [
        PoorFile(
            client_id=row["client_id"],
            client_no=row["client_no"],
            kind=row["kind"],
            manager=row["manager"],
            home_unit_id=row["home_unit_id"],
            score=int(row["score"]),
            missing=sorted(row["missing"]),
            stale=sorted(row["stale"]),
        )
        for row in rows
    ]
