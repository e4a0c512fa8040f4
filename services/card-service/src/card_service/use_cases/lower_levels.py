"""Keep a client's lower card level; the cards themselves end by their own events (domain decisions, section 1)."""

from collections.abc import Sequence

from chassis.db import Tx

from card_service.domain.reservations import Rise
from card_service.store import clients


async def lower_levels(tx: Tx, changes: Sequence[Rise]) -> None:
    """No card changes: a reserved one is refused at its issue, an issued one stops on revocation or at its end."""
    await clients.save_levels(tx, {change.client_id: (change.home_unit_id, change.level_to) for change in changes})
