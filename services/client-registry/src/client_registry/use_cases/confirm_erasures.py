"""The second person confirms a list of erasures; the workers carry it out in ranges."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation
from chassis.refusals import NotFound

from client_registry.domain.retention import ListNotProposed
from client_registry.store import erasures
from client_registry.use_cases.propose_erasures import KIND as APPROVAL

KIND = "client-erasure"


async def confirm_erasures(tx: Tx, list_id: UUID, *, by: Principal, now: datetime) -> Operation:
    """The operation that erases. Raises NotFound, ListNotProposed, SamePerson, Overtaken."""
    found = await erasures.lock_list(tx, list_id)
    if found is None:
        raise NotFound()
    if found["status"] != "proposed":
        raise ListNotProposed()
    await approvals.approve(
        tx, kind=APPROVAL, subject_id=list_id, subject_version=found["version"], by=by, now=now
    )  # fmt: skip
    operation = await operations.start(
        tx, kind=KIND, started_by=by.subject, detail={"list_id": str(list_id), "cause": found["source"]}, now=now
    )
    await erasures.confirm(tx, list_id, operation_id=operation.id, by=by.subject, now=now)
    await audit.record(
        tx, act="erasure.confirmed", by=by, object_type="erasure-list", object_id=list_id,
        detail={"operation_id": str(operation.id)}, at=now,
    )  # fmt: skip
    return operation
