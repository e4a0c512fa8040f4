"""What the card service hears from the registry, and what it does with it."""

from datetime import date, datetime
from uuid import UUID

from chassis import stand_ins
from chassis.db import Tx
from chassis.hearing import Heard, Hears

from card_service.domain.levels import CardLevel
from card_service.domain.reservations import RENEWAL, Rise
from card_service.use_cases.assign_managers import assign_managers
from card_service.use_cases.copy_clients import copy_clients
from card_service.use_cases.copy_posting import copy_posting
from card_service.use_cases.copy_units import copy_units
from card_service.use_cases.erase_client import erase_client
from card_service.use_cases.lower_levels import lower_levels
from card_service.use_cases.merge_clients import merge_clients, separate_clients
from card_service.use_cases.move_client import move_client
from card_service.use_cases.reserve_cards import reserve_cards
from card_service.use_cases.stop_cards import stop_cards

hears = Hears("vip.clients.v1", "vip.organisation.v1")


class OrgUnitChanged(Heard):
    """A unit is new, was moved, renamed or closed."""

    unit_id: UUID
    kind: str
    code: str
    path: str
    name_zh: str
    name_en: str
    branch_code: str | None
    active: bool


class StaffPosted(Heard):
    """A posting began, or got its end; `until_on` is the last day that counts."""

    subject: str
    unit_id: UUID
    role: str
    reach: str
    from_on: date
    until_on: date | None


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
    """A client file exists."""

    client_id: UUID
    home_unit_id: UUID
    serving_unit_ids: list[UUID]
    manager: str | None
    card_level: CardLevel


class ClientMoved(Heard):
    """The client's home or serving units changed."""

    client_id: UUID
    home_unit_id: UUID
    serving_unit_ids: list[UUID]


class RelationshipManagerAssigned(Heard):
    """The client has this manager from now on."""

    client_id: UUID
    manager: str
    unit_id: UUID


class LevelMoved(Heard):
    """Card level or service tier moved; the tier alone is none of our business."""

    client_id: UUID
    card_level_from: CardLevel
    card_level_to: CardLevel
    home_unit_id: UUID
    decision_id: UUID
    cause: str

    def rise(self) -> Rise:
        """The same as the rules speak of it."""
        return Rise(
            client_id=self.client_id,
            level_from=self.card_level_from,
            level_to=self.card_level_to,
            home_unit_id=self.home_unit_id,
            decision_id=self.decision_id,
            cause=self.cause,
        )


class ClientReverified(Heard):
    """The client was verified again before his card's end."""

    client_id: UUID
    passed: bool
    level: CardLevel
    home_unit_id: UUID
    decision_id: UUID

    def renewal(self) -> Rise:
        """A card of the level that holds, though one is in the client's hands."""
        return Rise(
            client_id=self.client_id,
            level_from=CardLevel.NONE,
            level_to=self.level,
            home_unit_id=self.home_unit_id,
            decision_id=self.decision_id,
            cause=RENEWAL,
        )


class QualificationRevoked(Heard):
    """The qualification was cancelled for cause."""

    client_id: UUID
    decision_id: UUID
    cause: str


class MembershipEnded(Heard):
    """The client is no member any more: left, ended or dead."""

    client_id: UUID
    decision_id: UUID
    cause: str


@hears("OrgUnitChanged", state="unit", batch=True)
async def hear_units(tx: Tx, facts: list[OrgUnitChanged], *, now: datetime) -> None:
    """Our copy of the organisation."""
    units = [fact.model_dump(exclude={"event_id", "occurred_at", "aggregate_version"}) for fact in facts]
    await copy_units(tx, units, now=now)


@hears("StaffPosted")
async def hear_posting(tx: Tx, fact: StaffPosted, *, now: datetime) -> None:
    """Our copy of who holds which role where (CS-13)."""
    await copy_posting(
        tx,
        subject=fact.subject,
        unit_id=fact.unit_id,
        role=fact.role,
        reach=fact.reach,
        from_on=fact.from_on,
        until_on=fact.until_on,
    )


