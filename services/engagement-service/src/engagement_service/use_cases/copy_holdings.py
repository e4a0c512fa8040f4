"""Keep the asset bands of a batch; the band sets the contact floor (EN-1, EN-2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import copies
from engagement_service.use_cases.plan_contacts import plan_contacts


async def copy_holdings(tx: Tx, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Each row: client_id, asset_band, seen_on."""
    await copies.save_holdings(tx, rows)
    await plan_contacts(tx, [UUID(row["client_id"]) for row in rows], now=now)
