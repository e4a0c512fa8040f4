"""The data steward has looked at the list and wants it carried out; another person confirms."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.retention import ListNotPrepared, ListNotProposed, NothingDue
from client_registry.store import erasures
from client_registry.use_cases.prepare_erasures import WORK

KIND = "erasure-list"


async def propose_erasures(tx: Tx, list_id: UUID, *, by: Principal, now: datetime) -> None:
    """Raises NotFound, ListNotPrepared, NothingDue, AlreadyProposed."""
    found = await erasures.lock_list(tx, list_id)
    if found is None:
        raise NotFound()
    if found["status"] != "prepared":
        raise ListNotPrepared()
    if not await erasures.count_open(tx, list_id):
        raise NothingDue()
    await erasures.propose(tx, list_id, by=by.subject, now=now)
    await approvals.propose(
        tx, kind=KIND, subject_id=list_id, subject_version=found["version"] + 1, by=by, now=now
    )  # fmt: skip
    await work_items.complete_for(tx, subject_id=list_id, kind=WORK, by=by, result="proposed", now=now)
    await audit.record(tx, act="erasure.proposed", by=by, object_type="erasure-list", object_id=list_id, at=now)


async def refuse_erasures(tx: Tx, list_id: UUID, *, reason: str, by: Principal, now: datetime) -> None:
    """It goes back to its steward. Raises NotFound, ListNotProposed, SamePerson."""
    found = await erasures.lock_list(tx, list_id)
    if found is None:
        raise NotFound()
    if found["status"] != "proposed":
        raise ListNotProposed()
    await approvals.refuse(tx, kind=KIND, subject_id=list_id, by=by, now=now, reason=reason)
    await erasures.put_back(tx, list_id)
