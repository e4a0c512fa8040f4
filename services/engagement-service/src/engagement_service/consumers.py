"""What the engagement service hears, and what each fact means for contact. Whole batches where an import sends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import stand_ins
from chassis.clock import business_day
from chassis.db import Tx
from chassis.hearing import Heard, Hears
from chassis.json_values import json_ready

from engagement_service import use_cases
from engagement_service.domain.events import CLIENTS, COMPLAINTS, ORGANISATION

hears = Hears(CLIENTS, COMPLAINTS, ORGANISATION)


class OrgUnitChanged(Heard):
    """A unit of the bank's tree, as far as scope needs it."""

    unit_id: UUID
    path: str
    kind: str
    code: str
    active: bool


class WorkingCalendarPublished(Heard):
    """A version of the working calendar."""

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
    """A new client file."""

    client_id: UUID
    home_unit_id: UUID
    serving_unit_ids: list[UUID]
    manager: str | None
    service_tier: str
    card_level: str
    asset_band: str | None
    registered_on: date


class ConsentChanged(Heard):
    """What the client allows and wishes (CR-58, CR-66…CR-68)."""

    client_id: UUID
    marketing: bool
    events: bool
    channels: list[str]
    wished_interval: str | None


class HoldingsChanged(Heard):
    """The band the client's assets lie in (CR-25)."""

    client_id: UUID
    asset_band: str


class RelationshipManagerAssigned(Heard):
    """Who keeps the relationship."""

    client_id: UUID
    manager: str


class RiskEventRecorded(Heard):
    """Something went wrong with what the client owes."""

    client_id: UUID
    risk_event_id: UUID
    kind: str


class LevelMoved(Heard):
    """ClientUpgraded and ClientDowngraded, as far as we keep them."""

    client_id: UUID
    service_tier_to: str
    card_level_to: str


class ClientClassified(Heard):
    """The value class sets a contact floor (EN-4…EN-6)."""

    client_id: UUID
    value_class: str


class DowngradeForeseen(Heard):
    """A level will come down on a day unless something is done."""

    client_id: UUID
    days_left: int
    falls_on: date


class ClientReverified(Heard):
    """The client was verified again; who passed has nothing to fear."""

    client_id: UUID
    passed: bool


class AwayServiceRecorded(Heard):
    """Another unit served the client; None in `follow_up_due_at` where no feedback is asked."""

    client_id: UUID
    manager: str | None
    follow_up_due_at: datetime | None


class ComplaintOpened(Heard):
    """A case was opened; an enquiry or suggestion silences nothing."""

    case_id: UUID
    client_id: UUID | None
    kind: str
    answer_due_at: datetime
    opened_at: datetime


class ComplaintAnswered(Heard):
    """The handling opinion was delivered."""

    case_id: UUID
    client_id: UUID | None


class ComplaintClosed(Heard):
    """A case is closed."""

    case_id: UUID


def _rows(facts: Sequence[Heard], *names: str) -> list[dict[str, Any]]:
    """The newest row a client, in the order heard, as plain JSON values with the day of the fact."""
    newest: dict[str, dict[str, Any]] = {}
    for fact in facts:
        row = fact.model_dump(mode="json", include={"client_id", *names})
        newest[row["client_id"]] = row | {"seen_on": business_day(fact.occurred_at).isoformat()}
    return list(newest.values())


@hears("OrgUnitChanged", state="unit")
async def copy_unit(tx: Tx, fact: OrgUnitChanged, *, now: datetime) -> None:
    await use_cases.copy_unit(tx, id=fact.unit_id, path=fact.path, kind=fact.kind, code=fact.code, active=fact.active)


@hears("WorkingCalendarPublished")
async def adopt_calendar(tx: Tx, fact: WorkingCalendarPublished, *, now: datetime) -> None:
    await use_cases.adopt_calendar(
        tx,
        version=fact.calendar_version,
        off_days=fact.off_days,
        work_days=fact.work_days,
        noticed_years=fact.noticed_years,
        now=now,
    )


