"""Reviews of filed qualifications as they are answered, in the scope of the unit that filed."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.scope import Scope, visible

from client_registry.tables.clients import clients
from client_registry.tables.filing_reviews import qualification_reviews as reviews
from client_registry.tables.organisation import units

_STATUS = sa.bindparam("status", type_=sa.Text())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_LIST = prepare(
    sa.select(reviews, clients.c.client_no)
    .join(units, units.c.id == reviews.c.unit_id)
    .outerjoin(clients, clients.c.id == reviews.c.client_id)
    .where(
        visible(unit_path=units.c.path),
        sa.or_(_STATUS.is_(None), reviews.c.status == _STATUS),
        sa.or_(_AFTER.is_(None), reviews.c.id > _AFTER),
    )
    .order_by(reviews.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


async def reviews_of(tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, most: int) -> list[Record]:
    """Reviews by id, of one status where named."""
    return await tx.fetch(_LIST, status=status, after=after, most=most, **scope.params())
