"""Letting somebody stand in for an absent person at one post (XC-15, XC-20; domain decisions, section 6)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.delegations import (
    DEPUTISERS,
    Delegation,
    NotYours,
    branch_of,
    check_free,
    check_span,
    check_stand_in,
)
from client_registry.domain.organisation import Posting, Unit
from client_registry.store import delegations as store
from client_registry.store import organisation, staff

_NO_POSTING = Text(en="There is no such posting in your scope.", zh="权限范围内没有该任职。")


async def delegate_posting(
    tx: Tx, *, posting_id: UUID, to_staff_id: UUID, from_at: datetime | None, until_at: datetime, reason: str,
    by: Principal, now: datetime,
) -> Delegation:  # fmt: skip
    """The delegation; says DelegationChanged. Only what the absent person holds, only to somebody of an allowed kind,
    never chained; raises Invalid, NotYours or ThirdPartyStaff."""
    posting, unit = await _posting_of(tx, posting_id, by)
    begins = now if from_at is None else from_at
    holds = posting.is_valid(business_day(begins)) and (
        posting.until_on is None or business_day(until_at) <= posting.until_on
    )
    check_span(posting, from_at=begins, until_at=until_at, now=now, last_day_holds=holds)
    # Locked in the order of their ids: who lets two people stand in for each other at once waits.
    people = {each: await staff.lock_person(tx, each) for each in sorted({posting.staff_id, to_staff_id})}
    stand_in = people[to_staff_id]
    roles = await store.roles_of(tx, to_staff_id, branch_path=branch_of(unit.path), day=business_day(begins))
    found = stand_in is not None and stand_in.active and bool(roles)
    check_stand_in(posting, roles, found=found, itself=to_staff_id == posting.staff_id)
    check_free(
        post_taken=await store.is_taken(tx, posting, from_at=begins, until_at=until_at),
        stand_in_absent=await store.is_absent(tx, to_staff_id, from_at=begins, until_at=until_at),
    )
    delegation = Delegation(
        id=new_id(), from_staff_id=posting.staff_id, from_subject=posting.subject, to_staff_id=to_staff_id,
        to_subject="" if stand_in is None else stand_in.subject, unit_id=posting.unit_id, role=posting.role,
        reach=posting.reach, from_at=begins, until_at=until_at, reason=reason,
    )  # fmt: skip
    await store.add_delegation(tx, delegation, given_by=by.subject, now=now)
    await outbox.add(tx, delegation.said(now))
    await audit.record(
        tx, act="delegation.given", by=by, object_type="delegation", object_id=delegation.id,
        detail={"from": posting.subject, "to": delegation.to_subject, "role": posting.role,
                "unit_id": str(posting.unit_id), "until_at": until_at.isoformat(), "reason": reason},
        at=now,
    )  # fmt: skip
    return delegation


async def _posting_of(tx: Tx, posting_id: UUID, by: Principal) -> tuple[Posting, Unit]:
    posting = await staff.find_posting(tx, posting_id)
    unit = None if posting is None else await organisation.find_unit(tx, posting.unit_id)
    if posting is None or unit is None:
        raise Invalid([FieldError("/posting_id", "posting.unknown", _NO_POSTING)])
    if posting.subject == by.subject:
        return posting, unit
    # A right that somebody holds for another (it has an end) gives none to hand on: never chained.
    near = [grant for grant in by.grants if grant.reach == "unit" and unit.path.startswith(grant.unit_path)]
    if not near:
        raise Invalid([FieldError("/posting_id", "posting.unknown", _NO_POSTING)])
    if not any(grant.role in DEPUTISERS and grant.until is None for grant in near):
        raise NotYours()
    return posting, unit
