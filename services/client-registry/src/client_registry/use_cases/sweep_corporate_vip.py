"""The first day and the end of an entry of the corporate list, when they have come (CR-24)."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from client_registry.store import corporate_vips as store
from client_registry.use_cases.approve_corporate_vip import lock_entry
from client_registry.use_cases.follow_corporate_list import follow_corporate_list


async def sweep_corporate_vip(tx: Tx, entry_id: UUID, *, now: datetime) -> None:
    """An entry that was refused or has ended is left alone, and so is one whose client has died."""
    if await store.living_client_of(tx, entry_id) is not None:
        await follow_corporate_list(tx, await lock_entry(tx, entry_id), now=now)
