"""Opening a unit of the bank's tree (XC-1, XC-2, XC-3, CR-27)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid
from chassis.scope import Scope

from client_registry.domain.organisation import ServiceInstitution, Unit, UnitKind, unit_path
from client_registry.domain.units import (
    NO_UNIT,
    AboveYourPlace,
    Cause,
    check_code,
    check_institution,
    check_letters,
    check_place,
    code_taken,
    letters_taken,
)
from client_registry.store import organisation, unit_history, units


async def open_unit(
    tx: Tx, *, parent_id: UUID, kind: UnitKind, code: str, name_zh: str, name_en: str, branch_code: str | None,
    service_institution: ServiceInstitution | None, reason: str, by: Principal, scope: Scope, now: datetime,
) -> Unit:  # fmt: skip
    """The new unit; says OrgUnitChanged. Raises Invalid naming each field that is wrong, AboveYourPlace for a
    first-level branch that somebody outside head office asks for."""
    await units.lock_tree(tx)
    parent = await organisation.find_unit(tx, parent_id)
    if parent is None or not (scope.covers(parent.path) or kind is UnitKind.FIRST_LEVEL_BRANCH):
        raise Invalid([FieldError("/parent_id", "unit.unknown", NO_UNIT)])
    if not scope.covers(parent.path):
        raise AboveYourPlace()
    errors = [
        *check_code(code), *check_place(kind, parent, pointer="/parent_id"), *check_letters(kind, branch_code),
        *check_institution(kind, service_institution),
    ]  # fmt: skip
    if await units.code_is_taken(tx, code):
        errors.append(code_taken())
    if branch_code is not None and await units.letters_are_taken(tx, branch_code):
        errors.append(letters_taken())
    if errors:
        raise Invalid(errors)
    unit = Unit(
        id=new_id(), parent_id=parent.id, kind=kind, code=code, path=unit_path(parent.path, code), name_zh=name_zh,
        name_en=name_en, branch_code=branch_code or parent.branch_code, active=True, version=1,
        service_institution=service_institution,
    )  # fmt: skip
    await organisation.save_units(tx, [unit])
    await unit_history.keep(tx, [unit.id], by=by, cause=Cause.OPENED, reason=reason, at=now)
    await outbox.add(tx, unit.said(now))
    await audit.record(
        tx, act="unit.opened", by=by, object_type="unit", object_id=unit.id,
        detail={"code": code, "kind": kind.value, "parent_id": str(parent.id)}, at=now,
    )  # fmt: skip
    return unit
