"""A client, or a person who is none, joins a household (CR-48)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.households import Consent, HouseholdPurpose, check_from, check_relation
from client_registry.domain.registration_form import Source
from client_registry.store import households as store
from client_registry.store import reference_data
from client_registry.store.households import NewMember
from client_registry.use_cases.open_household import require_personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who is no client: on whose file he stands, and why that is allowed."""

    file_of: UUID
    name: str
    phone: str | None
    consent: Consent
    purpose: HouseholdPurpose


async def add_household_member(
    tx: Tx, household_id: UUID, *, who: UUID | Person, relation: str, from_on: date, source: Source, by: Principal,
    now: datetime,
) -> UUID:  # fmt: skip
    """The new member's id. Raises NotFound, ClientMerged, NotPersonal, Invalid, and what `Household.check_new` raises."""
    person = who if isinstance(who, Person) else None
    client_id = who.file_of if isinstance(who, Person) else who
    # The file first, then the household: all who change both take them in this order.
    await require_personal(tx, client_id)
    household = await store.lock(tx, household_id)
    if household is None:
        raise NotFound()
    check_from(from_on, today=business_day(now))
    check_relation(relation, (await reference_data.sets_by_code(tx))["household_relation"])
    household.check_new(relation, None if person else client_id)
    member = NewMember(
        id=new_id(), client_id=client_id, is_client=person is None, relation=relation,
        name=None if person is None else person.name, phone=None if person is None else person.phone,
        consent=None if person is None else person.consent, purpose=None if person is None else person.purpose,
        source=source, collector=by.subject, collected_at=now, from_on=from_on,
    )  # fmt: skip
    await store.add_member(tx, household_id, member)
    await store.save(tx, household, contact_id=household.contact_id)
    await audit.record(
        tx, act="household.member-added", by=by, object_type="household", object_id=household_id, client_id=client_id,
        detail={"member_id": str(member.id), "relation": relation}, at=now,
    )  # fmt: skip
    return member.id
