"""Giving a person a post, from a day on (XC-7, XC-8, XC-20, CR-43)."""

from dataclasses import replace
from datetime import date, datetime, time

from chassis import audit, due_work, outbox
from chassis.clock import SHANGHAI, business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.scope import Scope

from client_registry.domain.organisation import Posting, UnitKind
from client_registry.domain.postings import OwnRights, check_posting
from client_registry.domain.units import NO_UNIT, UnitClosed
from client_registry.store import organisation, staff

BEGINS = "posting.begins"


async def post_staff(
    tx: Tx, wanted: Posting, *, pointer: str = "", by: Principal, scope: Scope, now: datetime, taken_over: bool = False
) -> int:
    """The person's version after it. A posting of today says StaffPosted now, a later one when its day has come.

    A posting that is taken over from elsewhere may have begun long ago.

    Raises Invalid for a unit out of scope or a posting that does not fit, OwnRights for one's own.
    """
    person = await staff.lock_person(tx, wanted.staff_id)
    if person is None or not person.active:
        raise NotFound()
    if person.subject == by.subject:
        raise OwnRights()
    unit = await organisation.find_unit(tx, wanted.unit_id)
    if unit is None or not scope.covers(unit.path):
        raise Invalid([FieldError(f"{pointer}/unit_id", "unit.unknown", NO_UNIT)])
    if not unit.active:
        raise UnitClosed()
    today = business_day(now)
    held = await organisation.list_postings(tx, person.id)
    at_head_office = unit.kind is UnitKind.HEAD_OFFICE
    check_posting(wanted, held, today=today, from_head_office=at_head_office, pointer=pointer, taken_over=taken_over)
    await organisation.add_posting(tx, wanted)
    version = person.version + 1
    await staff.set_version(tx, person.id, version)
    if wanted.from_on <= today:
        await outbox.add(tx, replace(wanted, subject=person.subject).said(version=version, at=now))
    else:
        await due_work.schedule(tx, kind=BEGINS, subject_id=wanted.id, due_at=begin_of(wanted.from_on))
    await audit.record(
        tx, act="staff.posted", by=by, object_type="staff", object_id=person.id,
        detail={"unit_id": str(unit.id), "role": wanted.role, "reach": wanted.reach, "from_on": str(wanted.from_on),
                "until_on": str(wanted.until_on)},
        at=now,
    )  # fmt: skip
    return version


def begin_of(day: date) -> datetime:
    """The first instant of a business day."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI)
