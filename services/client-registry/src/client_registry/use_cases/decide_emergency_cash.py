"""A second person releases or refuses emergency cash (CR-91); the home manager hears of a release."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit, due_work, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.emergency_cash import CashRequest, CashStatus, check_amount
from client_registry.store import emergency_cash as store
from client_registry.store import entitlements, served
from client_registry.store.served import Served
from client_registry.use_cases.request_emergency_cash import APPROVAL, EXPIRES, RELEASE

RELEASED = "emergency-cash.released"
FALLBACK_ROLE = "wealth_centre_head"


async def decide_emergency_cash(
    tx: Tx, request_id: UUID, *, refusal: str | None, by: Principal, now: datetime
) -> CashRequest:
    """The released request, or the refused one where a reason code is given. A release counts the period again.

    Raises Ended, AbovePeriodLimit, and `approvals.SamePerson` for who asked.
    """
    request = await store.lock(tx, request_id)
    if request is None:
        raise NotFound()
    status = CashStatus.RELEASED if refusal is None else CashStatus.REFUSED
    decided = request.become(status, by=by.subject, at=now, refusal=refusal)
    if refusal is not None:
        await approvals.refuse(tx, kind=APPROVAL, subject_id=request_id, by=by, now=now, reason=refusal)
    else:
        await approvals.approve(
            tx, kind=APPROVAL, subject_id=request_id, subject_version=request.version, by=by, now=now
        )
        await _tell_home(tx, await _within_limit(tx, request, now=now), request, now=now)
    await store.save(tx, decided)
    await due_work.cancel(tx, kind=EXPIRES, subject_id=request_id)
    await work_items.complete_for(tx, subject_id=request_id, kind=RELEASE, by=by, result=decided.status.value, now=now)
    await audit.record(
        tx, act=f"emergency-cash.{decided.status.value}", by=by, object_type="emergency-cash", object_id=request_id,
        client_id=request.client_id, detail={"amount": str(request.amount), "refusal": refusal}, at=now,
    )  # fmt: skip
    return decided


async def _within_limit(tx: Tx, request: CashRequest, *, now: datetime) -> Served:
    """The client, after the period was counted again: the bank may have set another value since."""
    client = await served.find_served(tx, request.client_id)
    if client is None:
        raise NotFound()
    cash = (await entitlements.rules_in_force(tx, day=business_day(now))).emergency_cash
    used = await store.used(tx, request.client_id, but=request.id, since=now - cash.period, now=now)
    check_amount(request.amount, event_max=None, period_max=cash.period_max, used=used, days=cash.period.days)
    return client


async def _tell_home(tx: Tx, client: Served, request: CashRequest, *, now: datetime) -> None:
    await work_items.add(
        tx, kind=RELEASED, rule="CR-91", text=RELEASED, client_id=client.client_id, subject_id=request.id,
        owner=client.manager, owner_role=None if client.manager else FALLBACK_ROLE, unit_id=client.home_unit_id,
        unit_path=client.home_path, due_at=None, now=now,
    )  # fmt: skip
