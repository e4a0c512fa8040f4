"""Somebody leaves a household: moved out, divorced, died, or recorded by mistake (CR-48)."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.households import Household, Leaving, Member
from client_registry.store import households as store
from client_registry.use_cases.tell_family import tell_family


async def end_household_member(
    tx: Tx, household_id: UUID, member_id: UUID, *, until_on: date, because: Leaving, by: Principal, now: datetime
) -> None:
    """A household without a client is closed, and nobody is in it any more. Says ClientProfileChanged.

    Raises NotFound, MemberGone, HeadNeeded, Invalid.
    """
    household = await store.lock(tx, household_id)
    if household is None:
        raise NotFound()
    member = household.check_leaving(member_id, until_on, today=business_day(now))
    await take_out(tx, household, member, until_on=until_on, because=because, by=by, now=now)


async def end_dead_member(tx: Tx, client_id: UUID, *, died_on: date, by: Principal, now: datetime) -> None:
    """A client's death ends his membership; others stay, with another contact person (domain decisions, section 1)."""
    household = await store.lock_of_client(tx, client_id)
    if household is None:
        return
    member = next(each for each in household.present() if each.is_client and each.client_id == client_id)
    await take_out(tx, household, member, until_on=max(died_on, member.from_on), because=Leaving.DIED, by=by, now=now)


async def take_out(
    tx: Tx, household: Household, member: Member, *, until_on: date, because: Leaving, by: Principal, now: datetime
) -> None:
    """Ends a membership and whatever cannot stand without it; the household is locked."""
    gone = [member]
    await store.leave(tx, [member.id], until_on=until_on, because=because)
    closes = not household.has_client_without(member.id)
    if closes:
        rest = [each for each in household.present() if each.id != member.id]
        today = business_day(now)
        await store.leave(tx, [each.id for each in rest], until_on=today, because=Leaving.CLOSED)
        gone += rest
    await store.save(
        tx, household, contact_id=None if closes else household.contact_after(member.id),
        closed_on=business_day(now) if closes else None,
    )  # fmt: skip
    for client_id in sorted({each.client_id for each in gone if not each.is_client}):
        await tell_family(tx, client_id, now=now)
    await audit.record(
        tx, act="household.member-ended", by=by, object_type="household", object_id=household.id,
        client_id=member.client_id, detail={"member_id": str(member.id), "because": because.value}, at=now,
    )  # fmt: skip
