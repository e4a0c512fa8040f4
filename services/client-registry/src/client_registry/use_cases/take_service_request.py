"""A recognised client states a need at any outlet, whichever outlet keeps him (CR-26, CR-101)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, due_work
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.service_requests import Need, ServiceRequest, due_at
from client_registry.store import entitlements
from client_registry.store import service_requests as store
from client_registry.store.served import unit_within
from client_registry.use_cases.recognise_client import recognise_client

RESPONSE_DUE = "service-request.response-due"


async def take_service_request(
    tx: Tx,
    *,
    lookup_id: UUID,
    unit_id: UUID,
    need: Need,
    stated_at: datetime,
    places: list[str],
    by: Principal,
    now: datetime,
) -> ServiceRequest:
    """The need in the unit's queue; for the tiers that have a clock its end is watched. Raises NotFound for a place that
    is not the caller's, LookupGone and NotConfirmed."""
    unit = await unit_within(tx, unit_id, places)
    if unit is None:
        raise NotFound()
    rules = await entitlements.rules_in_force(tx, day=business_day(now))
    client = await recognise_client(tx, lookup_id, rules=rules, by=by, now=now)
    request = ServiceRequest(
        id=new_id(),
        client_id=client.client_id,
        unit_id=unit.id,
        need=need,
        priority=rules.priority.of(service_tier=client.service_tier, card_level=client.card_level.value),
        service_tier=client.service_tier,
        card_level=client.card_level.value,
        stated_at=stated_at,
        due_at=due_at(rules.priority, service_tier=client.service_tier, stated_at=stated_at),
        taken_by=by.subject,
        catalogue_version=rules.catalogue.version,
    )
    await store.add(tx, request)
    if request.due_at is not None:
        await due_work.schedule(tx, kind=RESPONSE_DUE, subject_id=request.id, due_at=request.due_at)
    await audit.record(
        tx, act="service-request.taken", by=by, object_type="service-request", object_id=request.id,
        client_id=client.client_id, detail={"unit_id": str(unit.id), "priority": request.priority}, at=now,
    )  # fmt: skip
    return request
