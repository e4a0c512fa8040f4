"""Keep the newest form of each unit of the organisation, with its two shelves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.db import Tx

from card_service.store import organisation
from card_service.use_cases.serve_waiting import serve_waiting


async def copy_units(tx: Tx, units: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """In the order told; of several facts about one unit the last counts. Clients of a unit that was not known, or
    stood elsewhere, may find their card now."""
    newest = {unit["unit_id"]: unit for unit in units}
    await organisation.save_units(tx, list(newest.values()))
    await serve_waiting(tx, now=now)
