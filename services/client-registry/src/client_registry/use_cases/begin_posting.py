"""A posting whose day has come is told to everybody (domain decisions, section 6)."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.store import staff


async def begin_posting(tx: Tx, posting_id: UUID, *, now: datetime) -> None:
    """Says StaffPosted; nothing for a posting that was taken back before its day."""
    posting = await staff.find_posting(tx, posting_id)
    if posting is None or not posting.is_valid(business_day(now)):
        return
    person = await staff.lock_person(tx, posting.staff_id)
    if person is None or not person.active:
        return
    version = person.version + 1
    await staff.set_version(tx, person.id, version)
    await outbox.add(tx, posting.said(version=version, at=now))
