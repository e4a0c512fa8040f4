"""Give waiting reservations the cards that lie on the shelves of their line, lowest number first (CS-9, CS-10)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from chassis import outbox, work_items
from chassis.clock import business_day
from chassis.db import Tx

from card_service.domain.cards import Card
from card_service.domain.events import StockLow
from card_service.domain.organisation import line
from card_service.domain.reservations import Reservation, Served, serve
from card_service.domain.shelves import KEEPER, RESTOCK, RESTOCK_WITHIN, Place, Shelf, after
from card_service.store import cards, organisation, reservations, shelves


async def serve_reservations(
    tx: Tx, waiting: Sequence[Reservation], *, freed: Sequence[Card] = (), now: datetime
) -> list[Served]:
    """Every reservation is saved, with its card or still waiting; `freed` cards, locked, go back first.

    All shelves of all lines are locked in one order before a card is looked for: numbers go out without gaps or
    doubles, whoever rolls back. A shelf that runs low is said and given to a keeper, once.
    """
    held = await shelves.lock_shelves(
        tx,
        at_paths={place for reservation in waiting for place in _line(reservation)},
        of_units={(card.unit_id, card.number.level) for card in freed},
    )
    held = await _put_back(tx, freed, held)
    wanted = Counter(place for reservation in waiting for place in _line(reservation))
    served = serve(waiting, await shelves.free_cards(tx, wanted, held), at=now)
    await cards.save_cards(tx, [it.card for it in served if it.card is not None])
    await reservations.save_reservations(tx, [it.reservation for it in served])
    changed, low = after(held, taken=_taken(served), wanting=_wanting(served), at=now)
    await shelves.save_shelves(tx, changed)
    await outbox.add(tx, *low)
    await _tell_keepers(tx, low, {shelf.id: shelf for shelf in changed}, now=now)
    return served


async def _put_back(tx: Tx, freed: Sequence[Card], held: dict[Place, Shelf]) -> dict[Place, Shelf]:
    if not freed:
        return held
    await cards.save_cards(tx, [card.release() for card in freed])
    back = Counter((card.unit_id, card.number.level) for card in freed)
    filled = {place: shelf.put(back[shelf.unit_id, shelf.level]) for place, shelf in held.items()}
    await shelves.save_shelves(tx, list(filled.values()))
    return filled


def _line(reservation: Reservation) -> list[Place]:
    wish = reservation.wish
    return [(path, wish.level) for path in line(wish.home_path)] if wish.home_path else []


def _taken(served: Sequence[Served]) -> Counter[Place]:
    return Counter(
        (it.reservation.found_at, it.reservation.wish.level) for it in served if it.reservation.found_at is not None
    )


def _wanting(served: Sequence[Served]) -> set[Place]:
    """The home shelves of those who found no card anywhere."""
    return {
        (it.reservation.wish.home_path, it.reservation.wish.level)
        for it in served
        if it.card is None and it.reservation.wish.home_path is not None
    }


async def _tell_keepers(tx: Tx, low: Sequence[StockLow], by_id: dict[object, Shelf], *, now: datetime) -> None:
    """A work item for the nearest unit with a keeper; where nobody is posted, for the unit itself (CS-13, A15)."""
    for fact in low:
        shelf = by_id[fact.shelf_id]
        found = await organisation.nearest_with_role(tx, shelf.path, KEEPER, on=business_day(now))
        unit_id, path = found or (shelf.unit_id, shelf.path)
        await work_items.add(
            tx,
            kind=RESTOCK,
            rule="A15",
            text=RESTOCK,
            client_id=None,
            subject_id=shelf.id,
            owner=None,
            owner_role=KEEPER,
            unit_id=unit_id,
            unit_path=path,
            due_at=now + RESTOCK_WITHIN,
            now=now,
        )
