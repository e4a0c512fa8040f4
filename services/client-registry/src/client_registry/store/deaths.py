"""Reported and confirmed deaths in PostgreSQL."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.store.clients import BIRTH

# The unique index decides who reported first.
_ADD = prepare(
    sa.text(
        """
        INSERT INTO client_deaths (client_id, id, died_on, status, source, reported_by, reported_at)
        VALUES (:client_id, :death_id, :died_on, 'reported', :source, :by, :now)
        ON CONFLICT (client_id) WHERE status IN ('reported', 'confirmed') DO NOTHING
        """
    )
)
_LOCK = prepare(sa.text("SELECT * FROM client_deaths WHERE client_id = :client_id AND id = :death_id FOR UPDATE"))
_DECIDE = prepare(
    sa.text(
        "UPDATE client_deaths SET status = :status, confirmed_by = :by, confirmed_at = :now "
        "WHERE client_id = :client_id AND id = :death_id"
    )
)
_DIED = prepare(
    sa.text("UPDATE clients SET died_on = :died_on, version = version + 1 WHERE id = :client_id RETURNING version")
)
_BORN = prepare(sa.text("SELECT birth_sealed FROM clients WHERE id = :client_id"))
_CLOSE_ITEMS = prepare(
    sa.text(
        """
        UPDATE work_items SET status = 'done', completed_at = :now, completed_by = :by, result = 'client-died',
               version = version + 1
        WHERE client_id = :client_id AND status <> 'done'
        """
    )
)


async def add(tx: Tx, client_id: UUID, death_id: UUID, *, died_on: date, source: str, by: str, now: datetime) -> bool:
    """The report; False where one waits or stands."""
    return bool(
        await tx.execute(_ADD, client_id=client_id, death_id=death_id, died_on=died_on, source=source, by=by, now=now)
    )


async def lock(tx: Tx, client_id: UUID, death_id: UUID) -> Record | None:
    """A report, locked."""
    return await tx.fetchrow(_LOCK, client_id=client_id, death_id=death_id)


async def decide(tx: Tx, client_id: UUID, death_id: UUID, *, status: str, by: str, now: datetime) -> None:
    """Confirmed or refused."""
    await tx.execute(_DECIDE, client_id=client_id, death_id=death_id, status=status, by=by, now=now)


async def set_died(tx: Tx, client_id: UUID, died_on: date) -> int:
    """The day stands on the file; the file's version."""
    return int(await tx.fetchval(_DIED, client_id=client_id, died_on=died_on))


async def born_on(tx: Tx, client_id: UUID) -> date | None:
    """The birth date, opened."""
    sealed = await tx.fetchval(_BORN, client_id=client_id)
    return None if sealed is None else date.fromisoformat(tx.cipher.open(BIRTH, client_id, sealed))


async def close_items(tx: Tx, client_id: UUID, *, by: str, now: datetime) -> None:
    """Nobody is asked to do anything for this client any more."""
    await tx.execute(_CLOSE_ITEMS, client_id=client_id, by=by, now=now)
