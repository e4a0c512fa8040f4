"""The client leaves the bank: dated, with evidence; membership and contact end, the file is only read from now on."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.endings import EndingCause
from client_registry.domain.relationship_events import RelationshipEnded
from client_registry.domain.relationships import EndEvidence, RelationshipEnd, check_end
from client_registry.store import clients
from client_registry.store import relationships as store
from client_registry.use_cases.allow_nothing import allow_nothing
from client_registry.use_cases.end_membership import end_membership


async def end_relationship(
    tx: Tx,
    client_id: UUID,
    *,
    cause: RelationshipEnd,
    evidence: EndEvidence,
    ended_on: date,
    reason: str | None,
    by: Principal,
    now: datetime,
) -> UUID:
    """The id of the record, to which papers may be added. Retention counts from `ended_on`.

    Says MembershipEnded and ClientDowngraded where there was a membership, ConsentChanged with nothing allowed,
    RelationshipEnded. Raises NotFound, ClientMerged, RelationshipOver, PersonErased, Invalid for a day that cannot be.
    """
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    check_end(ended_on, registered_on=await store.began_on(tx, client_id), today=business_day(now))
    left = cause is RelationshipEnd.CLIENT_LEFT
    await end_membership(
        tx, client_id, cause=EndingCause.LEFT if left else EndingCause.ENDED, by=by, now=now
    )  # fmt: skip
    await allow_nothing(tx, client_id, by=by, now=now)
    ending_id = new_id()
    version = await store.end(
        tx, client_id, ending_id, cause=cause.value, evidence=evidence.value, ended_on=ended_on, reason=reason,
        by=by.subject, now=now,
    )  # fmt: skip
    said = RelationshipEnded(at=now, version=version, client_id=client_id, cause=cause.value, ended_on=ended_on)
    await outbox.add(tx, said)
    await audit.record(
        tx, act="relationship.ended", by=by, object_type="relationship-ending", object_id=ending_id,
        client_id=client_id, detail={"cause": cause.value, "evidence": evidence.value, "ended_on": ended_on}, at=now,
    )  # fmt: skip
    return ending_id
