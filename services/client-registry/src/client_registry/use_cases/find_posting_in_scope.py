"""Finding the posting that somebody wants to change: at a place of theirs, or none."""

from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.domain.organisation import Posting
from client_registry.domain.postings import OwnRights
from client_registry.store import organisation, staff
from client_registry.store.staff import Person


async def find_posting_in_scope(tx: Tx, posting_id: UUID, *, by: Principal, scope: Scope) -> tuple[Posting, Person]:
    """The posting and its person, locked. Raises NotFound outside the caller's places, OwnRights for one's own."""
    posting = await staff.find_posting(tx, posting_id)
    unit = None if posting is None else await organisation.find_unit(tx, posting.unit_id)
    if posting is None or unit is None or not scope.covers(unit.path):
        raise NotFound()
    person = await staff.lock_person(tx, posting.staff_id)
    if person is None:
        raise NotFound()
    if person.subject == by.subject:
        raise OwnRights()
    # Read again: whoever held the lock before may have ended it.
    current = await staff.find_posting(tx, posting_id)
    if current is None:
        raise NotFound()
    return current, person
