"""Putting a unit, with everything below it, below another one (XC-1, XC-3)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid
from chassis.scope import Scope

from client_registry.domain.organisation import Unit
from client_registry.domain.units import NO_UNIT, Cause, check_move
from client_registry.store import organisation, unit_history, units


async def move_unit(
    tx: Tx, unit: Unit, *, parent_id: UUID, reason: str, by: Principal, scope: Scope, now: datetime
) -> list[Unit]:
    """The unit and all below it at the new place, the unit first; says OrgUnitChanged for each of them.

    Everything here that stores a path follows in the same transaction. Raises Invalid where the unit may not stand there.
    """
    parent = await organisation.find_unit(tx, parent_id)
    if parent is None or not scope.covers(parent.path):
        raise Invalid([FieldError("/parent_id", "unit.unknown", NO_UNIT)])
    check_move(unit, parent)
    if parent.id == unit.parent_id:
        return [unit]
    moved = await units.move_subtree(tx, unit, parent=parent)
    await unit_history.keep(tx, [each.id for each in moved], by=by, cause=Cause.MOVED, reason=reason, at=now)
    await outbox.add(tx, *(each.said(now) for each in moved))
    await audit.record(
        tx, act="unit.moved", by=by, object_type="unit", object_id=unit.id,
        detail={"from": str(unit.parent_id), "to": str(parent.id), "units": len(moved)}, at=now,
    )  # fmt: skip
    return moved
