"""The queue of a unit: open needs by priority, then by who came first (CR-101)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.service_requests import ServiceRequest
from client_registry.store.service_requests import service_request_of
from client_registry.tables.client_services import service_requests as requests
from client_registry.tables.organisation import units

_SELECT = sa.select(requests).join(units, units.c.id == requests.c.unit_id)
_VISIBLE = visible(unit_path=units.c.path, owner=requests.c.taken_by)
_UNIT = sa.bindparam("unit_id", type_=sa.Uuid())
_PRIORITY = sa.bindparam("after_priority", type_=sa.SmallInteger())
_STATED = sa.bindparam("after_stated", type_=sa.DateTime(timezone=True))
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_QUEUE = prepare(
    _SELECT.where(
        _VISIBLE,
        requests.c.responded_at.is_(None),
        sa.or_(_UNIT.is_(None), requests.c.unit_id == _UNIT),
        sa.or_(
            _AFTER.is_(None),
            sa.tuple_(requests.c.priority, requests.c.stated_at, requests.c.id) > sa.tuple_(_PRIORITY, _STATED, _AFTER),
        ),
    )
    .order_by(requests.c.priority, requests.c.stated_at, requests.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_GET = prepare(_SELECT.where(_VISIBLE, requests.c.id == sa.bindparam("id", type_=sa.Uuid())))


async def queue(
    tx: Tx, *, scope: Scope, unit_id: UUID | None, after: tuple[int, datetime, UUID] | None, size: int
) -> list[ServiceRequest]:
    """Open needs in the order in which they are served."""
    priority, stated, last = after or (None, None, None)
    rows = await tx.fetch(
        _QUEUE, unit_id=unit_id, after_priority=priority, after_stated=stated, after=last, size=size, **scope.params()
    )
    return [service_request_of(row) for row in rows]


async def require_visible(tx: Tx, request_id: UUID, *, scope: Scope) -> None:
    """NotFound outside the scope and for an unknown one alike."""
    if await tx.fetchrow(_GET, id=request_id, **scope.params()) is None:
        raise NotFound()
