"""The first person takes back an entry that waits for the second one (XC-21)."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.second_entries import EntryStatus, PendingEntry
from client_registry.store import second_entries as store
from client_registry.use_cases.enter_again import end_entry


async def withdraw_entry(tx: Tx, entry_id: UUID, *, by: Principal, now: datetime) -> PendingEntry:
    """The entry, over. Raises NotFound, EntryOver, OnlyTheFirst."""
    found = await store.lock(tx, entry_id)
    if found is None:
        raise NotFound()
    entry, _ = found
    entry.require_first(by.subject)
    after = entry.over(EntryStatus.WITHDRAWN)
    await end_entry(tx, after, by=by, now=now)
    return after
