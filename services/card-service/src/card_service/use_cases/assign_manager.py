"""Keep who manages the client: his manager sees his cards."""

from uuid import UUID

from chassis.db import Tx

from card_service.store import clients


async def assign_manager(tx: Tx, client_id: UUID, *, unit_id: UUID, manager: str) -> None:
    """From now on; a file not heard of yet is begun at the manager's unit."""
    await clients.save_manager(tx, client_id=client_id, unit_id=unit_id, manager=manager)
