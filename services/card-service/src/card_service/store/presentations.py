"""Cards shown at a counter, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

_ADD = prepare(
    sa.text(
        """
        INSERT INTO presentations (id, card_id, client_id, unit_id, shown_to, outcome, shown_at)
        VALUES (:id, :card_id, :client_id, :unit_id, :shown_to, :outcome, :shown_at)
        """
    )
)


async def add_presentation(
    tx: Tx,
    *,
    presentation_id: UUID,
    card_id: UUID | None,
    client_id: UUID | None,
    unit_id: UUID,
    shown_to: str,
    outcome: str,
    shown_at: datetime,
) -> None:
    """A card was shown: where, to whom, and what was answered (CS-27)."""
    await tx.execute(
        _ADD,
        id=presentation_id,
        card_id=card_id,
        client_id=client_id,
        unit_id=unit_id,
        shown_to=shown_to,
        outcome=outcome,
        shown_at=shown_at,
    )
