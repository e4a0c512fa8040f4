"""A recognised client asks for emergency cash away from home (CR-91)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chassis import approvals, audit, due_work, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.emergency_cash import (
    CashReason,
    CashRequest,
    CashStatus,
    NotAway,
    NotEntitled,
    check_amount,
)
from client_registry.domain.entitlement_decisions import REASONS, decide
from client_registry.domain.entitlements import EMERGENCY_CASH, branch_of
from client_registry.store import emergency_cash as store
from client_registry.store import entitlements
from client_registry.store.served import unit_within
from client_registry.use_cases.recognise_client import recognise_client

APPROVAL = "emergency-cash"
EXPIRES = "emergency-cash.expires"
RELEASE = "emergency-cash.release"


async def request_emergency_cash(
    tx: Tx,
    *,
    lookup_id: UUID,
    unit_id: UUID,
    reason: CashReason,
    amount: Decimal,
    places: list[str],
    by: Principal,
    now: datetime,
) -> CashRequest:
    """The request, waiting for another person's release. The client's row is locked, so that two requests at once never
    pass the limit together. Raises NotEntitled, NotAway, AboveEventLimit, AbovePeriodLimit, LookupGone, NotConfirmed.
    """
    unit = await unit_within(tx, unit_id, places)
    if unit is None:
        raise NotFound()
    today = business_day(now)
    rules = await entitlements.rules_in_force(tx, day=today)
    client = await recognise_client(tx, lookup_id, rules=rules, by=by, now=now)
    branch = branch_of(unit.path)
    local = await entitlements.local_rows(tx, branch)
    decided = decide(rules.catalogue, local, EMERGENCY_CASH, client.levels, branch_path=branch, day=today)
    if decided is None or not decided.allowed or decided.limits is None:
        raise NotEntitled(why=REASONS["not-in-force" if decided is None else decided.reason])
    if branch == branch_of(client.home_path):
        raise NotAway()
    cash = rules.emergency_cash
    request_id = new_id()
    used = await store.used(tx, client.client_id, but=request_id, since=now - cash.period, now=now)
    check_amount(
        amount, event_max=decided.limits.amount_max, period_max=cash.period_max, used=used, days=cash.period.days
    )
    request = CashRequest(
        id=request_id,
        client_id=client.client_id,
        unit_id=unit.id,
        reason=reason,
        amount=amount,
        status=CashStatus.REQUESTED,
        catalogue_version=rules.catalogue.version,
        decision_id=new_id(),
        requested_by=by.subject,
        requested_at=now,
        expires_at=now + cash.open_for,
    )
    await store.add(tx, request)
    await approvals.propose(
        tx, kind=APPROVAL, subject_id=request.id, subject_version=request.version, by=by, now=now,
        expires_at=request.expires_at,
    )  # fmt: skip
    await due_work.schedule(tx, kind=EXPIRES, subject_id=request.id, due_at=request.expires_at)
    await work_items.add(
        tx, kind=RELEASE, rule="CR-91", text=RELEASE, client_id=client.client_id, subject_id=request.id, owner=None,
        owner_role="outlet_head", unit_id=unit.id, unit_path=unit.path, due_at=request.expires_at, now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="emergency-cash.requested", by=by, object_type="emergency-cash", object_id=request.id,
        client_id=client.client_id,
        detail={
            "reason": reason.value, "amount": str(amount), "unit_id": str(unit.id), "level": decided.level,
            "decision_id": str(request.decision_id), "catalogue_version": rules.catalogue.version,
        },
        at=now,
    )  # fmt: skip
    return request
