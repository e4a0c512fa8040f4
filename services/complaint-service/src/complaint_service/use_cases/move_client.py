"""Follow a client to another unit."""

from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies


async def move_client(tx: Tx, client_id: UUID, *, home_unit_id: UUID, serving_unit_ids: list[UUID]) -> None:
    """New cases are routed from the new home unit; open ones stay with their handlers. Raises ClientNotKnown."""
    await copies.move_client(tx, client_id, home_unit_id=home_unit_id, serving_unit_ids=serving_unit_ids)