@hears("ClientRegistered", batch=True)
async def begin_relationships(tx: Tx, facts: list[ClientRegistered], *, now: datetime) -> None:
    rows = _rows(
        facts,
        "home_unit_id",
        "serving_unit_ids",
        "manager",
        "service_tier",
        "card_level",
        "asset_band",
        "registered_on",
    )
    await use_cases.copy_registered(tx, rows, now=now)


@hears("ConsentChanged", batch=True)
async def copy_consents(tx: Tx, facts: list[ConsentChanged], *, now: datetime) -> None:
    rows = _rows(facts, "marketing", "events", "channels", "wished_interval")
    await use_cases.copy_consents(tx, rows, now=now)


@hears("HoldingsChanged", batch=True)
async def copy_holdings(tx: Tx, facts: list[HoldingsChanged], *, now: datetime) -> None:
    await use_cases.copy_holdings(tx, _rows(facts, "asset_band"), now=now)


@hears("RelationshipManagerAssigned", batch=True)
async def copy_managers(tx: Tx, facts: list[RelationshipManagerAssigned], *, now: datetime) -> None:
    await use_cases.copy_managers(tx, _rows(facts, "manager"), now=now)


def _level_rows(facts: Sequence[LevelMoved]) -> list[dict[str, Any]]:
    return [
        {
            "client_id": row["client_id"],
            "service_tier": row["service_tier_to"],
            "card_level": row["card_level_to"],
            "seen_on": row["seen_on"],
        }
        for row in _rows(facts, "service_tier_to", "card_level_to")
    ]


@hears("ClientUpgraded", batch=True)
async def copy_rises(tx: Tx, facts: list[LevelMoved], *, now: datetime) -> None:
    await use_cases.copy_levels(tx, _level_rows(facts))


@hears("ClientDowngraded", batch=True)
async def copy_falls(tx: Tx, facts: list[LevelMoved], *, now: datetime) -> None:
    await use_cases.copy_levels(tx, _level_rows(facts))


@hears("ClientClassified", batch=True)
async def copy_classes(tx: Tx, facts: list[ClientClassified], *, now: datetime) -> None:
    await use_cases.copy_classes(tx, _rows(facts, "value_class"), now=now)


@hears("DowngradeForeseen")
async def plan_shortfall_talk(tx: Tx, fact: DowngradeForeseen, *, now: datetime) -> None:
    await use_cases.ask_to_talk(tx, fact.client_id, falls_on=fact.falls_on, now=now)


@hears("ClientReverified")
async def settle_shortfall(tx: Tx, fact: ClientReverified, *, now: datetime) -> None:
    if fact.passed:
        await use_cases.drop_shortfall_talk(tx, fact.client_id, now=now)


@hears("ComplaintOpened")
async def fall_silent(tx: Tx, fact: ComplaintOpened, *, now: datetime) -> None:
    if fact.client_id is None or fact.kind != "complaint":
        return
    await use_cases.mute_marketing(tx, fact.client_id, fact.case_id, muted_at=fact.opened_at)
    await use_cases.plan_visit(
        tx,
        fact.client_id,
        fact.case_id,
        counted_on=business_day(fact.answer_due_at),
        counted_from="answer_limit",
        now=now,
    )


@hears("ComplaintAnswered")
async def move_visit(tx: Tx, fact: ComplaintAnswered, *, now: datetime) -> None:
    if fact.client_id is None:
        return
    await use_cases.plan_visit(
        tx,
        fact.client_id,
        fact.case_id,
        counted_on=business_day(fact.occurred_at),
        counted_from="answer",
        now=now,
    )


@hears("ComplaintClosed")
async def speak_again(tx: Tx, fact: ComplaintClosed, *, now: datetime) -> None:
    await use_cases.unmute_marketing(tx, fact.case_id, at=fact.occurred_at)


@hears("RiskEventRecorded")
async def warn_of_risk(tx: Tx, fact: RiskEventRecorded, *, now: datetime) -> None:
    await use_cases.warn_of_risk(tx, fact.client_id, fact.risk_event_id, fact.kind, now=now)


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


