"""Begin the relationship of every newly registered client of a batch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import copies
from engagement_service.use_cases.plan_contacts import plan_contacts


async def copy_registered(tx: Tx, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Each row: client_id, home_unit_id, serving_unit_ids, manager, service_tier, card_level, asset_band, registered_on."""
    await copies.save_registered(tx, rows)
    await plan_contacts(tx, [UUID(row["client_id"]) for row in rows], now=now)
