"""Cancelling a qualification for cause (CR-18, CCB Art. 18): services stop at once."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import NotFound

from client_registry.domain.levels import CardLevel, card_rank
from client_registry.domain.qualification import (
    NEXT,
    NothingToRevoke,
    RevocationCause,
    Standing,
    Status,
    check_risk_event,
    revoke,
)
from client_registry.store import clients
from client_registry.store import qualifications as store
from client_registry.use_cases.drop_reviews import drop_reviews


async def revoke_qualification(
    tx: Tx,
    client_id: UUID,
    *,
    cause: RevocationCause,
    reason: str,
    by: Principal,
    now: datetime,
    risk_event_id: UUID | None = None,
) -> UUID:
    """The revocation's id. Every level's qualification is cancelled, the membership ends, the card level falls to none.

    Overdraft and arrears may cite the risk event that shows them. Says QualificationRevoked and, where there was a card
    level, ClientDowngraded. Raises NothingToRevoke, Invalid for a risk event that proves nothing of the cause.
    """
    check_risk_event(cause, risk_event_id)
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    held = [q for q in (await store.lock_qualifications(tx, client_id)).values() if Status.REVOKED in NEXT[q.status]]
    if not held:
        raise NothingToRevoke()
    highest = max(held, key=lambda qualification: card_rank(qualification.level))
    revocation_id, today = new_id(), business_day(now)
    standing = Standing(
        client_id=client_id,
        card_level=CardLevel(file["card_level"]),
        service_tier=file["service_tier"],
        home_unit_id=file["home_unit_id"],
        version=file["version"],
    )
    revoked, downgraded = revoke(
        standing,
        decision_id=highest.decision_id,
        policy_version=highest.policy_version,
        cause=cause,
        at=now,
        today=today,
    )
    for qualification in held:
        await store.save_qualification(tx, qualification.revoke())
    await store.end_membership(tx, client_id, today=today)
    await drop_reviews(tx, client_id)
    await clients.set_card_level(tx, client_id, level=CardLevel.NONE.value, version=revoked.version)
    await store.add_revocation(
        tx, revocation_id=revocation_id, client_id=client_id, cause=cause.value, reason=reason,
        risk_event_id=risk_event_id,
        decision_id=highest.decision_id, by=by.subject, now=now,
    )  # fmt: skip
    await outbox.add(tx, revoked, *(() if downgraded is None else (downgraded,)))
    await audit.record(
        tx, act="qualification.revoked", by=by, object_type="revocation", object_id=revocation_id,
        client_id=client_id, detail={"cause": cause.value}, at=now,
    )  # fmt: skip
    return revocation_id
