"""Taking a person from a post: the right stops with the last day (XC-15, XC-20; domain decisions, section 6)."""

from datetime import date, datetime

from chassis import audit, due_work, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal

from client_registry.domain.organisation import Posting
from client_registry.domain.postings import ended
from client_registry.store import organisation, staff
from client_registry.store.staff import Person
from client_registry.use_cases.end_delegations_of import end_delegations_of
from client_registry.use_cases.post_staff import BEGINS


async def end_posting(tx: Tx, posting: Posting, person: Person, *, until_on: date, by: Principal, now: datetime) -> int:
    """The person's version after it; says StaffPosted with the last day. A posting of yesterday's last day is gone at once.

    One that has not begun leaves nothing, for nobody was told of it. Delegations of the posting end with it.
    """
    today = business_day(now)
    over = ended(posting, until_on, today=today)
    version = person.version + 1
    await staff.set_version(tx, person.id, version)
    if posting.from_on > today and until_on < posting.from_on:
        await staff.drop_posting(tx, posting.id)
        await due_work.cancel(tx, kind=BEGINS, subject_id=posting.id)
    else:
        await organisation.end_posting(tx, posting.id, until_on=until_on)
        if posting.from_on <= today:
            await outbox.add(tx, over.said(version=version, at=now))
    if until_on < today:
        await end_delegations_of(tx, posting, by=by, now=now)
    await audit.record(
        tx, act="posting.ended", by=by, object_type="staff", object_id=person.id,
        detail={"posting_id": str(posting.id), "until_on": str(until_on)}, at=now,
    )  # fmt: skip
    return version
