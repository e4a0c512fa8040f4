"""The home manager follows up on what another unit did for the client (CR-99)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.away_services import AwayService
from client_registry.store import away_services as store
from client_registry.use_cases.alarm_away_service import FOLLOW_UP_OVERDUE
from client_registry.use_cases.record_away_service import FOLLOW_UP, FOLLOW_UP_DUE


async def follow_up_away_service(tx: Tx, service_id: UUID, *, text: str, by: Principal, now: datetime) -> AwayService:
    """The service with its follow-up; its clock stops. Raises NoFollowUp."""
    service = await store.lock(tx, service_id)
    if service is None:
        raise NotFound()
    followed = service.follow_up(by=by.subject, at=now)
    await store.save_follow_up(tx, followed, text=text)
    await due_work.cancel(tx, kind=FOLLOW_UP_DUE, subject_id=service_id)
    for kind in (FOLLOW_UP, FOLLOW_UP_OVERDUE):
        await work_items.complete_for(tx, subject_id=service_id, kind=kind, by=by, result="followed-up", now=now)
    await audit.record(
        tx, act="away-service.followed-up", by=by, object_type="away-service", object_id=service_id,
        client_id=service.client_id, at=now,
    )  # fmt: skip
    return followed
