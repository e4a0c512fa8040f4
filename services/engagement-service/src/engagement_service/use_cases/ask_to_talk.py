"""A level will come down (A5): the client's manager talks with him in good time about what is missing."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from chassis import work_items
from chassis.clock import SHANGHAI
from chassis.db import Tx

from engagement_service.store import copies

KIND = "standing.shortfall"
FALLBACK_ROLE = "wealth_centre_head"
# Time enough for the client to do something about it.
TALK_WITHIN = timedelta(days=14)


async def ask_to_talk(tx: Tx, client_id: UUID, *, falls_on: date, now: datetime) -> UUID | None:
    """A work item for the manager, for the head of the home wealth centre where there is none; due within two weeks and
    before the level falls. None for a client we were not told of."""
    keeper = await copies.keeper_of(tx, client_id)
    if keeper is None:
        return None
    manager, placed = keeper["manager"], keeper["path"] is not None
    return await work_items.add(
        tx,
        kind=KIND,
        rule="A5",
        text=KIND,
        client_id=client_id,
        subject_id=client_id,
        owner=manager,
        owner_role=None if manager else FALLBACK_ROLE,
        unit_id=keeper["home_unit_id"] if placed else None,
        unit_path=keeper["path"],
        due_at=min(now + TALK_WITHIN, datetime.combine(falls_on, time(), tzinfo=SHANGHAI)),
        now=now,
    )
