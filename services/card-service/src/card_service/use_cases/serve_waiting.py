"""Look once more at those who wait although a shelf on their line holds cards."""

from datetime import datetime

from chassis.db import Tx

from card_service.store import reservations
from card_service.use_cases.serve_reservations import serve_reservations

AT_ONCE = 500


async def serve_waiting(tx: Tx, *, now: datetime) -> int:
    """Returns how many were served: units moved, or became known, after their clients had asked."""
    waiting = await reservations.lock_servable(tx, limit=AT_ONCE)
    return sum(it.card is not None for it in await serve_reservations(tx, waiting, now=now))
