"""Another name for a unit, or another place among the service institutions (XC-1, CR-27)."""

from dataclasses import replace
from datetime import datetime

from chassis import audit, outbox
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import Invalid

from client_registry.domain.organisation import ServiceInstitution, Unit
from client_registry.domain.units import Cause, UnitClosed, check_institution
from client_registry.store import organisation, unit_history


async def rename_unit(
    tx: Tx, unit: Unit, *, name_zh: str, name_en: str, service_institution: ServiceInstitution | None, reason: str,
    by: Principal, now: datetime,
) -> Unit:  # fmt: skip
    """The unit under its new name; says OrgUnitChanged. A name that it already bears changes nothing."""
    if not unit.active:
        raise UnitClosed()
    if errors := check_institution(unit.kind, service_institution):
        raise Invalid(errors)
    if (name_zh, name_en, service_institution) == (unit.name_zh, unit.name_en, unit.service_institution):
        return unit
    renamed = replace(
        unit, name_zh=name_zh, name_en=name_en, service_institution=service_institution, version=unit.version + 1
    )
    await organisation.save_units(tx, [renamed])
    await unit_history.keep(tx, [unit.id], by=by, cause=Cause.RENAMED, reason=reason, at=now)
    await outbox.add(tx, renamed.said(now))
    await audit.record(tx, act="unit.renamed", by=by, object_type="unit", object_id=unit.id, at=now)
    return renamed
