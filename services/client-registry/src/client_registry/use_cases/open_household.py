"""A household is opened with the client whom the relations are counted from (CR-48)."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.households import NotPersonal, check_from
from client_registry.domain.registration_form import Source
from client_registry.store import clients
from client_registry.store import households as store
from client_registry.store.households import NewMember


async def open_household(
    tx: Tx, client_id: UUID, *, from_on: date, source: Source, by: Principal, now: datetime
) -> UUID:
    """The new household's id. Raises NotFound, ClientMerged, NotPersonal, InAnotherHousehold, Invalid."""
    await require_personal(tx, client_id)
    check_from(from_on, today=business_day(now))
    household_id = new_id()
    head = NewMember(
        id=new_id(), client_id=client_id, is_client=True, relation=None, source=source, collector=by.subject,
        collected_at=now, from_on=from_on,
    )  # fmt: skip
    await store.add(tx, household_id, head)
    await audit.record(
        tx, act="household.opened", by=by, object_type="household", object_id=household_id, client_id=client_id, at=now
    )
    return household_id


async def require_personal(tx: Tx, client_id: UUID) -> None:
    """The file, locked, is a living person's. Raises NotFound, ClientMerged, NotPersonal."""
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    if await clients.kind_of(tx, client_id) != "personal":
        raise NotPersonal()
