"""A unit that does not keep the client records what it did (CR-96, CR-98, CR-99, CR-100)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis import audit, due_work, outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.away_services import AwayService, record
from client_registry.domain.levels import CardLevel
from client_registry.store import away_services as store
from client_registry.store import entitlements
from client_registry.store.served import Served, unit_within
from client_registry.use_cases.recognise_client import recognise_client

FOLLOW_UP = "away-service.follow-up"
REPORT = "away-service.report"
NO_CARD = "away-service.no-card"
CARD_LEFT_AT_HOME = "away-service.card-not-shown"
FOLLOW_UP_DUE = "away-service.follow-up-due"
REPORT_DUE = "away-service.report-due"
FALLBACK_ROLE = "wealth_centre_head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done for whom, as the unit tells it."""

    lookup_id: UUID
    unit_id: UUID
    card_shown: bool
    product_codes: tuple[str, ...]
    allocation: Decimal | None
    process: str
    result: str
    consulted_manager: str | None
    consulted_at: datetime | None
    served_at: datetime


async def record_away_service(tx: Tx, done: Done, *, places: list[str], by: Principal, now: datetime) -> AwayService:
    """The recorded service. Says AwayServiceRecorded; the home manager, and for a private-banking client the province,
    have their clocks running. Raises NotFound for a place that is not the caller's, and what `recognise_client` and
    `record` raise.
    """
    unit = await unit_within(tx, done.unit_id, places)
    if unit is None:
        raise NotFound()
    rules = await entitlements.rules_in_force(tx, day=business_day(now))
    client = await recognise_client(tx, done.lookup_id, rules=rules, by=by, now=now)
    service, fact = record(
        AwayService(
            id=new_id(),
            client_id=client.client_id,
            unit_id=unit.id,
            home_unit_id=client.home_unit_id,
            manager=client.manager,
            service_tier=client.service_tier,
            card_shown=done.card_shown,
            product_codes=done.product_codes,
            allocation=done.allocation,
            consulted_manager=done.consulted_manager,
            consulted_at=done.consulted_at,
            served_at=done.served_at,
            recorded_by=by.subject,
            recorded_at=now,
            catalogue_version=rules.catalogue.version,
        ),
        at_home=client.is_at_home(unit),
        rules=rules.away,
    )
    await store.add(tx, service, process=done.process, result=done.result)
    await outbox.add(tx, fact)
    await _ask(tx, service, client, now=now)
    await audit.record(
        tx, act="away-service.recorded", by=by, object_type="away-service", object_id=service.id,
        client_id=client.client_id, detail={"unit_id": str(unit.id), "service_tier": service.service_tier}, at=now,
    )  # fmt: skip
    return service


async def _ask(tx: Tx, service: AwayService, client: Served, *, now: datetime) -> None:
    """What others are to do now, and the alarms behind it."""
    if service.follow_up_due_at is not None:
        await _ask_home(tx, FOLLOW_UP, "CR-99", service, client, due_at=service.follow_up_due_at, now=now)
        await due_work.schedule(tx, kind=FOLLOW_UP_DUE, subject_id=service.id, due_at=service.follow_up_due_at)
    if not service.card_shown and client.card_level is not CardLevel.NONE:
        kind = NO_CARD if client.card_number is None else CARD_LEFT_AT_HOME
        await _ask_home(tx, kind, "CR-98", service, client, due_at=None, now=now)
    if service.report_due_at is not None:
        await work_items.add(
            tx, kind=REPORT, rule="CR-100", text=REPORT, client_id=service.client_id, subject_id=service.id,
            owner=service.recorded_by, owner_role=None, unit_id=service.unit_id, due_at=service.report_due_at, now=now,
        )  # fmt: skip
        await due_work.schedule(tx, kind=REPORT_DUE, subject_id=service.id, due_at=service.report_due_at)


async def _ask_home(
    tx: Tx, kind: str, rule: str, service: AwayService, client: Served, *, due_at: datetime | None, now: datetime
) -> None:
    await work_items.add(
        tx, kind=kind, rule=rule, text=kind, client_id=service.client_id, subject_id=service.id, owner=client.manager,
        owner_role=None if client.manager else FALLBACK_ROLE, unit_id=client.home_unit_id, unit_path=client.home_path,
        due_at=due_at, now=now,
    )  # fmt: skip
