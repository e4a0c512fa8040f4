"""Entitlements as they are answered: the catalogue by visibility, what a client has here, what branches added."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.branch_entitlements import BranchEntitlement
from client_registry.domain.entitlement_decisions import Decided, decide, decide_all
from client_registry.domain.entitlements import Entitlement, Visibility, branch_of
from client_registry.domain.organisation import Unit
from client_registry.store import entitlements as store
from client_registry.store import served
from client_registry.store.organisation import find_unit
from client_registry.tables.entitlements import branch_entitlements
from client_registry.tables.organisation import units

_AFTER = sa.bindparam("after", type_=sa.Uuid())
_STATUS = sa.bindparam("wanted_status", type_=sa.Text())
_SELECT = sa.select(branch_entitlements, units.c.path.label("branch_path")).join(
    units, units.c.id == branch_entitlements.c.unit_id
)
_LIST = prepare(
    _SELECT.where(
        visible(unit_path=units.c.path),
        sa.or_(_AFTER.is_(None), branch_entitlements.c.id > _AFTER),
        sa.or_(_STATUS.is_(None), branch_entitlements.c.status == _STATUS),
    )
    .order_by(branch_entitlements.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_GET = prepare(
    _SELECT.where(visible(unit_path=units.c.path), branch_entitlements.c.id == sa.bindparam("id", type_=sa.Uuid()))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An item of the catalogue, and whether its standards are told to this caller (CR-93)."""

    item: Entitlement
    told: bool


async def catalogue(tx: Tx, *, day: date, wealth_channel: bool, client_id: UUID | None) -> tuple[int, list[Shown]]:
    """The version and its items. Standards of wealth channels are told there, and elsewhere only for an eligible client
    who is being served (CR-93, BOC-S Art. 32)."""
    found = (await store.rules_in_force(tx, day=day)).catalogue
    client = None if client_id is None else await served.find_served(tx, client_id)
    shown = []
    for item in found.entitlements:
        told = wealth_channel or item.visibility is Visibility.EVERYBODY
        if not told and client is not None:
            decided = decide(found, (), item.code, client.levels, branch_path=client.branch_path, day=day)
            told = decided is not None and decided.allowed
        shown.append(Shown(item=item, told=told))
    return found.version, shown


async def of_client(tx: Tx, client_id: UUID, *, unit_id: UUID | None, day: date) -> tuple[Unit, list[Decided]]:
    """Everything the client may have at a unit, the home unit by default, on that day. NotFound for an unknown unit."""
    client = await served.find_served(tx, client_id)
    if client is None:
        raise NotFound()
    unit = await find_unit(tx, unit_id or client.home_unit_id)
    if unit is None:
        raise NotFound()
    branch = branch_of(unit.path)
    rules = await store.rules_in_force(tx, day=day)
    local = await store.local_rows(tx, branch)
    return unit, decide_all(rules.catalogue, local, client.levels, branch_path=branch, day=day)


async def branch_rows(
    tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, size: int
) -> list[BranchEntitlement]:
    """Rows of the branches in scope, by id."""
    rows = await tx.fetch(_LIST, after=after, size=size, wanted_status=status, **scope.params())
    return [store.branch_entitlement_of(row) for row in rows]


async def require_branch_row(tx: Tx, row_id: UUID, *, scope: Scope) -> None:
    """NotFound outside the scope and for an unknown row alike."""
    if await tx.fetchrow(_GET, id=row_id, **scope.params()) is None:
        raise NotFound()
