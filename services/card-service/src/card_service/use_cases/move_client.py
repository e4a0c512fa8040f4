"""The client's home moved: what was set aside for him in the old place is set aside in the new one (CS-10)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Tx

from card_service.domain.organisation import line
from card_service.store import cards, clients, issues, organisation, reservations
from card_service.use_cases.serve_reservations import serve_reservations


async def move_client(
    tx: Tx, client_id: UUID, *, home_unit_id: UUID, serving_unit_ids: Sequence[UUID], now: datetime
) -> None:
    """A card that still lies on the new home's line stays reserved; a card already in his hands stays his."""
    await clients.save_home(tx, client_id=client_id, home_unit_id=home_unit_id, serving_unit_ids=serving_unit_ids)
    reservation = (await reservations.lock_open_of(tx, [client_id])).get(client_id)
    if reservation is None or reservation.wish.home_unit_id == home_unit_id:
        return
    path = (await organisation.paths_of(tx, [home_unit_id])).get(home_unit_id)
    if path is not None and reservation.found_at in line(path):
        await reservations.save_reservations(tx, [reservation.at_home(home_unit_id=home_unit_id, home_path=path)])
        return
    await issues.strike_out(tx, reservation.id)
    freed = [await cards.lock_card(tx, reservation.card_id)] if reservation.card_id is not None else []
    await serve_reservations(
        tx, [reservation.unserved(home_unit_id=home_unit_id, home_path=path)], freed=freed, now=now
    )
