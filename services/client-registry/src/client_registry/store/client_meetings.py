"""Meetings with clients in PostgreSQL: days and names of fields; what the fields say stands in the form."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.clock import business_day
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.tables.client_meetings import client_meetings

_CLIENT = sa.bindparam("client_id", type_=sa.Uuid())
_ADD = prepare(
    sa.insert(client_meetings).values({column.name: sa.bindparam(column.name) for column in client_meetings.c})
)
_ANY = prepare(sa.select(sa.exists(sa.select(1).where(client_meetings.c.client_id == _CLIENT))))
_BEFORE = sa.bindparam("before", type_=sa.Uuid())
_LIST = prepare(
    sa.select(client_meetings)
    .where(client_meetings.c.client_id == _CLIENT, sa.or_(_BEFORE.is_(None), client_meetings.c.id < _BEFORE))
    .order_by(client_meetings.c.id.desc())
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_ENTERED = prepare(
    sa.text("SELECT field, collected_at, source, collector FROM client_fields WHERE client_id = :client_id")
)
_WAITING = prepare(
    sa.text(
        """
        SELECT c.manager, c.home_unit_id, u.path FROM clients c JOIN units u ON u.id = c.home_unit_id
        WHERE c.id = :client_id AND c.manager IS NOT NULL AND c.merged_into IS NULL AND c.died_on IS NULL
          AND c.ended_on IS NULL AND c.erased_on IS NULL
        """
    )
)


async def add(
    tx: Tx, meeting_id: UUID, client_id: UUID, *, met_on: date, fields: Sequence[str], collector: str, now: datetime
) -> None:
    """One meeting."""
    await tx.execute(
        _ADD,
        id=meeting_id,
        client_id=client_id,
        met_on=met_on,
        fields=list(fields),
        collector=collector,
        recorded_at=now,
    )


async def has_any(tx: Tx, client_id: UUID) -> bool:
    """Whether a meeting of this client is on file."""
    return bool(await tx.fetchval(_ANY, client_id=client_id))


async def list_of(tx: Tx, client_id: UUID, *, before: UUID | None, size: int) -> list[Record]:
    """A client's meetings, the newest record first."""
    return await tx.fetch(_LIST, client_id=client_id, before=before, size=size)


async def sources_of(tx: Tx, client_id: UUID) -> dict[str, Record]:
    """Where each field of the form comes from, who collected it and when."""
    return {row["field"]: row for row in await tx.fetch(_ENTERED, client_id=client_id)}


async def entered_on(tx: Tx, client_id: UUID) -> dict[str, date]:
    """The business day on which each field was entered."""
    return {field: business_day(row["collected_at"]) for field, row in (await sources_of(tx, client_id)).items()}


async def looked_after(tx: Tx, client_id: UUID) -> Record | None:
    """Manager and home of a client who is served; None where nobody is to meet him any more."""
    return await tx.fetchrow(_WAITING, client_id=client_id)
