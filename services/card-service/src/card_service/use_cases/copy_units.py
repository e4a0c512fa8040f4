"""Keep the newest form of each unit of the organisation, with its two shelves."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.db import Tx

from card_service.store import organisation


async def copy_units(tx: Tx, units: Sequence[Mapping[str, Any]]) -> None:
    """In the order told; of several facts about one unit the last counts."""
    newest = {unit["unit_id"]: unit for unit in units}
    await organisation.save_units(tx, list(newest.values()))