class QualificationRevoked(Heard):
    """The qualification was cancelled for cause."""

    client_id: UUID


class ClientsMerged(Heard):
    """One file went into another, or came out of it again."""

    surviving_client_id: UUID
    merged_client_id: UUID
    merger_id: UUID
    reversed: bool


class ClientDied(Heard):
    """The client is dead."""

    client_id: UUID


@hears("QualificationRevoked")
async def note_revocation(tx: Tx, fact: QualificationRevoked, *, now: datetime) -> None:
    """CR-18: nobody treats him as a member from now on; the cadence comes from his assets and goes on."""
    await use_cases.lower_card_level(tx, fact.client_id, now=now)


@hears("ClientsMerged")
async def merge_clients(tx: Tx, fact: ClientsMerged, *, now: datetime) -> None:
    follow = use_cases.separate_clients if fact.reversed else use_cases.merge_clients
    await follow(tx, fact.merger_id, surviving=fact.surviving_client_id, merged=fact.merged_client_id, now=now)


@hears("ClientDied")
async def stop_contacting(tx: Tx, fact: ClientDied, *, now: datetime) -> None:
    await use_cases.close_relationship(tx, fact.client_id, now=now)


@hears("AwayServiceRecorded")
async def ask_manager(tx: Tx, fact: AwayServiceRecorded, *, now: datetime) -> None:
    """CR-99: what another unit did is followed up by who keeps the client."""
    await use_cases.ask_after_away_service(
        tx, fact.client_id, manager=fact.manager, due_at=fact.follow_up_due_at, now=now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyOccasion:
    """A day of the client's family: month and day, never the year."""

    occasion_id: UUID
    kind: str
    relation: str
    month_day: str
    lunar: bool
    leap_month: bool


class ClientProfileChanged(Heard):
    """What care and follow-up need of a profile; None where that did not change."""

    client_id: UUID
    family_occasions: list[FamilyOccasion] | None = None
    family_version: int | None = None
    potential: bool | None = None


@hears("ClientProfileChanged")
async def copy_profile(tx: Tx, fact: ClientProfileChanged, *, now: datetime) -> None:
    """CR-48, CR-52: the family's days as a whole list, guarded by its own number."""
    occasions = fact.family_occasions
    await use_cases.copy_profile(
        tx,
        fact.client_id,
        occasions=None if occasions is None else json_ready(occasions),
        family_version=fact.family_version,
        potential=fact.potential,
        seen_on=business_day(fact.occurred_at),
    )


class MembershipEnded(Heard):
    """The client is no member any more: left, ended or dead."""

    client_id: UUID


class RelationshipEnded(Heard):
    """The client has left the bank."""

    client_id: UUID


class RelationshipReopened(Heard):
    """A former client has come back."""

    client_id: UUID


class ClientErased(Heard):
    """What is kept of a person goes, by kind of record."""

    client_id: UUID
    kinds: list[str]


@hears("MembershipEnded")
async def note_ended_membership(tx: Tx, fact: MembershipEnded, *, now: datetime) -> None:
    """CR-3: nobody speaks to him as a member from now on, heard of it directly (domain decisions, 4)."""
    await use_cases.lower_card_level(tx, fact.client_id, now=now)


@hears("RelationshipEnded")
async def stop_with_relationship(tx: Tx, fact: RelationshipEnded, *, now: datetime) -> None:
    """Who is no client is not contacted."""
    await use_cases.close_relationship(tx, fact.client_id, now=now, because="ended")


@hears("RelationshipReopened")
async def begin_again(tx: Tx, fact: RelationshipReopened, *, now: datetime) -> None:
    """Who has come back is contacted again."""
    await use_cases.reopen_relationship(tx, fact.client_id, now=now)


@hears("ClientErased")
async def erase_client(tx: Tx, fact: ClientErased, *, now: datetime) -> None:
    """The notes go, the proof stays (domain decisions, 8)."""
    await use_cases.erase_client(tx, fact.client_id, kinds=fact.kinds, now=now)
