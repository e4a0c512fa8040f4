"""What the complaint service hears from the registry, and what it does with it."""

from datetime import date, datetime
from uuid import UUID

from chassis import stand_ins
from chassis.calendar import WorkingCalendar
from chassis.db import Tx
from chassis.hearing import Heard, Hears

from complaint_service import use_cases

hears = Hears("vip.clients.v1", "vip.organisation.v1")


class OrgUnitChanged(Heard):
    """A unit is new, was moved, renamed or closed."""

    unit_id: UUID
    parent_id: UUID | None
    kind: str
    path: str
    name_zh: str
    name_en: str
    active: bool


class StaffPosted(Heard):
    """A posting began, or got its end; `until_on` is the last day that counts."""

    subject: str
    unit_id: UUID
    role: str
    from_on: date
    until_on: date | None


class WorkingCalendarPublished(Heard):
    """A version of the working calendar, whole."""

    calendar_version: int
    off_days: list[date]
    work_days: list[date]
    noticed_years: list[int]


class DelegationChanged(Heard):
    """Somebody stands in for an absent person, or does so no longer (`until_at`)."""

    delegation_id: UUID
    subject: str
    stand_in: str
    role: str
    reach: str
    from_at: datetime
    until_at: datetime


class ClientRegistered(Heard):
    """A client and his first tier."""

    client_id: UUID
    kind: str
    home_unit_id: UUID
    serving_unit_ids: list[UUID]
    manager: str | None
    service_tier: str
    card_level: str


class LevelMoved(Heard):
    """Service tier or card level moved."""

    client_id: UUID
    service_tier_from: str
    service_tier_to: str
    card_level_to: str
    decision_id: UUID


class ClientMoved(Heard):
    """The client's home or serving units changed."""

    client_id: UUID
    home_unit_id: UUID
    serving_unit_ids: list[UUID]


class RelationshipManagerAssigned(Heard):
    """The client has this manager from now on."""

    client_id: UUID
    manager: str


class QualificationRevoked(Heard):
    """The client's qualification was cancelled for cause."""

    client_id: UUID
    effective_on: date


@hears("OrgUnitChanged", state="unit")
async def copy_unit(tx: Tx, fact: OrgUnitChanged, *, now: datetime) -> None:
    """Routing climbs this tree."""
    await use_cases.copy_unit(
        tx,
        unit_id=fact.unit_id,
        parent_id=fact.parent_id,
        kind=fact.kind,
        path=fact.path,
        name_zh=fact.name_zh,
        name_en=fact.name_en,
        active=fact.active,
    )


@hears("StaffPosted")
async def copy_posting(tx: Tx, fact: StaffPosted, *, now: datetime) -> None:
    """Routing finds these people."""
    await use_cases.copy_posting(
        tx,
        subject=fact.subject,
        unit_id=fact.unit_id,
        role=fact.role,
        from_on=fact.from_on,
        until_on=fact.until_on,
    )


@hears("WorkingCalendarPublished")
async def recount_clocks(tx: Tx, fact: WorkingCalendarPublished, *, now: datetime) -> None:
    """Working-day clocks that run are counted by it."""
    calendar = WorkingCalendar(
        version=fact.calendar_version,
        off_days=frozenset(fact.off_days),
        work_days=frozenset(fact.work_days),
        noticed_years=frozenset(fact.noticed_years),
    )
    await use_cases.recount_clocks(tx, calendar, now=now)


@hears("ClientRegistered", batch=True)
async def copy_clients(tx: Tx, facts: list[ClientRegistered], *, now: datetime) -> None:
    """The tier at intake and the home unit come from here."""
    await use_cases.copy_clients(
        tx,
        [
            (
                fact.client_id,
                fact.kind,
                fact.service_tier,
                fact.card_level,
                fact.home_unit_id,
                fact.serving_unit_ids,
                fact.manager,
            )
            for fact in facts
        ],
    )


@hears("ClientUpgraded", state="levels")
async def follow_rise(tx: Tx, fact: LevelMoved, *, now: datetime) -> None:
    """A rise of the service tier moves unanswered cases; a rise of the card level alone does not."""
    await use_cases.change_tier(
        tx,
        fact.client_id,
        service_tier=fact.service_tier_to,
        card_level=fact.card_level_to,
        service_tier_rose=fact.service_tier_from != fact.service_tier_to,
        decision_id=fact.decision_id,
        now=now,
    )


@hears("ClientDowngraded", state="levels")
async def follow_fall(tx: Tx, fact: LevelMoved, *, now: datetime) -> None:
    """The next case is routed by the lower tier; open ones stay where they are."""
    await use_cases.change_tier(
        tx,
        fact.client_id,
        service_tier=fact.service_tier_to,
        card_level=fact.card_level_to,
        service_tier_rose=False,
        decision_id=fact.decision_id,
        now=now,
    )


@hears("ClientMoved", state="home")
async def move_client(tx: Tx, fact: ClientMoved, *, now: datetime) -> None:
    """The client's file is kept elsewhere."""
    await use_cases.move_client(
        tx, fact.client_id, home_unit_id=fact.home_unit_id, serving_unit_ids=fact.serving_unit_ids
    )


@hears("RelationshipManagerAssigned", state="manager", batch=True)
async def assign_managers(tx: Tx, facts: list[RelationshipManagerAssigned], *, now: datetime) -> None:
    """Who may see the client's cases as his manager, and handles those that the earlier one handled as such."""
    await use_cases.assign_managers(tx, {fact.client_id: fact.manager for fact in facts}, now=now)


@hears("QualificationRevoked", state="revocation")
async def revoke_qualification(tx: Tx, fact: QualificationRevoked, *, now: datetime) -> None:
    """Kept beside the client; his cases go on."""
    await use_cases.revoke_qualification(tx, fact.client_id, fact.effective_on)


@hears("DelegationChanged", state="delegation")
async def hear_delegation(tx: Tx, fact: DelegationChanged, *, now: datetime) -> None:
    """What an absent colleague keeps, and his work items, are his stand-in's for that time."""
    await stand_ins.keep(
        tx,
        delegation_id=fact.delegation_id,
        absent=fact.subject,
        stand_in=fact.stand_in,
        role=fact.role,
        reach=fact.reach,
        from_at=fact.from_at,
        until_at=fact.until_at,
    )


class ClientsMerged(Heard):
    """One file went into another, or came out of it again."""

    surviving_client_id: UUID
    merged_client_id: UUID
    merger_id: UUID
    reversed: bool


@hears("ClientsMerged")
async def merge_clients(tx: Tx, fact: ClientsMerged, *, now: datetime) -> None:
    """Cases follow the person (domain decisions, section 4)."""
    follow = use_cases.separate_clients if fact.reversed else use_cases.merge_clients
    await follow(tx, fact.merger_id, surviving=fact.surviving_client_id, merged=fact.merged_client_id)


class MembershipEnded(Heard):
    """The client is no member any more: left, ended or dead."""

    client_id: UUID


class ClientErased(Heard):
    """What is kept of a person goes, by kind of record."""

    client_id: UUID
    kinds: list[str]


@hears("MembershipEnded")
async def end_membership(tx: Tx, fact: MembershipEnded, *, now: datetime) -> None:
    """CR-3: priority ends with the membership, heard of it directly (domain decisions, 4)."""
    await use_cases.end_membership(tx, fact.client_id)


@hears("ClientErased")
async def erase_client(tx: Tx, fact: ClientErased, *, now: datetime) -> None:
    """The words go, the proof stays (domain decisions, 8)."""
    await use_cases.erase_client(tx, fact.client_id, kinds=fact.kinds, now=now)
