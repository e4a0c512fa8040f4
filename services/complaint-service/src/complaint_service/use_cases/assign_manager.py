"""Follow who a client's relationship manager is."""

from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies


async def assign_manager(tx: Tx, client_id: UUID, manager: str) -> None:
    """The manager sees the client's cases from now on, the earlier one no more. Raises ClientNotKnown."""
    await copies.set_manager(tx, client_id, manager)
