"""Opening a client file (CR-38, CR-40, CR-45)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.clients import (
    Consent,
    NewClient,
    OutsideYourUnit,
    checked_birth,
    checked_identity,
    checked_sex,
)
from client_registry.domain.contact_ways import ContactWay, Way, normalize_phone, ordered
from client_registry.domain.identity_documents import IdentityType, normalize
from client_registry.domain.notices import statements
from client_registry.domain.organisation import MANAGER_ROLES, Unit
from client_registry.domain.registration_form import Source
from client_registry.store import clients as store
from client_registry.store import duplicates, information_policies, notices, organisation, registration_forms
from client_registry.store.registration_forms import Origin
from client_registry.use_cases.await_first_meeting import await_first_meeting
from client_registry.use_cases.change_consents import require_notice

_NO_UNIT = Text(en="There is no such unit.", zh="机构不存在。")
_NO_MANAGER = Text(en="This person holds no post as a client manager.", zh="该人员未担任客户经理岗位。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The registration form as it was filled in (CCB Annex 2)."""

    name: str
    identity_type: IdentityType
    identity_number: str
    sex: str | None
    birth_on: date | None
    contacts: tuple[tuple[Way, str], ...]
    marketing: bool
    events: bool
    wished_interval: str | None
    notice_version: str | None
    home_unit_id: UUID
    serving_unit_ids: tuple[UUID, ...]
    manager: str | None
    client_since_on: date | None
    # Second entries of the fields that are entered twice (XC-21).
    identity_number_again: str | None = None
    mobile_again: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The new file."""

    client_id: UUID
    client_no: str


async def register_client(
    tx: Tx, form: Registration, *, by: Principal, grants: list[Grant], now: datetime
) -> Registered:
    """A new file with its consents; says ClientRegistered, RelationshipManagerAssigned and ConsentChanged.

    Raises ClientKnown where the document is on file, OutsideYourUnit, and Invalid for what cannot be.
    """
    today = business_day(now)
    unit = await _home(tx, form, grants)
    manager = form.manager or _own_client_of(by, grants)
    await _check_manager(tx, manager, today)
    number = checked_identity(form.identity_type, form.identity_number)
    contacts = ordered(form.contacts)
    await _require_twice(tx, form, number, contacts)
    client = NewClient(
        id=new_id(),
        client_no=await store.next_client_no(tx),
        kind="corporate" if form.identity_type is IdentityType.UNIFIED_SOCIAL_CREDIT else "personal",
        name=form.name.strip(),
        identity_type=form.identity_type,
        identity_number=number,
        sex=checked_sex(form.identity_type, number, form.sex),
        birth_on=checked_birth(form.identity_type, number, form.birth_on, today=today),
        contacts=contacts,
        consent=_consent(form, by),
        home_unit_id=unit.id,
        serving_unit_ids=form.serving_unit_ids,
        manager=manager,
        registered_on=today,
        client_since_on=form.client_since_on,
    )
    await require_notice(tx, client.consent, pointer="/consents/notice_version", now=now)
    await store.add_client(tx, client)
    await store.add_consent(tx, client.id, client.consent, now=now)
    await notices.record(
        tx, client.id, statements(None, client.consent), notice_version=client.consent.notice_version, way="form",
        by=by.subject, now=now,
    )  # fmt: skip
    await _keep_sources(tx, client, by=by, now=now)
    await duplicates.find_duplicates(tx, [client.id], now=now)
    await outbox.add(tx, *client.said(now))
    if manager is not None:
        await await_first_meeting(tx, client.id, now=now)
    await audit.record(
        tx, act="client.registered", by=by, object_type="client", object_id=client.id, client_id=client.id, at=now
    )
    return Registered(client_id=client.id, client_no=client.client_no)


async def _require_twice(tx: Tx, form: Registration, number: str, contacts: tuple[ContactWay, ...]) -> None:
    """XC-21: what the policy names is entered twice; both entries are compared in their normalized form."""
    policy = await information_policies.current(tx)
    again = None if form.identity_number_again is None else normalize(form.identity_number_again)
    policy.require_twice("identity_number", "/confirm_identity_number", number, again)
    for contact in contacts:
        if contact.way is Way.MOBILE:
            second = None if form.mobile_again is None else normalize_phone(form.mobile_again) or form.mobile_again
            policy.require_twice("mobile", "/confirm_mobile", contact.value, second)


async def _keep_sources(tx: Tx, client: NewClient, *, by: Principal, now: datetime) -> None:
    """CR-75: what a file is opened with comes from handling business with the client."""
    given = ["name", "identity_number", *(contact.way.value for contact in client.contacts)]
    given += [name for name, value in (("sex", client.sex), ("birth_on", client.birth_on)) if value is not None]
    origin = Origin(source=Source.BUSINESS_HANDLING, collector=by.subject, collected_at=now)
    await registration_forms.save_fields(tx, client.id, dict.fromkeys(given), origin)


async def _home(tx: Tx, form: Registration, grants: list[Grant]) -> Unit:
    unit = await organisation.find_unit(tx, form.home_unit_id)
    if unit is None or not unit.active:
        raise Invalid([FieldError("/home_unit_id", "unit.unknown", _NO_UNIT)])
    # A manager's own reach counts here by its place: the file is kept where he works.
    if not any(unit.path.startswith(grant.unit_path) for grant in grants):
        raise OutsideYourUnit()
    for position, unit_id in enumerate(form.serving_unit_ids):
        if await organisation.find_unit(tx, unit_id) is None:
            raise Invalid([FieldError(f"/serving_unit_ids/{position}", "unit.unknown", _NO_UNIT)])
    return unit


def _own_client_of(by: Principal, grants: list[Grant]) -> str | None:
    """A manager who opens a file and names nobody keeps the client himself (CR-40, CR-43)."""
    return by.subject if any(grant.role in MANAGER_ROLES for grant in grants) else None


async def _check_manager(tx: Tx, manager: str | None, today: date) -> None:
    if manager is not None and not await organisation.is_posted(tx, manager, MANAGER_ROLES, day=today):
        raise Invalid([FieldError("/manager", "manager.not-posted", _NO_MANAGER)])


def _consent(form: Registration, by: Principal) -> Consent:
    return Consent(
        marketing=form.marketing,
        events=form.events,
        wished_interval=form.wished_interval,
        notice_version=form.notice_version,
        recorded_by=by.subject,
        version=1,
    )
