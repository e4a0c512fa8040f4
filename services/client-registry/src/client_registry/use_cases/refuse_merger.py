"""The second person says no: two files stay two."""

from datetime import datetime
from uuid import UUID

from chassis import approvals
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.store import mergers as store
from client_registry.use_cases.propose_merger import KIND


async def refuse_merger(tx: Tx, merger_id: UUID, *, reason: str, by: Principal, now: datetime) -> None:
    """Raises NotFound, and what `approvals.refuse` raises: NotOpen, SamePerson."""
    if await store.lock(tx, merger_id) is None:
        raise NotFound()
    await approvals.refuse(tx, kind=KIND, subject_id=merger_id, by=by, now=now, reason=reason)
    await store.refuse(tx, merger_id, by=by.subject, now=now)
