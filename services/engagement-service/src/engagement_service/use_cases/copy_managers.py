"""Keep who manages each client of a batch; the plan stays, its owner changes, and with him what is still to be done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import work_items
from chassis.db import Tx
from chassis.identity import system

from engagement_service.store import copies


async def copy_managers(tx: Tx, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Each row: client_id, manager (staff subject), seen_on. Plans and return visits follow the relationship; missed
    contacts and other unfinished work items go to the new manager (CR-44)."""
    before = await copies.save_managers(tx, rows)
    after = {UUID(row["client_id"]): row["manager"] for row in rows}
    moves = {client_id: (earlier, after[client_id]) for client_id, earlier in before.items()}
    await work_items.move_with_clients(tx, moves, by=system("engagement-service"), now=now)
