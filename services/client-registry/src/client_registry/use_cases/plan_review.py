"""When a member's level is looked at next (CR-17; domain decisions, section 1), and when he is told before."""

from datetime import date, datetime, time
from uuid import UUID

from chassis import due_work
from chassis.clock import SHANGHAI, business_day
from chassis.db import Tx

from client_registry.store import reviews as store

REVIEW = "standing.review"
FORESEE = "standing.foresee"
REVERIFY = "standing.reverify"


async def plan_review(tx: Tx, client_id: UUID, *, enrolled_on: date, card_until: date | None, now: datetime) -> None:
    """At the card's end, or two years after enrolment where no card was issued; the notice goes out the policy's lead
    time before. Planning again moves both."""
    policy = await store.policy_on(tx, business_day(now))
    falls_on, cause = policy.review_on(enrolled_on=enrolled_on, card_expires_on=card_until)
    detail = {"falls_on": falls_on.isoformat(), "cause": cause}
    await due_work.schedule(tx, kind=REVIEW, subject_id=client_id, due_at=morning(falls_on), detail=detail)
    await due_work.schedule(
        tx,
        kind=FORESEE,
        subject_id=client_id,
        due_at=max(now, morning(policy.foresee_on(falls_on))),
        detail=detail,
    )


def morning(day: date) -> datetime:
    """The first moment of a business day."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI)
