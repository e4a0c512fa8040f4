"""Keep who manages each client of a batch; the plan stays, its owner changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.db import Tx

from engagement_service.store import copies


async def copy_managers(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each row: client_id, manager (staff subject), seen_on."""
    await copies.save_managers(tx, rows)
