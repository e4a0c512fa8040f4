"""Two clients turn out to be one: the merged one's cases are the survivor's (domain decisions, 4)."""

from uuid import UUID

from chassis.db import Tx

from complaint_service.store import mergers


async def merge_clients(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """Handlers, clocks and the tier at intake stay as they are: what was promised is kept. Heard under both clients, so
    that a case opened on the way is moved too."""
    await mergers.move(tx, merger_id, surviving=surviving, merged=merged)


async def separate_clients(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID) -> None:
    """The merger was taken back: what it moved is the other client's again."""
    await mergers.move_back(tx, merger_id, surviving=surviving, merged=merged)
