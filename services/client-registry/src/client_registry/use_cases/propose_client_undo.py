"""One person asks that an import of clients be undone; another one decides (XC-34)."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.approvals import Approval
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.client_import_undoing import KIND, VERSION
from client_registry.domain.import_undoing import UndoReason, check_undoable
from client_registry.store import imports as store


async def propose_client_undo(tx: Tx, import_id: UUID, reason: UndoReason, *, by: Principal, now: datetime) -> Approval:
    """Holds the undoing for another person's decision. Raises NotApplied, AlreadyProposed."""
    check_undoable((await store.lock_import(tx, import_id)).status)
    proposed = await approvals.propose(tx, kind=KIND, subject_id=import_id, subject_version=VERSION, by=by, now=now)
    await audit.record(
        tx, act="client-import.undo-proposed", by=by, object_type="client_import", object_id=import_id,
        detail={"reason": reason.value}, at=now,
    )  # fmt: skip
    return proposed
