"""Exceptional admissions as they are answered: in scope, the justification only one by one and audited."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.masking import mask_name
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.store.admissions import JUSTIFICATION
from client_registry.store.clients import NAME
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.tables.standing import exceptional_admissions as admissions
from client_registry.views.clients import VISIBLE

_CASES = (
    sa.select(admissions, clients.c.client_no, clients.c.name_sealed)
    .join(clients, clients.c.id == admissions.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(VISIBLE)
)
_STATUS = sa.bindparam("status", type_=sa.Text())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_LIST = prepare(
    _CASES.where(
        sa.or_(_STATUS.is_(None), admissions.c.status == _STATUS),
        sa.or_(_AFTER.is_(None), admissions.c.id > _AFTER),
    )
    .order_by(admissions.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_GET = prepare(_CASES.where(admissions.c.id == sa.bindparam("id", type_=sa.Uuid())))


async def list_admissions(
    tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, size: int
) -> list[dict[str, Any]]:
    """Cases in scope by id."""
    rows = await tx.fetch(_LIST, status=status, after=after, size=size, **scope.params())
    return [_case(tx, dict(row)) for row in rows]


async def get_admission(tx: Tx, admission_id: UUID, *, scope: Scope) -> dict[str, Any]:
    """One case without its justification; NotFound outside the scope."""
    row = await tx.fetchrow(_GET, id=admission_id, **scope.params())
    if row is None:
        raise NotFound()
    return _case(tx, dict(row))


async def read_admission(tx: Tx, admission_id: UUID, *, scope: Scope) -> dict[str, Any]:
    """One case with its justification; the caller audits."""
    row = await tx.fetchrow(_GET, id=admission_id, **scope.params())
    if row is None:
        raise NotFound()
    opened = tx.cipher.open(JUSTIFICATION, admission_id, row["justification_sealed"])
    return {**_case(tx, dict(row)), "justification": opened}


def _case(tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
    name = mask_name(tx.cipher.open(NAME, row["client_id"], row["name_sealed"]))
    kept = {key: value for key, value in row.items() if not key.endswith("_sealed")}
    return {**kept, "admission_id": row["id"], "name": name}
