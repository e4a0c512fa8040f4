"""A clock after an away service ran out: the supervisor hears of a follow-up, the province of a report (CR-99, CR-100)."""

from datetime import datetime
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

from client_registry.domain.entitlements import branch_of
from client_registry.domain.organisation import Unit
from client_registry.store import away_services as store
from client_registry.store import organisation

FOLLOW_UP_OVERDUE = "away-service.follow-up-overdue"
REPORT_OVERDUE = "away-service.report-overdue"
PRIVATE = "private_banking"


async def alarm_away_service(tx: Tx, service_id: UUID, *, kind: str, now: datetime) -> None:
    """One work item for who stands above; nothing where it was done meanwhile."""
    service = await store.lock(tx, service_id)
    if service is None:
        return
    if kind == FOLLOW_UP_OVERDUE and service.followed_up_at is None:
        role = "private_banking_supervisor" if service.service_tier == PRIVATE else "rm_supervisor"
        unit, rule = await organisation.find_unit(tx, service.home_unit_id), "CR-99"
    elif kind == REPORT_OVERDUE and service.reported_at is None:
        role, rule = "private_banking_department", "CR-100"
        unit = await _province(tx, service.unit_id)
        await store.save_alarm(tx, service_id, now=now)
    else:
        return
    await work_items.add(
        tx, kind=kind, rule=rule, text=kind, client_id=service.client_id, subject_id=service_id, owner=None,
        owner_role=role, unit_id=None if unit is None else unit.id, unit_path=None if unit is None else unit.path,
        due_at=now, now=now,
    )  # fmt: skip


async def _province(tx: Tx, unit_id: UUID) -> Unit | None:
    """The first-level branch above a unit, the unit itself where there is none."""
    unit = await organisation.find_unit(tx, unit_id)
    if unit is None:
        return None
    path = branch_of(unit.path)
    above = [each for each in await organisation.list_units(tx) if each.path == path]
    return above[0] if above else unit
