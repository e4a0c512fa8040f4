"""A card was issued: its holder is verified again when it ends (CR-17, CCB Art. 16)."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx

from client_registry.store import reviews
from client_registry.use_cases.plan_review import plan_review


async def plan_card_review(tx: Tx, client_id: UUID, *, expires_on: date, now: datetime) -> None:
    """The review moves from the second anniversary of the enrolment to the card's end; nothing for who is no member."""
    enrolled_on = await reviews.enrolled_on(tx, client_id)
    if enrolled_on is not None:
        await plan_review(tx, client_id, enrolled_on=enrolled_on, card_until=expires_on, now=now)
