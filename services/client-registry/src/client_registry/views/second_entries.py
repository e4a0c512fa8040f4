"""First entries that wait, as they are answered: which fields, never what was entered."""

from uuid import UUID

from chassis.db import Tx
from chassis.identity import Grant
from chassis.refusals import NotFound

from client_registry.domain.second_entries import PendingEntry
from client_registry.store import second_entries as store


async def get_entry(tx: Tx, entry_id: UUID, grants: list[Grant]) -> PendingEntry:
    """An entry at a place of the caller's; NotFound elsewhere."""
    entry = await store.find(tx, entry_id, _places(grants))
    if entry is None:
        raise NotFound()
    return entry


async def list_entries(tx: Tx, grants: list[Grant], *, after: UUID | None, size: int) -> list[PendingEntry]:
    """What waits at the caller's places, the oldest first."""
    return await store.list_open(tx, _places(grants), after=after, size=size)


def _places(grants: list[Grant]) -> list[str]:
    return [grant.unit_path for grant in grants]
