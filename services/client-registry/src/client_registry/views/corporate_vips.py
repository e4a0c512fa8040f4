"""The list of key corporate-finance clients as it is answered: in scope, the grounds only one by one and audited."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.masking import mask_name
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.store.clients import NAME
from client_registry.store.corporate_vips import GROUNDS
from client_registry.tables.clients import clients
from client_registry.tables.corporate_vips import corporate_vips as entries
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

_ENTRIES = (
    sa.select(entries, clients.c.client_no, clients.c.kind, clients.c.service_tier, clients.c.name_sealed)
    .join(clients, clients.c.id == entries.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(VISIBLE)
)
_STATUS = sa.bindparam("status", type_=sa.Text())
_CLIENT = sa.bindparam("of_client", type_=sa.Uuid())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_LIST = prepare(
    _ENTRIES.where(
        sa.or_(_STATUS.is_(None), entries.c.status == _STATUS),
        sa.or_(_CLIENT.is_(None), entries.c.client_id == _CLIENT),
        sa.or_(_AFTER.is_(None), entries.c.id > _AFTER),
    )
    .order_by(entries.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_GET = prepare(_ENTRIES.where(entries.c.id == sa.bindparam("id", type_=sa.Uuid())))


async def list_entries(
    tx: Tx, *, scope: Scope, status: str | None, client_id: UUID | None, after: UUID | None, size: int
) -> list[dict[str, Any]]:
    """Entries in scope by id."""
    rows = await tx.fetch(_LIST, status=status, of_client=client_id, after=after, size=size, **scope.params())
    return [_entry(tx, dict(row)) for row in rows]


async def get_entry(tx: Tx, entry_id: UUID, *, scope: Scope) -> dict[str, Any]:
    """One entry without its grounds; NotFound outside the scope."""
    return _entry(tx, await _row(tx, entry_id, scope))


async def read_entry(tx: Tx, entry_id: UUID, *, scope: Scope) -> dict[str, Any]:
    """One entry with its grounds; the caller audits."""
    row = await _row(tx, entry_id, scope)
    return {**_entry(tx, row), "grounds": tx.cipher.open(GROUNDS, entry_id, row["grounds_sealed"])}


async def _row(tx: Tx, entry_id: UUID, scope: Scope) -> dict[str, Any]:
    row = await tx.fetchrow(_GET, id=entry_id, **scope.params())
    if row is None:
        raise NotFound()
    return dict(row)


def _entry(tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
    name = mask_name(tx.cipher.open(NAME, row["client_id"], row["name_sealed"]))
    kept = {key: value for key, value in row.items() if not key.endswith("_sealed")}
    return {**kept, "corporate_vip_id": row["id"], "name": name}
