"""A client's card level rose: set a numbered card aside (domain decisions, section 1; CS-10, CS-23)."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import Tx
from chassis.ids import new_id

from card_service.domain.cards import Card
from card_service.domain.reservations import Reservation, Rise, Wish, newest_wishes, wants_card
from card_service.store import cards, clients, organisation, reservations
from card_service.use_cases.serve_reservations import serve_reservations


async def reserve_cards(tx: Tx, rises: Sequence[Rise], *, now: datetime) -> list[Reservation]:
    """Many clients at once, in the order told; the card comes from the home unit's stock, else from the nearest unit
    above that holds one. A service tier that moved alone reserves nothing; a lower reservation gives way to a higher.
    """
    await clients.save_levels(tx, {rise.client_id: (rise.home_unit_id, rise.level_to) for rise in rises})
    paths = await organisation.paths_of(tx, [rise.home_unit_id for rise in rises])
    wishes = newest_wishes(rises, paths)
    if not wishes:
        return []
    client_ids = [wish.client_id for wish in wishes]
    open_ones = await reservations.lock_open_of(tx, client_ids)
    held = await cards.lock_issued_of(tx, client_ids)
    wanted = [
        wish
        for wish in wishes
        if wants_card(wish, open_reservation=open_ones.get(wish.client_id), held=held.get(wish.client_id))
    ]
    freed = await _give_way(tx, wanted, [open_ones[wish.client_id] for wish in wanted if wish.client_id in open_ones])
    waiting = [Reservation.waiting(new_id(), wish, at=now) for wish in wanted]
    return [it.reservation for it in await serve_reservations(tx, waiting, freed=freed, now=now)]


async def _give_way(tx: Tx, wanted: Sequence[Wish], lower: Sequence[Reservation]) -> list[Card]:
    """The lower reservations end; their cards are free again."""
    await reservations.save_reservations(tx, [reservation.cancelled() for reservation in lower])
    card_ids = [reservation.card_id for reservation in lower if reservation.card_id is not None]
    return list((await cards.lock_cards(tx, card_ids)).values()) if card_ids else []
