"""Somebody of the unit turns to the client (CR-101); the clock stops."""

from datetime import datetime
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.service_requests import ServiceRequest
from client_registry.store import service_requests as store
from client_registry.use_cases.escalate_service_request import OVERDUE
from client_registry.use_cases.take_service_request import RESPONSE_DUE


async def respond_to_service_request(tx: Tx, request_id: UUID, *, by: Principal, now: datetime) -> ServiceRequest:
    """The answered need; a late response is kept as late. Raises AlreadyResponded."""
    request = await store.lock(tx, request_id)
    if request is None:
        raise NotFound()
    responded = request.respond(by=by.subject, at=now)
    await store.save_response(tx, responded)
    await due_work.cancel(tx, kind=RESPONSE_DUE, subject_id=request_id)
    await work_items.complete_for(tx, subject_id=request_id, kind=OVERDUE, by=by, result="responded", now=now)
    await audit.record(
        tx, act="service-request.responded", by=by, object_type="service-request", object_id=request_id,
        client_id=request.client_id, detail={"late": responded.is_late(now)}, at=now,
    )  # fmt: skip
    return responded
