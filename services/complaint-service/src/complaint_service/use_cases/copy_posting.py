"""Keep our copy of who holds which role where."""

from datetime import date
from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies


async def copy_posting(tx: Tx, *, subject: str, unit_id: UUID, role: str, from_on: date, until_on: date | None) -> None:
    """A posting, or its end. Cases already assigned stay until somebody moves them."""
    await copies.save_posting(tx, subject=subject, unit_id=unit_id, role=role, from_on=from_on, until_on=until_on)
