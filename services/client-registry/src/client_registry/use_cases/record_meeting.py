"""A meeting with a client is filed with the fields of the form that were obtained there (CR-47)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chassis import audit, due_work, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from client_registry.domain.client_meetings import check_meeting
from client_registry.store import client_meetings as store
from client_registry.use_cases.await_first_meeting import DUE, WORK


async def record_meeting(
    tx: Tx, client_id: UUID, *, met_on: date, fields: Sequence[str], by: Principal, now: datetime
) -> UUID:
    """BOC-S Art. 31(1): the record's id; the request for the first meeting is done. Raises Invalid for a field that
    nobody entered since the meeting."""
    check_meeting(met_on, fields, await store.entered_on(tx, client_id), today=business_day(now))
    meeting_id = new_id()
    await store.add(tx, meeting_id, client_id, met_on=met_on, fields=fields, collector=by.subject, now=now)
    await due_work.cancel(tx, kind=DUE, subject_id=client_id)
    await work_items.complete_for(tx, subject_id=client_id, kind=WORK, by=by, result="recorded", now=now)
    await audit.record(
        tx, act="meeting.recorded", by=by, object_type="meeting", object_id=meeting_id, client_id=client_id,
        detail={"fields": sorted(fields)}, at=now,
    )  # fmt: skip
    return meeting_id
