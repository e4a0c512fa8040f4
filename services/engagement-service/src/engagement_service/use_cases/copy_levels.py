"""Keep the tier and card level of a batch; they colour the day's list, the floor comes from assets and value."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.db import Tx

from engagement_service.store import copies


async def copy_levels(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each row: client_id, service_tier, card_level, seen_on."""
    await copies.save_levels(tx, rows)
