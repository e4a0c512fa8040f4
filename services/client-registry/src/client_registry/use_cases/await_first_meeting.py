"""The first meeting with a client who has a new file or a new manager is to be recorded within the policy's days (CR-47)."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import due_work, work_items
from chassis.db import Tx

from client_registry.store import client_meetings as store
from client_registry.store import information_policies

DUE = "first-meeting.due"
WORK = "first-meeting.record"
_RECORD_WITHIN = timedelta(days=3)


async def await_first_meeting(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """It falls due in the policy's days, unless a meeting is on file."""
    if not await store.has_any(tx, client_id):
        days = (await information_policies.current(tx)).first_meeting_days
        await due_work.schedule(tx, kind=DUE, subject_id=client_id, due_at=now + timedelta(days=days))


async def ask_for_first_meeting(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """BOC-S Art. 31(1): nothing of a first meeting is on file; the manager of today is asked, once while it is open."""
    file = await store.looked_after(tx, client_id)
    if file is None or await store.has_any(tx, client_id):
        return
    if any(item.kind == WORK for item in await work_items.list_of_subject(tx, client_id)):
        return
    await work_items.add(
        tx, kind=WORK, rule="CR-47", text=WORK, client_id=client_id, subject_id=client_id, owner=file["manager"],
        owner_role=None, unit_id=file["home_unit_id"], unit_path=file["path"], due_at=now + _RECORD_WITHIN, now=now,
    )  # fmt: skip
