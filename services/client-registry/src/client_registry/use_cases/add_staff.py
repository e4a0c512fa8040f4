"""Taking a person into the staff, with a first post (XC-8, XC-20)."""

from datetime import datetime

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.scope import Scope

from client_registry.domain.organisation import Posting
from client_registry.domain.postings import StaffNoTaken
from client_registry.store import organisation, staff
from client_registry.use_cases.post_staff import post_staff


async def add_staff(
    tx: Tx,
    first: Posting,
    *,
    staff_no: str,
    name: str,
    work_phone: str | None,
    by: Principal,
    scope: Scope,
    now: datetime,
) -> int:
    """The person's version. Raises StaffNoTaken, and what `post_staff` raises for the first posting."""
    if await staff.number_is_taken(tx, staff_no):
        raise StaffNoTaken()
    await organisation.add_staff(tx, staff_id=first.staff_id, staff_no=staff_no, name=name, work_phone=work_phone)
    await audit.record(tx, act="staff.added", by=by, object_type="staff", object_id=first.staff_id, at=now)
    return await post_staff(tx, first, pointer="/posting", by=by, scope=scope, now=now)
