"""Closing a unit that keeps nobody any more (XC-1, XC-3)."""

from datetime import datetime

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.organisation import Unit
from client_registry.domain.units import Cause, UnitClosed, UnitHasUnitsBelow, UnitKeepsClients, UnitKeepsStaff
from client_registry.store import unit_history, units


async def close_unit(tx: Tx, unit: Unit, *, reason: str, by: Principal, now: datetime) -> Unit:
    """The closed unit; says OrgUnitChanged. Raises UnitKeepsClients, UnitKeepsStaff or UnitHasUnitsBelow."""
    if not unit.active:
        raise UnitClosed()
    use = await units.use_of(tx, unit.id, day=business_day(now))
    if use.clients:
        raise UnitKeepsClients(clients=use.clients)
    if use.staff:
        raise UnitKeepsStaff(staff=use.staff)
    if use.below:
        raise UnitHasUnitsBelow(units=len(use.below))
    closed = await units.close(tx, unit.id, into_id=None)
    await unit_history.keep(tx, [unit.id], by=by, cause=Cause.CLOSED, reason=reason, at=now)
    await outbox.add(tx, closed.said(now))
    await audit.record(tx, act="unit.closed", by=by, object_type="unit", object_id=unit.id, at=now)
    return closed
