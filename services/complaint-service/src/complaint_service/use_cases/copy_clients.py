"""Keep our copy of registered clients."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import Tx

from complaint_service.store import copies


async def copy_clients(tx: Tx, rows: Sequence[tuple[UUID, str, str, str, UUID, list[UUID], str | None]]) -> None:
    """Many at once: id, kind, service tier, card level, home unit, serving units, manager."""
    await copies.save_clients(tx, list({row[0]: row for row in rows}.values()))
