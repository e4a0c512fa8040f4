"""A branch proposes a service of its own, other limits for its branch level, or a later start (CR-19, CR-92)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.branch_entitlements import (
    BranchEntitlement,
    NotABranch,
    NotInCatalogue,
    check_local,
)
from client_registry.domain.entitlements import LocalEntitlement
from client_registry.domain.organisation import UnitKind
from client_registry.store import entitlements as store
from client_registry.store.served import unit_within

APPROVAL = "branch-entitlement"


async def propose_branch_entitlement(
    tx: Tx, unit_id: UUID, local: LocalEntitlement, *, plan: str | None, areas: list[str], by: Principal, now: datetime
) -> BranchEntitlement:
    """The proposal, waiting for a second person. What an override leaves unsaid about the service is the catalogue's.

    `areas` are the places the proposer answers for; a unit outside them is not found.
    Raises NotABranch, approvals.AlreadyProposed and what `check_local` raises.
    """
    unit = await unit_within(tx, unit_id, areas)
    if unit is None:
        raise NotFound()
    if unit.kind is not UnitKind.FIRST_LEVEL_BRANCH:
        raise NotABranch()
    today = business_day(now)
    catalogue = (await store.rules_in_force(tx, day=today)).catalogue
    check_local(catalogue, local, today=today)
    if local.kind != "addition":
        item = catalogue.find(local.code)
        if item is None:
            raise NotInCatalogue()
        local = replace(local, family=item.family, title=item.title, words=item.words, not_away=item.not_away)
    if await store.waits(tx, unit_id=unit.id, kind=local.kind, code=local.code):
        raise approvals.AlreadyProposed()
    row_id: UUID = new_id()
    row = BranchEntitlement(
        id=row_id,
        unit_id=unit.id,
        local=replace(local, id=str(row_id), branch_path=unit.path),
        plan=plan,
        status="proposed",
        proposed_by=by.subject,
        proposed_at=now,
    )
    await store.add_row(tx, row)
    await approvals.propose(tx, kind=APPROVAL, subject_id=row.id, subject_version=row.version, by=by, now=now)
    await audit.record(
        tx, act="entitlement.proposed", by=by, object_type="branch-entitlement", object_id=row.id,
        detail={"code": local.code, "kind": local.kind, "unit_id": str(unit.id)}, at=now,
    )  # fmt: skip
    return row
