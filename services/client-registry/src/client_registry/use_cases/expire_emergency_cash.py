"""Nobody released the cash in time: the request ends and its amount is free again (CR-91)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.db import Tx
from chassis.identity import system

from client_registry.domain.emergency_cash import CashStatus
from client_registry.store import emergency_cash as store
from client_registry.use_cases.request_emergency_cash import RELEASE


async def expire_emergency_cash(tx: Tx, request_id: UUID, *, now: datetime) -> None:
    """Expired; nothing where it was decided meanwhile."""
    request = await store.lock(tx, request_id)
    if request is None or request.status is not CashStatus.REQUESTED:
        return
    by = system("client-registry")
    await store.save(tx, request.become(CashStatus.EXPIRED, by=by.subject, at=now))
    await work_items.complete_for(tx, subject_id=request_id, kind=RELEASE, by=by, result="expired", now=now)
    await audit.record(
        tx, act="emergency-cash.expired", by=by, object_type="emergency-cash", object_id=request_id,
        client_id=request.client_id, at=now,
    )  # fmt: skip
