"""Holds, lists of erasures and requests as they are answered: in scope only, ids and codes, no names."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.retention import RetentionPolicy, policy_id_of
from client_registry.store import retention as store
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units
from client_registry.tables.retention import (
    erasure_list_clients,
    erasure_lists,
    erasure_requests,
    legal_holds,
    relationship_endings,
)

# Erased files too: what was decided about them is still answered for.
_OF_CLIENT = visible(unit_path=units.c.path, owner=clients.c.manager)
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_SIZE = sa.bindparam("size", type_=sa.Integer)
_STATUS = sa.bindparam("status", type_=sa.Text())
_RELEASED = sa.bindparam("released", type_=sa.Boolean())


def _placed(table: sa.Table) -> Any:
    return (
        sa.select(table, clients.c.client_no)
        .join(clients, clients.c.id == table.c.client_id)
        .join(units, units.c.id == clients.c.home_unit_id)
        .where(_OF_CLIENT)
    )


_HOLDS = prepare(
    _placed(legal_holds)
    .where(sa.or_(_RELEASED, legal_holds.c.status != "released"), sa.or_(_AFTER.is_(None), legal_holds.c.id > _AFTER))
    .order_by(legal_holds.c.id)
    .limit(_SIZE)
)
_HOLD = prepare(_placed(legal_holds).where(legal_holds.c.id == sa.bindparam("id", type_=sa.Uuid())))
_REQUESTS = prepare(
    _placed(erasure_requests)
    .where(
        sa.or_(_STATUS.is_(None), erasure_requests.c.status == _STATUS),
        sa.or_(_AFTER.is_(None), erasure_requests.c.id > _AFTER),
    )
    .order_by(erasure_requests.c.id)
    .limit(_SIZE)
)
_REQUEST = prepare(_placed(erasure_requests).where(erasure_requests.c.id == sa.bindparam("id", type_=sa.Uuid())))
_NUMBER = (
    sa.select(sa.func.count())
    .where(erasure_list_clients.c.list_id == erasure_lists.c.id)
    .correlate(erasure_lists)
    .scalar_subquery()
)
_SEEN_LISTS = sa.select(erasure_lists, _NUMBER.label("clients")).where(visible(unit_path=erasure_lists.c.unit_path))
_LISTS = prepare(
    _SEEN_LISTS.where(sa.or_(_AFTER.is_(None), erasure_lists.c.id < _AFTER))
    .order_by(erasure_lists.c.id.desc())
    .limit(_SIZE)
)
_LIST = prepare(_SEEN_LISTS.where(erasure_lists.c.id == sa.bindparam("id", type_=sa.Uuid())))
_ON_LIST = prepare(
    sa.select(erasure_list_clients, clients.c.client_no, clients.c.ended_on, clients.c.died_on)
    .join(clients, clients.c.id == erasure_list_clients.c.client_id)
    .where(
        erasure_list_clients.c.list_id == sa.bindparam("list_id", type_=sa.Uuid()),
        sa.or_(_AFTER.is_(None), erasure_list_clients.c.client_id > _AFTER),
    )
    .order_by(erasure_list_clients.c.client_id)
    .limit(_SIZE)
)
_ENDINGS = prepare(
    sa.select(relationship_endings)
    .where(
        relationship_endings.c.client_id == sa.bindparam("client_id", type_=sa.Uuid()),
        sa.or_(_AFTER.is_(None), relationship_endings.c.id < _AFTER),
    )
    .order_by(relationship_endings.c.id.desc())
    .limit(_SIZE)
)


async def policies(tx: Tx) -> list[tuple[UUID, RetentionPolicy, str]]:
    """Every version of the retention with its id and status, the newest first."""
    return [(policy_id_of(policy.version), policy, status) for policy, status in await store.policies(tx)]


async def holds(tx: Tx, *, scope: Scope, released: bool, after: UUID | None, size: int) -> list[Record]:
    """Holds in scope by id; those that were let go only where asked for."""
    return await tx.fetch(_HOLDS, released=released, after=after, size=size, **scope.params())


async def hold(tx: Tx, hold_id: UUID, *, scope: Scope) -> Record:
    """One hold. Raises NotFound."""
    return _found(await tx.fetchrow(_HOLD, id=hold_id, **scope.params()))


async def requests(tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, size: int) -> list[Record]:
    """Clients' requests in scope by id."""
    return await tx.fetch(_REQUESTS, status=status, after=after, size=size, **scope.params())


async def request(tx: Tx, request_id: UUID, *, scope: Scope) -> Record:
    """One request. Raises NotFound."""
    return _found(await tx.fetchrow(_REQUEST, id=request_id, **scope.params()))


async def lists(tx: Tx, *, scope: Scope, after: UUID | None, size: int) -> list[Record]:
    """Lists in scope, the newest first, with how many stand on each."""
    return await tx.fetch(_LISTS, after=after, size=size, **scope.params())


async def one_list(tx: Tx, list_id: UUID, *, scope: Scope) -> Record:
    """One list. Raises NotFound."""
    return _found(await tx.fetchrow(_LIST, id=list_id, **scope.params()))


async def on_list(tx: Tx, list_id: UUID, *, after: UUID | None, size: int) -> list[Record]:
    """Who stands on a list, by id: numbers and days, no names."""
    return await tx.fetch(_ON_LIST, list_id=list_id, after=after, size=size)


async def endings(tx: Tx, client_id: UUID, *, after: UUID | None, size: int) -> list[Record]:
    """When the client left and came back, the newest first."""
    return await tx.fetch(_ENDINGS, client_id=client_id, after=after, size=size)


def _found(row: Record | None) -> Record:
    if row is None:
        raise NotFound()
    return row
