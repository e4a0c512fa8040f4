"""Another name or work phone for a person of the staff."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.store import organisation


async def change_staff(
    tx: Tx, staff_id: UUID, *, name: str, work_phone: str | None, version: int, by: Principal, now: datetime
) -> int:
    """The version after the change of a person that stands at `version`; nobody else keeps these, so nothing is said."""
    await organisation.save_staff(tx, staff_id=staff_id, name=name, work_phone=work_phone, version=version + 1)
    await audit.record(tx, act="staff.changed", by=by, object_type="staff", object_id=staff_id, at=now)
    return version + 1
