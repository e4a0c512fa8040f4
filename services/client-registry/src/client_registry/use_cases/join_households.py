"""Two files became one: what happens to the households of both (CR-38, CR-48)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.households import Household, Leaving, Member, merged_spouses
from client_registry.store import clients
from client_registry.store import households as store
from client_registry.use_cases.tell_family import tell_family

CHECK = "household.check"


async def join_households(tx: Tx, *, surviving: UUID, merged: UUID, by: Principal, now: datetime) -> None:
    """Before the rows move to the survivor's file: he stays in one household.

    Where both files head a household, it is the same family recorded twice and the two become one. Otherwise the merged
    file's membership ends and the survivor's manager is asked to look.
    """
    kept = await store.lock_of_client(tx, surviving)
    other = await store.lock_of_client(tx, merged)
    if kept is None or other is None:
        return
    today = business_day(now)
    own = next(each for each in other.present() if each.is_client and each.client_id == merged)
    if kept.id == other.id:
        await _leave_twin(tx, kept, own, surviving=surviving, now=now)
    elif own.id == other.head_id and _heads(kept, surviving):
        rest = [each for each in other.present() if each.id != own.id]
        twice = merged_spouses(kept, rest)
        await store.leave(tx, [own.id, *(each.id for each in twice)], until_on=today, because=Leaving.MERGED)
        await store.join(tx, other.id, into=kept.id)
        await store.save(tx, other, contact_id=None, closed_on=today)
        await store.save(tx, kept, contact_id=kept.contact_id)
    else:
        await store.leave(tx, [own.id], until_on=today, because=Leaving.MERGED)
        closes = not other.has_client_without(own.id)
        if closes:
            # Their relation to the survivor's head is not known; the manager states it.
            await store.join(tx, other.id, into=kept.id, relation="other")
        await store.save(
            tx, other, contact_id=None if closes else other.contact_after(own.id), closed_on=today if closes else None
        )
    await _ask_to_look(tx, kept.id, surviving, now=now)
    await audit.record(
        tx, act="household.joined", by=by, object_type="household", object_id=kept.id, client_id=surviving,
        detail={"other_household_id": str(other.id)}, at=now,
    )  # fmt: skip


async def tell_both(tx: Tx, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """After the rows moved, there or back: the family dates of both files as they now stand, where any were told."""
    for client_id in (surviving, merged):
        if await store.has_family(tx, client_id):
            await tell_family(tx, client_id, now=now)


async def _leave_twin(tx: Tx, kept: Household, own: Member, *, surviving: UUID, now: datetime) -> None:
    """One person stood twice in one household; where the twin was the head, the survivor is."""
    await store.leave(tx, [own.id], until_on=business_day(now), because=Leaving.MERGED)
    stays = next(each for each in kept.present() if each.is_client and each.client_id == surviving)
    head_id = stays.id if kept.head_id == own.id else kept.head_id
    contact_id = stays.id if kept.contact_id == own.id else kept.contact_id
    if head_id == stays.id:
        await store.forget_relation(tx, stays.id)
    await store.save(tx, replace(kept, head_id=head_id), contact_id=contact_id)


def _heads(household: Household, client_id: UUID) -> bool:
    return any(each.id == household.head_id and each.client_id == client_id for each in household.present())


async def _ask_to_look(tx: Tx, household_id: UUID, client_id: UUID, *, now: datetime) -> None:
    keeper = (await clients.managers_of(tx, [client_id]))[client_id]
    await work_items.add(
        tx, kind=CHECK, rule="CR-48", text=CHECK, client_id=client_id, subject_id=household_id, owner=keeper["manager"],
        owner_role=None if keeper["manager"] else "wealth_centre_head", unit_id=keeper["home_unit_id"],
        unit_path=keeper["path"], due_at=None, now=now,
    )  # fmt: skip
