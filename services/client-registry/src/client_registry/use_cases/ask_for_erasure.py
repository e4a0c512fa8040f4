"""The client asks that what is kept of him goes (PIPL Art. 47); the bank answers, with the reason where it refuses."""

from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import audit, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.relationships import PersonErased
from client_registry.domain.retention import NotToBeGranted, RequestAnswered, RequestOpen
from client_registry.store import clients, erasures, retention
from client_registry.use_cases.prepare_erasures import ROLE, begin_list

WORK = "erasure.request"
_WEEK = 7
_WORKING = 5


async def ask_for_erasure(
    tx: Tx, client_id: UUID, *, way: str, words: str | None, by: Principal, now: datetime
) -> tuple[UUID, date]:
    """The request's id, and the day by which it is answered. Raises NotFound, ClientMerged, PersonErased, RequestOpen."""
    file = await clients.lock_client(tx, client_id, former=True)
    if file is None:
        raise NotFound()
    if file["erased_on"] is not None:
        raise PersonErased(erased_on=file["erased_on"].isoformat())
    today = business_day(now)
    policy = await retention.policy_on(tx, today)
    # Weeks of five days; holidays only make the answer earlier than it had to be.
    due_on = today + timedelta(days=policy.answer_working_days * _WEEK // _WORKING)
    request_id = new_id()
    if not await erasures.add_request(
        tx, request_id, client_id=client_id, way=way, words=words, answer_due_on=due_on, by=by.subject, now=now
    ):
        raise RequestOpen()
    branch = await erasures.branch_of(tx, client_id)
    await work_items.add(
        tx, kind=WORK, rule="CR-80", text=WORK, client_id=client_id, subject_id=request_id, owner=None, owner_role=ROLE,
        unit_id=branch["branch_id"], unit_path=branch["branch_path"], due_at=now + timedelta(days=(due_on - today).days), now=now,
    )  # fmt: skip
    await audit.record(
        tx, act="erasure.requested", by=by, object_type="erasure-request", object_id=request_id, client_id=client_id,
        detail={"way": way, "answer_due_on": due_on}, at=now,
    )  # fmt: skip
    return request_id, due_on


async def answer_erasure_request(
    tx: Tx, request_id: UUID, *, refusal: str | None, by: Principal, now: datetime
) -> UUID | None:
    """Granted: the id of a list with this client alone, which a second person still confirms; refused: None.

    Raises NotFound, RequestAnswered, and NotToBeGranted where the relationship stands, a hold holds or a case is open.
    """
    asked = await erasures.lock_request(tx, request_id)
    if asked is None:
        raise NotFound()
    if asked["status"] != "open":
        raise RequestAnswered()
    list_id = None
    if refusal is None:
        list_id = await _grant(tx, asked["client_id"], now=now)
    await erasures.answer_request(
        tx, request_id, status="granted" if list_id else "refused", refusal=refusal, list_id=list_id, by=by.subject,
        now=now,
    )  # fmt: skip
    await work_items.complete_for(
        tx, subject_id=request_id, kind=WORK, by=by, result="granted" if list_id else "refused", now=now
    )
    await audit.record(
        tx, act="erasure.answered", by=by, object_type="erasure-request", object_id=request_id,
        client_id=asked["client_id"], detail={"refusal": refusal, "list_id": list_id}, at=now,
    )  # fmt: skip
    return list_id


async def _grant(tx: Tx, client_id: UUID, *, now: datetime) -> UUID:
    file = await clients.lock_client(tx, client_id, former=True)
    if file is None:
        raise NotFound()
    if file["ended_on"] is None and file["died_on"] is None:
        raise NotToBeGranted(reason="relationship_stands")
    held = await retention.held_among(tx, [client_id])
    if held:
        raise NotToBeGranted(reason=held[client_id])
    today = business_day(now)
    policy = await retention.policy_on(tx, today)
    list_id = await begin_list(tx, await erasures.branch_of(tx, client_id), source="request", policy=policy, now=now)
    await erasures.put_on_list(tx, list_id, [{"client_id": client_id, "kinds": ["file"], "due_on": today}])
    return list_id
