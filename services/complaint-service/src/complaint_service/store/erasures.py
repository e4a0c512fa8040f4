"""What was written of a client goes; that there were cases, how they were handled and when, stays."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

_TEXTS = prepare(sa.text("DELETE FROM texts WHERE case_id IN (SELECT id FROM cases WHERE client_id = :client_id)"))
_CASES = prepare(sa.text("SELECT id FROM cases WHERE client_id = :client_id"))
_COPY = prepare(sa.text("DELETE FROM clients WHERE id = :client_id"))


async def erase_words(tx: Tx, client_id: UUID) -> list[UUID]:
    """Every word of and about the client in his cases; the ids of the cases."""
    await tx.execute(_TEXTS, client_id=client_id)
    return [row["id"] for row in await tx.fetch(_CASES, client_id=client_id)]


async def drop_copy(tx: Tx, client_id: UUID) -> None:
    """We do not know this client any more."""
    await tx.execute(_COPY, client_id=client_id)