@hears("ClientRegistered", state="home", batch=True)
async def hear_registered(tx: Tx, facts: list[ClientRegistered], *, now: datetime) -> None:
    """Our copy of each client's place and manager."""
    await copy_clients(
        tx, [fact.model_dump(exclude={"event_id", "occurred_at", "aggregate_version"}) for fact in facts]
    )


@hears("ClientMoved", state="home")
async def hear_moved(tx: Tx, fact: ClientMoved, *, now: datetime) -> None:
    """His reservation moves with him."""
    await move_client(
        tx, fact.client_id, home_unit_id=fact.home_unit_id, serving_unit_ids=fact.serving_unit_ids, now=now
    )


@hears("RelationshipManagerAssigned", state="manager", batch=True)
async def hear_managers(tx: Tx, facts: list[RelationshipManagerAssigned], *, now: datetime) -> None:
    """His manager sees his cards, and has what there is to do about them."""
    await assign_managers(tx, {fact.client_id: (fact.unit_id, fact.manager) for fact in facts}, now=now)


@hears("ClientUpgraded", state="level", batch=True)
async def hear_upgraded(tx: Tx, facts: list[LevelMoved], *, now: datetime) -> None:
    """A rise of card level reserves a card; a service tier that moved alone never does."""
    await reserve_cards(tx, [fact.rise() for fact in facts], now=now)


@hears("ClientDowngraded", state="level", batch=True)
async def hear_downgraded(tx: Tx, facts: list[LevelMoved], *, now: datetime) -> None:
    """Changes no card (domain decisions, section 1)."""
    await lower_levels(tx, [fact.rise() for fact in facts])


@hears("ClientReverified")
async def hear_reverified(tx: Tx, fact: ClientReverified, *, now: datetime) -> None:
    """Renewal or not (CS-26; CCB Art. 16): who passed gets a new card, who did not keeps his until its end."""
    if fact.passed:
        await reserve_cards(tx, [fact.renewal()], now=now)


@hears("QualificationRevoked")
async def hear_revoked(tx: Tx, fact: QualificationRevoked, *, now: datetime) -> None:
    """The card's services stop at once (CS-29)."""
    await stop_cards(tx, fact.client_id, cause=fact.cause, decision_id=fact.decision_id, now=now)


@hears("MembershipEnded")
async def hear_ended(tx: Tx, fact: MembershipEnded, *, now: datetime) -> None:
    """The one event that stops the card of a client who left (CS-29; domain decisions, section 1)."""
    await stop_cards(tx, fact.client_id, cause=fact.cause, decision_id=fact.decision_id, now=now)


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


class ClientDied(Heard):
    """The client is dead."""

    client_id: UUID


@hears("ClientsMerged")
async def hear_merged(tx: Tx, fact: ClientsMerged, *, now: datetime) -> None:
    """Cards follow the person (domain decisions, section 4)."""
    surviving, merged = fact.surviving_client_id, fact.merged_client_id
    if fact.reversed:
        await separate_clients(tx, fact.merger_id, surviving=surviving, merged=merged, now=now)
    else:
        await merge_clients(tx, fact.merger_id, surviving=surviving, merged=merged, now=now)


@hears("ClientDied")
async def hear_died(tx: Tx, fact: ClientDied, *, now: datetime) -> None:
    """Nobody uses a dead client's card (CS-29)."""
    await stop_cards(tx, fact.client_id, cause="died", decision_id=None, now=now)


class ClientErased(Heard):
    """What is kept of a person goes, by kind of record."""

    client_id: UUID
    kinds: list[str]
    erased_on: date


@hears("ClientErased")
async def hear_erased(tx: Tx, fact: ClientErased, *, now: datetime) -> None:
    """Only where the whole person goes: a card holds ids and numbers, no words."""
    if "file" in fact.kinds:
        await erase_client(tx, fact.client_id, erased_on=fact.erased_on, now=now)
