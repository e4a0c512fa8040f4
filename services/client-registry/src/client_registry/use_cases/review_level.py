"""The day on which a level falls unless the standard is met then (CR-17; domain decisions, section 1; A5)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, due_work, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import system

from client_registry.domain.endings import EndingCause, end, lowered
from client_registry.domain.levels import CardLevel, card_rank
from client_registry.domain.qualification import NEXT, Status
from client_registry.domain.reviews import Verdict
from client_registry.domain.standing import reverified
from client_registry.store import clients, qualifications, reviews
from client_registry.store import standing as store
from client_registry.use_cases.drop_reviews import drop_reviews
from client_registry.use_cases.plan_review import REVIEW, morning, plan_review
from client_registry.use_cases.verify_member import Verified, verify_member

BY = system("client-registry")


async def review_level(tx: Tx, client_id: UUID, *, now: datetime) -> None:
    """A member who meets the standard keeps his level and is looked at again in two years; one who does not comes down to
    what he meets; one whose figures are missing is lowered by nobody and looked at again in the policy's days."""
    verified = await verify_member(tx, client_id, now=now)
    if verified is None:
        return
    today = business_day(now)
    if verified.judgement.verdict is Verdict.UNDECIDED:
        policy = await reviews.policy_on(tx, today)
        retry = morning(policy.retry_on(today))
        await due_work.schedule(tx, kind=REVIEW, subject_id=client_id, due_at=retry)
        return
    await settle(tx, verified, cause="expiry", now=now)


async def settle(tx: Tx, verified: Verified, *, cause: str, now: datetime) -> None:
    """What a decided review changes and says: ClientReverified, and where the level falls ClientDowngraded, with
    MembershipEnded where nothing is left."""
    standing, judgement, today = verified.standing, verified.judgement, business_day(now)
    client_id, membership = standing.client_id, verified.membership
    fact = reverified(standing, judgement, decision_id=verified.decision_id, at=now, today=today)
    await clients.set_card_level(tx, client_id, level=judgement.level.value, version=fact.version)
    if judgement.verdict is Verdict.PASSED:
        await outbox.add(tx, fact)
        await plan_review(tx, client_id, enrolled_on=today, card_until=None, now=now)
        return
    down = lowered(
        standing, to=judgement.level, cause=cause, decision_id=verified.decision_id,
        policy_version=verified.policy_version, at=now, today=today,
    )  # fmt: skip
    await _lapse_above(tx, client_id, judgement.level)
    if judgement.level is CardLevel.NONE:
        ended, _ = end(standing, membership, cause=EndingCause.ENDED, at=now, today=today)
        await store.end_membership(tx, client_id, membership.id, left=False, today=today)
        await drop_reviews(tx, client_id)
        await outbox.add(tx, fact, ended, down)
    else:
        await reviews.lower_membership(
            tx, client_id, membership, level=judgement.level, decision_id=verified.decision_id,
            policy_version=verified.policy_version,
        )  # fmt: skip
        await plan_review(tx, client_id, enrolled_on=today, card_until=None, now=now)
        await outbox.add(tx, fact, down)
    await audit.record(
        tx, act="card-level.lowered", by=BY, object_type="membership", object_id=membership.id, client_id=client_id,
        detail={"to": judgement.level.value, "cause": cause, "decision_id": str(verified.decision_id)}, at=now,
    )  # fmt: skip


async def _lapse_above(tx: Tx, client_id: UUID, level: CardLevel) -> None:
    """What was filed for a level that is lost counts no more; rising again begins with a new candidate."""
    for qualification in (await qualifications.lock_qualifications(tx, client_id)).values():
        if card_rank(qualification.level) > card_rank(level) and Status.LAPSED in NEXT[qualification.status]:
            await qualifications.save_qualification(tx, qualification.lapse())
