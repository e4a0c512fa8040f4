"""A former client comes back within retention: the file of then goes on."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.relationship_events import RelationshipReopened
from client_registry.domain.relationships import PersonErased, RelationshipStands, check_reopening
from client_registry.store import clients
from client_registry.store import relationships as store
from client_registry.use_cases.reevaluate_clients import mark_changed


async def reopen_relationship(tx: Tx, client_id: UUID, *, reopened_on: date, by: Principal, now: datetime) -> None:
    """Membership and consents do not come back by themselves; the figures decide anew. Says RelationshipReopened.

    Raises NotFound, ClientMerged, RelationshipStands, PersonErased once the person is gone, Invalid for a day that
    cannot be.
    """
    file = await clients.lock_client(tx, client_id, former=True)
    if file is None:
        raise NotFound()
    if file["erased_on"] is not None:
        raise PersonErased(erased_on=file["erased_on"].isoformat())
    if file["ended_on"] is None:
        raise RelationshipStands()
    check_reopening(reopened_on, ended_on=file["ended_on"], today=business_day(now))
    version = await store.reopen(tx, client_id, reopened_on=reopened_on, by=by.subject, now=now)
    await outbox.add(tx, RelationshipReopened(at=now, version=version, client_id=client_id, reopened_on=reopened_on))
    await mark_changed(tx, [client_id], now=now)
    await audit.record(
        tx, act="relationship.reopened", by=by, object_type="client", object_id=client_id, client_id=client_id,
        detail={"reopened_on": reopened_on}, at=now,
    )  # fmt: skip
