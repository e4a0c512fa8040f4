"""A card comes to its end: its holder is verified again with the figures of the moment (CR-17, CCB Art. 16)."""

from datetime import date, datetime
from uuid import UUID

from chassis import due_work, outbox
from chassis.clock import business_day
from chassis.db import Tx

from client_registry.domain.reviews import Verdict
from client_registry.domain.standing import reverified
from client_registry.store import clients, reviews
from client_registry.use_cases.plan_review import REVERIFY, morning
from client_registry.use_cases.verify_member import verify_member


async def reverify_client(tx: Tx, client_id: UUID, *, expires_on: date, now: datetime) -> None:
    """Says ClientReverified; the level itself stays until the card's end. An undecided client is asked about again after
    the policy's days, as long as the card is valid; who is no member is none of its business."""
    today = business_day(now)
    if today > expires_on:
        return
    verified = await verify_member(tx, client_id, now=now)
    if verified is None:
        return
    if verified.judgement.verdict is Verdict.UNDECIDED:
        policy = await reviews.policy_on(tx, today)
        await due_work.schedule(
            tx,
            kind=REVERIFY,
            subject_id=client_id,
            due_at=morning(policy.retry_on(today)),
            detail={"expires_on": expires_on.isoformat()},
        )
        return
    fact = reverified(verified.standing, verified.judgement, decision_id=verified.decision_id, at=now, today=today)
    await clients.set_card_level(tx, client_id, level=verified.standing.card_level.value, version=fact.version)
    await outbox.add(tx, fact)
