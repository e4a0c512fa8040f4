"""Stop a client's card at once and give back what was set aside for him (CS-29, CCB Art. 18)."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx

from card_service.store import cards, clients, issues, reservations
from card_service.use_cases.serve_reservations import serve_reservations


async def stop_cards(tx: Tx, client_id: UUID, *, cause: str, decision_id: UUID | None, now: datetime) -> None:
    """Nothing happens to a client who holds no good card and waits for none."""
    await clients.lock_levels(tx, [client_id])
    held = (await cards.lock_issued_of(tx, [client_id])).get(client_id)
    if held is not None:
        stopped, fact = held.stop(cause, decision_id=decision_id, at=now)
        await cards.save_cards(tx, [stopped])
        await outbox.add(tx, fact)
    waiting = (await reservations.lock_open_of(tx, [client_id])).get(client_id)
    if waiting is None:
        return
    await issues.strike_out(tx, waiting.id)
    await reservations.save_reservations(tx, [waiting.cancelled()])
    freed = [await cards.lock_card(tx, waiting.card_id)] if waiting.card_id is not None else []
    await serve_reservations(tx, [], freed=freed, now=now)
