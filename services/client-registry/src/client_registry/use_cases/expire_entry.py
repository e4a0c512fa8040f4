"""Nobody entered it the second time within the policy's days: the first entry is over and nothing of it is kept (XC-21)."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import system

from client_registry.domain.second_entries import OPEN, EntryStatus
from client_registry.store import second_entries as store
from client_registry.use_cases.enter_again import end_entry


async def expire_entry(tx: Tx, entry_id: UUID, *, now: datetime) -> None:
    """Expired; nothing where it was over before."""
    found = await store.lock(tx, entry_id)
    if found is None or found[0].status not in OPEN:
        return
    await end_entry(tx, found[0].over(EntryStatus.EXPIRED), by=system("client-registry"), now=now)
