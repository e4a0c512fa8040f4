"""One person asks that an import be undone; another one decides (XC-34)."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.approvals import Approval
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.import_undoing import VERSION, Undoing, UndoReason, check_undoable
from client_registry.store import imports as store


async def propose_import_undo(
    tx: Tx, undoing: Undoing, import_id: UUID, reason: UndoReason, *, by: Principal, now: datetime
) -> Approval:
    """Holds the undoing for another person's decision. Raises NotApplied, AlreadyProposed."""
    check_undoable((await store.lock_import(tx, import_id)).status)
    proposed = await approvals.propose(
        tx, kind=undoing.kind, subject_id=import_id, subject_version=VERSION, by=by, now=now
    )
    await audit.record(
        tx, act=f"{undoing.name}.undo-proposed", by=by, object_type=undoing.object_type, object_id=import_id,
        detail={"reason": reason.value}, at=now,
    )  # fmt: skip
    return proposed
