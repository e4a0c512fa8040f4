"""Note that a client's qualification was revoked."""

from datetime import date
from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies


async def revoke_qualification(tx: Tx, client_id: UUID, on: date) -> None:
    """Kept beside the client's copy; his open cases are handled to their end all the same. Raises ClientNotKnown."""
    await copies.set_revoked(tx, client_id, on)
