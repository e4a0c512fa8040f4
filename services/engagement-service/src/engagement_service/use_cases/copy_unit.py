"""Keep our copy of a unit of the bank's tree; it serves scope, and work asked for at its place follows it."""

from typing import Any

from chassis import work_items
from chassis.db import Tx

from engagement_service.store import copies


async def copy_unit(tx: Tx, **unit: Any) -> None:
    before = await copies.find_path(tx, unit["id"])
    await copies.save_unit(tx, **unit)
    if before is not None and before != unit["path"]:
        await work_items.follow_units(tx, {before: unit["path"]})
