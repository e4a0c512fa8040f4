"""Keep what the clients of a batch allow and wish (CR-58, CR-66…CR-68); a wish may change the cadence (EN-7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import copies
from engagement_service.use_cases.plan_contacts import plan_contacts


async def copy_consents(tx: Tx, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Each row: client_id, marketing, events, channels in the client's order, wished_interval, seen_on."""
    await copies.save_consents(tx, rows)
    await plan_contacts(tx, [UUID(row["client_id"]) for row in rows], now=now)
