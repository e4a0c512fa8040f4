"""The second person decides whether an import is undone; a yes starts the work (XC-34)."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit, operations
from chassis.approvals import Approval
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation

from client_registry.domain.import_undoing import VERSION, Undoing, check_undoable
from client_registry.store import imports as store


async def decide_import_undo(
    tx: Tx, undoing: Undoing, import_id: UUID, *, approved: bool, by: Principal, now: datetime
) -> tuple[Approval, Operation | None]:
    """The decision, and with a yes the operation. Raises NotApplied, NotOpen, SamePerson."""
    found = await store.lock_import(tx, import_id)
    if not approved:
        return await _refuse(tx, undoing, import_id, by=by, now=now), None
    check_undoable(found.status)
    decided = await approvals.approve(
        tx, kind=undoing.kind, subject_id=import_id, subject_version=VERSION, by=by, now=now
    )
    started = await operations.start(
        tx, kind=undoing.operation, started_by=by.subject, detail={"import_id": str(import_id)}, now=now
    )
    await store.set_status(tx, import_id, "undoing", finished=True, now=now)
    await audit.record(
        tx, act=f"{undoing.name}.undo-approved", by=by, object_type=undoing.object_type, object_id=import_id,
        detail={"operation_id": str(started.id), "proposed_by": decided.proposed_by}, at=now,
    )  # fmt: skip
    return decided, started


async def _refuse(tx: Tx, undoing: Undoing, import_id: UUID, *, by: Principal, now: datetime) -> Approval:
    decided = await approvals.refuse(tx, kind=undoing.kind, subject_id=import_id, by=by, now=now, reason="not-agreed")
    if undoing.tells_refusal:
        await audit.record(
            tx, act=f"{undoing.name}.undo-refused", by=by, object_type=undoing.object_type, object_id=import_id,
            detail={"proposed_by": decided.proposed_by}, at=now,
        )  # fmt: skip
    return decided
