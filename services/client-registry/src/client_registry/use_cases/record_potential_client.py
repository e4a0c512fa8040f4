"""A potential client is put on file: a person by referral, or a client to be developed (CR-24, CR-52)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import audit, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.clients import checked_identity
from client_registry.domain.contact_ways import normalize_phone
from client_registry.domain.identity_documents import IdentityType, normalize
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.domain.potential_clients import PotentialKnown, check_consent, check_next, no_phone
from client_registry.domain.registration_form import Source
from client_registry.store import information_policies, organisation, reference_data
from client_registry.store import potential_clients as store
from client_registry.store.potential_clients import NewPotential
from client_registry.use_cases.flag_potential_clients import flag_potential_clients

KIND = "potential.follow-up"
_LOOK_WITHIN = timedelta(days=14)
_NO_MANAGER = Text(en="This person holds no post as a client manager.", zh="该人员未担任客户经理岗位。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A record as it was entered; `client_id` for a client, a name and a consent for a person."""

    unit_id: UUID
    unit_path: str
    owner: str
    client_id: UUID | None
    name: str | None
    phone: str | None
    identity_type: IdentityType | None
    identity_number: str | None
    identity_number_again: str | None
    hobbies: tuple[str, ...]
    needs: str | None
    referral_source: str
    referred_by: str | None
    next_step: str | None
    next_on: date | None
    consented_on: date | None
    source: Source


async def record_potential_client(tx: Tx, given: Recording, *, by: Principal, now: datetime) -> UUID:
    """The record's id; its owner is asked to follow up. For a client says ClientProfileChanged.

    Whether the person is a client already is asked before. Raises PotentialKnown, Invalid.
    """
    today = business_day(now)
    phone, number = await _checked(tx, given, today)
    if phone is not None and await store.phone_known(tx, phone):
        raise PotentialKnown()
    policy = await store.policy(tx, today=today)
    new = NewPotential(
        id=new_id(), unit_id=given.unit_id, owner=given.owner, client_id=given.client_id, name=given.name, phone=phone,
        identity_type=given.identity_type, identity_number=number, hobbies=given.hobbies, needs=given.needs,
        referral_source=given.referral_source, referred_by=given.referred_by, next_step=given.next_step,
        next_on=given.next_on, consented_on=given.consented_on, source=given.source, collector=by.subject,
        collected_at=now, forget_on=policy.forget_on(today),
    )  # fmt: skip
    await store.add(tx, new)
    if given.client_id is not None:
        await flag_potential_clients(tx, [given.client_id], potential=True, now=now)
    await work_items.add(
        tx, kind=KIND, rule="CR-52", text=KIND, client_id=given.client_id, subject_id=new.id, owner=given.owner,
        owner_role=None, unit_id=given.unit_id, unit_path=given.unit_path, due_at=due_at(given.next_on, now), now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="potential-client.recorded", by=by, object_type="potential-client", object_id=new.id,
        client_id=given.client_id, at=now,
    )  # fmt: skip
    return new.id


def due_at(next_on: date | None, now: datetime) -> datetime:
    """When the owner is to have followed up: at the end of the named day, else within a fortnight."""
    if next_on is None:
        return now + _LOOK_WITHIN
    return now + timedelta(days=max(1, (next_on - business_day(now)).days + 1))


async def _checked(tx: Tx, given: Recording, today: date) -> tuple[str | None, str | None]:
    """Phone and document in comparable form. Raises Invalid."""
    sets = await reference_data.sets_by_code(tx)
    errors = sets["hobby"].refuse_many("/hobbies", given.hobbies)
    if error := sets["referral_source"].refuse("/referral_source", given.referral_source):
        errors.append(error)
    if errors:
        raise Invalid(errors)
    check_next(given.next_on, today=today)
    if not await organisation.is_posted(tx, given.owner, MANAGER_ROLES, day=today):
        raise Invalid([FieldError("/owner", "manager.not-posted", _NO_MANAGER)])
    if given.client_id is None:
        check_consent(given.consented_on, today=today)
    phone = None if given.phone is None else normalize_phone(given.phone)
    if given.phone is not None and phone is None:
        raise no_phone()
    if given.identity_type is None or given.identity_number is None:
        return phone, None
    number = checked_identity(given.identity_type, given.identity_number)
    again = None if given.identity_number_again is None else normalize(given.identity_number_again)
    policy = await information_policies.current(tx)
    policy.require_twice("identity_number", "/confirm_identity_number", number, again)
    return phone, number
