"""Asking for the merger of a unit into another one: looked at now, done by the workers in ranges (XC-1, XC-3)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, operations
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation
from chassis.refusals import FieldError, Invalid
from chassis.scope import Scope

from client_registry.domain.organisation import Unit
from client_registry.domain.units import NO_UNIT, check_merger
from client_registry.store import organisation, units

KIND = "unit-merger"


async def start_merger(
    tx: Tx, unit: Unit, *, into_unit_id: UUID, reason: str, by: Principal, scope: Scope, now: datetime
) -> Operation:
    """The operation that merges. Raises Invalid for a merger into itself, into what is below it or out of scope."""
    target = await organisation.find_unit(tx, into_unit_id)
    if target is None or not scope.covers(target.path):
        raise Invalid([FieldError("/into_unit_id", "unit.unknown", NO_UNIT)])
    check_merger(unit, target, await units.units_below(tx, unit.id))
    operation = await operations.start(
        tx, kind=KIND, started_by=by.subject,
        detail={"unit_id": str(unit.id), "into_unit_id": str(target.id), "reason": reason}, now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="unit.merger-started", by=by, object_type="unit", object_id=unit.id,
        detail={"into_unit_id": str(target.id), "operation_id": str(operation.id)}, at=now,
    )  # fmt: skip
    return operation
