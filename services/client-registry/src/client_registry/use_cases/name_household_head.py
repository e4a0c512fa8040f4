"""Another member becomes the head of a household: every relation is stated anew (CR-48)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.households import checked_relations
from client_registry.store import households as store
from client_registry.store import reference_data


async def name_household_head(
    tx: Tx, household_id: UUID, head_id: UUID, relations: Mapping[UUID, str], *, by: Principal, now: datetime
) -> None:
    """Raises NotFound, MemberGone, HouseholdClosed, SecondSpouse, Invalid."""
    household = await store.lock(tx, household_id)
    if household is None:
        raise NotFound()
    offered = (await reference_data.sets_by_code(tx))["household_relation"]
    wanted = checked_relations(household, head_id, relations, offered)
    await store.relate(tx, household_id, wanted)
    await store.save(tx, replace(household, head_id=head_id), contact_id=household.contact_id)
    await audit.record(
        tx, act="household.head-named", by=by, object_type="household", object_id=household_id,
        detail={"member_id": str(head_id)}, at=now,
    )  # fmt: skip


async def name_household_contact(tx: Tx, household_id: UUID, member_id: UUID, *, by: Principal, now: datetime) -> None:
    """Whom one turns to. Raises NotFound, MemberGone, HouseholdClosed."""
    household = await store.lock(tx, household_id)
    if household is None:
        raise NotFound()
    household.require_open()
    household.member(member_id)
    await store.save(tx, household, contact_id=member_id)
    await audit.record(
        tx, act="household.contact-named", by=by, object_type="household", object_id=household_id,
        detail={"member_id": str(member_id)}, at=now,
    )  # fmt: skip
