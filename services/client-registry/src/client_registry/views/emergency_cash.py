"""Emergency cash requests as they are listed: to the unit that pays, to who asked, to the client's home."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.emergency_cash import CashRequest
from client_registry.store.emergency_cash import cash_request_of
from client_registry.tables.client_services import emergency_cash_requests as requests
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units

_home = units.alias("home")
_SELECT = (
    sa.select(requests)
    .join(units, units.c.id == requests.c.unit_id)
    .join(clients, clients.c.id == requests.c.client_id)
    .join(_home, _home.c.id == clients.c.home_unit_id)
)
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_STATUS = sa.bindparam("wanted_status", type_=sa.Text())
_LIST = prepare(
    _SELECT.where(
        sa.or_(
            visible(unit_path=units.c.path, owner=requests.c.requested_by),
            visible(unit_path=_home.c.path, owner=clients.c.manager),
        ),
        sa.or_(_AFTER.is_(None), requests.c.id > _AFTER),
        sa.or_(_STATUS.is_(None), requests.c.status == _STATUS),
    )
    .order_by(requests.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_PAYS = prepare(
    _SELECT.where(
        visible(unit_path=units.c.path, owner=requests.c.requested_by),
        requests.c.id == sa.bindparam("id", type_=sa.Uuid()),
    )
)


async def list_requests(
    tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, size: int
) -> list[CashRequest]:
    """The log, by id."""
    rows = await tx.fetch(_LIST, wanted_status=status, after=after, size=size, **scope.params())
    return [cash_request_of(row) for row in rows]


async def require_payer(tx: Tx, request_id: UUID, *, scope: Scope) -> None:
    """NotFound for everybody but the unit that pays."""
    if await tx.fetchrow(_PAYS, id=request_id, **scope.params()) is None:
        raise NotFound()
