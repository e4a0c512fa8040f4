"""A revoked client is no member any more (CR-18)."""

from datetime import datetime
from uuid import UUID

from chassis.clock import business_day
from chassis.db import Tx

from engagement_service.store import mergers


async def lower_card_level(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """His card level is none, whichever of the revocation's two facts is heard first."""
    await mergers.lock_both(tx, client_id, client_id, today=business_day(now))
    await mergers.lower(tx, client_id)
