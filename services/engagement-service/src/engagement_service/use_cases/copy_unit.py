"""Keep our copy of a unit of the bank's tree; it only serves scope."""

from typing import Any

from chassis.db import Tx

from engagement_service.store import copies


async def copy_unit(tx: Tx, **unit: Any) -> None:
    await copies.save_unit(tx, **unit)
