"""Keep the newest form of each unit of the organisation, with its two shelves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis import work_items
from chassis.db import Tx

from card_service.store import organisation, reservations
from card_service.use_cases.serve_waiting import serve_waiting


async def copy_units(tx: Tx, units: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """In the order told; of several facts about one unit the last counts. Clients of a unit that was not known, or
    stood elsewhere, may find their card now. What names a unit that moved by its path follows it."""
    newest = {unit["unit_id"]: unit for unit in units}
    before = await organisation.paths_of(tx, list(newest))
    await organisation.save_units(tx, list(newest.values()))
    moved = {path: newest[unit_id]["path"] for unit_id, path in before.items() if path != newest[unit_id]["path"]}
    await work_items.follow_units(tx, moved)
    await reservations.follow_units(tx, moved)
    await serve_waiting(tx, now=now)
