"""Keep who holds which role where (CS-13)."""

from datetime import date
from uuid import UUID

from chassis.db import Tx

from card_service.store import organisation


async def copy_posting(
    tx: Tx, *, subject: str, unit_id: UUID, role: str, reach: str, from_on: date, until_on: date | None
) -> None:
    """A posting that got its end replaces itself."""
    await organisation.save_posting(
        tx, subject=subject, unit_id=unit_id, role=role, reach=reach, from_on=from_on, until_on=until_on
    )
