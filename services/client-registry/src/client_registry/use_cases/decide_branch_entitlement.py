"""The second person approves or refuses what a branch proposed (CR-19, CR-92)."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.branch_entitlements import BranchEntitlement, StartTaken, check_local
from client_registry.store import entitlements as store
from client_registry.use_cases.propose_branch_entitlement import APPROVAL


async def decide_branch_entitlement(
    tx: Tx, row_id: UUID, *, approved: bool, by: Principal, now: datetime
) -> BranchEntitlement:
    """The decided row. An approval checks the limits again with the catalogue of this moment.

    Raises StartTaken, what `approvals` and `check_local` raise; NotFound for an unknown row.
    """
    row = await store.lock_row(tx, row_id)
    if row is None:
        raise NotFound()
    decided = row.decide(approved=approved, by=by.subject, at=now)
    if not approved:
        await approvals.refuse(tx, kind=APPROVAL, subject_id=row_id, by=by, now=now, reason="refused")
    else:
        await approvals.approve(tx, kind=APPROVAL, subject_id=row_id, subject_version=row.version, by=by, now=now)
        today = business_day(now)
        check_local((await store.rules_in_force(tx, day=today)).catalogue, row.local, today=today)
        if await store.starts(
            tx, unit_id=row.unit_id, kind=row.local.kind, code=row.local.code, effective_on=row.local.effective_on
        ):
            raise StartTaken()
    await store.decide_row(tx, decided)
    await audit.record(
        tx, act="entitlement.approved" if approved else "entitlement.refused", by=by, object_type="branch-entitlement",
        object_id=row_id, detail={"code": row.local.code, "kind": row.local.kind}, at=now,
    )  # fmt: skip
    return decided
