"""Two clients turn out to be one: cards and reservations of the merged one are the survivor's (domain decisions, 4)."""

from datetime import date, datetime
from uuid import UUID

from chassis import outbox
from chassis.db import Tx

from card_service.domain.cards import Card
from card_service.domain.levels import CardLevel
from card_service.domain.reservations import Reservation, Rise
from card_service.store import cards, clients, issues, mergers, reservations
from card_service.use_cases.reserve_cards import reserve_cards
from card_service.use_cases.serve_reservations import serve_reservations


async def merge_clients(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """One good card and one open reservation remain, the higher level first, then the newer; the other card stops.

    Heard under both clients, so that nothing said of the merged one before is missed; the second time moves the rest.
    """
    await mergers.begin(tx, surviving=surviving, merged=merged)
    await clients.lock_levels(tx, [surviving, merged])
    held = await cards.lock_issued_of(tx, [surviving, merged])
    if len(held) == 2:
        weaker = min(held.values(), key=_strength)
        stopped, fact = weaker.stop("merged", decision_id=merger_id, at=now)
        await cards.save_cards(tx, [stopped])
        await outbox.add(tx, fact)
        await mergers.note_stopped(tx, merger_id, [stopped.id])
    waiting = await reservations.lock_open_of(tx, [surviving, merged])
    freed: list[Card] = []
    if len(waiting) == 2:
        freed = await _cancel(tx, merger_id, waiting[surviving], waiting[merged])
    await mergers.move(tx, merger_id, surviving=surviving, merged=merged)
    if freed:
        await serve_reservations(tx, [], freed=freed, now=now)


async def separate_clients(tx: Tx, merger_id: UUID, *, surviving: UUID, merged: UUID, now: datetime) -> None:
    """The merger was taken back: what it moved is the other client's again.

    A number that was stopped never comes back (A16): whose card or reservation ended with the merger is owed a new one
    of that level, unless he has sunk below it meanwhile.
    """
    levels = await clients.lock_levels(tx, [surviving, merged])
    await mergers.move_back(tx, merger_id, surviving=surviving, merged=merged)
    rises = [
        Rise(
            client_id=row["client_id"],
            level_from=CardLevel.NONE,
            level_to=CardLevel(row["level"]),
            home_unit_id=row["home_unit_id"],
            decision_id=merger_id,
            cause="merger_reversed",
        )
        for row in await mergers.owed(tx, merger_id)
        if not CardLevel(row["level"]).is_above(levels[row["client_id"]])
    ]
    await reserve_cards(tx, rises, now=now)


async def _cancel(tx: Tx, merger_id: UUID, kept: Reservation, other: Reservation) -> list[Card]:
    """Of two open reservations the lower one ends, the survivor's own where they are alike; its card is free."""
    loser = kept if other.wish.level.is_above(kept.wish.level) else other
    await issues.strike_out(tx, loser.id)
    await reservations.save_reservations(tx, [loser.cancelled()])
    await mergers.note_cancelled(tx, merger_id, [loser.id])
    return [await cards.lock_card(tx, loser.card_id)] if loser.card_id is not None else []


def _strength(card: Card) -> tuple[bool, date]:
    return card.number.level is CardLevel.HEAD_OFFICE, card.issued_on or date.min
