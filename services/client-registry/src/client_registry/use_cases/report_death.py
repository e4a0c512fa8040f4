"""A client's death is reported; another person confirms it."""

from datetime import date, datetime
from uuid import UUID

from chassis import approvals, audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.life_events import DeathKnown, check_day
from client_registry.store import clients, deaths

KIND = "client-death"


async def report_death(tx: Tx, client_id: UUID, *, died_on: date, source: str, by: Principal, now: datetime) -> UUID:
    """The report's id; nothing else changes yet. Raises NotFound, ClientMerged, DeathKnown, Invalid."""
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    check_day(died_on, born_on=await deaths.born_on(tx, client_id), today=business_day(now))
    death_id = new_id()
    if not await deaths.add(tx, client_id, death_id, died_on=died_on, source=source, by=by.subject, now=now):
        raise DeathKnown()
    # The report itself never changes: its first version is the one that is confirmed.
    await approvals.propose(tx, kind=KIND, subject_id=death_id, subject_version=1, by=by, now=now)
    await audit.record(
        tx, act="death.reported", by=by, object_type="client-death", object_id=death_id, client_id=client_id,
        detail={"source": source}, at=now,
    )  # fmt: skip
    return death_id
