"""The memo of one client, newest first."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from engagement_service.tables import contacts

_OF_CLIENT = prepare(
    sa.select(contacts)
    .where(
        contacts.c.client_id == sa.bindparam("client_id"),
        sa.tuple_(contacts.c.happened_at, contacts.c.id)
        < sa.tuple_(
            sa.bindparam("before_at", type_=sa.DateTime(timezone=True)), sa.bindparam("before_id", type_=sa.Uuid)
        ),
    )
    .order_by(contacts.c.happened_at.desc(), contacts.c.id.desc())
    .limit(sa.bindparam("size"))
)


async def contacts_of(tx: Tx, client_id: UUID, *, before: tuple[datetime, UUID], size: int) -> list[Record]:
    return await tx.fetch(_OF_CLIENT, client_id=client_id, before_at=before[0], before_id=before[1], size=size)


def memo_of(tx: Tx, row: Record) -> str | None:
    """The memo's words, opened for a caller who may read them."""
    return tx.cipher.open("contacts.memo", row["id"], row["memo"]) if row["memo"] else None
