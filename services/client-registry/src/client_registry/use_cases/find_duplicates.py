"""Files that may be one person's are looked for when a file is new or changed, and behind every import (CR-38)."""

from datetime import datetime
from uuid import UUID

from chassis import due_work
from chassis.db import Tx
from chassis.due_work import Due
from chassis.ids import new_id

from client_registry.store import duplicates as store

KIND = "clients.find-duplicates"
_RANGE = 1_000


async def find_duplicates(tx: Tx, due: Due, *, now: datetime) -> None:
    """The next files of an import; where there are more, the next range falls due at once."""
    import_id, after = UUID(due.detail["import_id"]), UUID(due.detail["after"])
    found = await store.imported_after(tx, import_id, after=after, size=_RANGE)
    if found:
        await store.find_duplicates(tx, found, now=now)
    if len(found) == _RANGE:
        await _schedule(tx, import_id, after=found[-1], now=now)


async def schedule_search(tx: Tx, import_id: UUID, *, now: datetime) -> None:
    """Looks at what an import opened, soon after it."""
    await _schedule(tx, import_id, after=UUID(int=0), now=now)


async def _schedule(tx: Tx, import_id: UUID, *, after: UUID, now: datetime) -> None:
    detail = {"import_id": str(import_id), "after": str(after)}
    await due_work.schedule(tx, kind=KIND, subject_id=new_id(), due_at=now, detail=detail)
