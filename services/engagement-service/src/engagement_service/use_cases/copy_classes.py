"""Keep the value classes of a batch; the class sets a contact floor, the stricter floor wins (EN-4…EN-6, A6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx

from engagement_service.store import copies
from engagement_service.use_cases.plan_contacts import plan_contacts


async def copy_classes(tx: Tx, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Each row: client_id, value_class, seen_on."""
    await copies.save_classes(tx, rows)
    await plan_contacts(tx, [UUID(row["client_id"]) for row in rows], now=now)
