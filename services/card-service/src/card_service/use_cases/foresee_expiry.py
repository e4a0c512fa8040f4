"""Ninety days before its end: say that a card is expiring (CS-26)."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx

from card_service.domain.cards import CardStatus
from card_service.store import cards


async def foresee_expiry(tx: Tx, card_id: UUID, *, now: datetime) -> None:
    """Nothing is said of a card that was stopped, lost or replaced in the meantime."""
    card = await cards.lock_card(tx, card_id)
    if card.status is not CardStatus.ISSUED:
        return
    foreseen, fact = card.foresee_expiry(at=now)
    await cards.save_cards(tx, [foreseen])
    await outbox.add(tx, fact)
