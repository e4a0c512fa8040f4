"""What is silent for a client and which return visits wait."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from engagement_service.tables import mutes, return_visits

_MUTES = prepare(
    sa.select(mutes, return_visits.c.due_on, return_visits.c.counted_from, return_visits.c.done_at)
    .select_from(mutes.join(return_visits, return_visits.c.case_id == mutes.c.case_id, isouter=True))
    .where(mutes.c.client_id == sa.bindparam("client_id"))
    .order_by(mutes.c.muted_at.desc())
    .limit(200)
)


async def mutes_of(tx: Tx, client_id: UUID) -> list[Record]:
    """The newest 200 mutes of a client, each with the return visit of its case."""
    return await tx.fetch(_MUTES, client_id=client_id)
