"""The two years are over: the card is void (CS-25, CCB Art. 16)."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx

from card_service.domain.cards import CardStatus
from card_service.store import cards


async def expire_card(tx: Tx, card_id: UUID, *, now: datetime) -> None:
    """Nothing happens to a card that ended otherwise before."""
    card = await cards.lock_card(tx, card_id)
    if card.status is not CardStatus.ISSUED:
        return
    expired, fact = card.expire(at=now)
    await cards.save_cards(tx, [expired])
    await outbox.add(tx, fact)
