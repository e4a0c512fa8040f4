"""Which card is set aside for which client, and why (CS-10, CS-23; a rise of card level reserves, a tier never does)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from card_service.domain.cards import Card, CardStatus, level_of
from card_service.domain.levels import CardLevel
from card_service.domain.organisation import line

# A passed re-verification before a card's end (CS-26).
RENEWAL = "renewal"


class ReservationStatus(StrEnum):
    """Where a reservation stands; `waiting` has no card yet."""

    WAITING = "waiting"
    RESERVED = "reserved"
    ISSUED = "issued"
    CANCELLED = "cancelled"


# Read a row as: from this status, these are the only next ones.
NEXT: dict[ReservationStatus, frozenset[ReservationStatus]] = {
    ReservationStatus.WAITING: frozenset({ReservationStatus.RESERVED, ReservationStatus.CANCELLED}),
    ReservationStatus.RESERVED: frozenset(
        {ReservationStatus.WAITING, ReservationStatus.ISSUED, ReservationStatus.CANCELLED}
    ),
    ReservationStatus.ISSUED: frozenset(),
    ReservationStatus.CANCELLED: frozenset(),
}


class ReservationMoved(RuleBroken):
    """The reservation was issued, cancelled or still waits for a card."""

    code = "reservation.illegal-move"
    text = Text(
        en="A reservation that is {status} cannot become {wanted}.", zh="状态为 {status} 的预留不能变为 {wanted}。"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A client's card level moved, or stayed while his service tier moved."""

    client_id: UUID
    level_from: CardLevel
    level_to: CardLevel
    home_unit_id: UUID
    decision_id: UUID
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A client whose card level rose, and the place whose stock serves him first."""

    client_id: UUID
    level: CardLevel
    home_unit_id: UUID
    home_path: str | None
    decision_id: UUID
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """`found_at` is the path whose shelf gave the card; None while the client waits."""

    id: UUID
    wish: Wish
    status: ReservationStatus
    card_id: UUID | None
    found_at: str | None
    asked_at: datetime
    reserved_at: datetime | None
    version: int

    @classmethod
    def waiting(cls, reservation_id: UUID, wish: Wish, *, at: datetime) -> Self:
        """The client is owed a card."""
        return cls(
            id=reservation_id,
            wish=wish,
            status=ReservationStatus.WAITING,
            card_id=None,
            found_at=None,
            asked_at=at,
            reserved_at=None,
            version=1,
        )

    def served(self, card: Card, *, found_at: str, at: datetime) -> Self:
        """A numbered card is set aside for the client."""
        return replace(self._become(ReservationStatus.RESERVED), card_id=card.id, found_at=found_at, reserved_at=at)

    def at_home(self, *, home_unit_id: UUID, home_path: str | None) -> Self:
        """The client's home moved, and the card set aside still lies on its line."""
        wish = replace(self.wish, home_unit_id=home_unit_id, home_path=home_path)
        return replace(self, wish=wish, version=self.version + 1)

    def unserved(self, *, home_unit_id: UUID, home_path: str | None) -> Self:
        """The client moved away from that stock and waits for a card of the new home."""
        waiting = self if self.status is ReservationStatus.WAITING else self._become(ReservationStatus.WAITING)
        return replace(
            waiting.at_home(home_unit_id=home_unit_id, home_path=home_path),
            card_id=None,
            found_at=None,
            reserved_at=None,
        )

    def issued(self) -> Self:
        """The card is in the client's hands."""
        return self._become(ReservationStatus.ISSUED)

    def cancelled(self) -> Self:
        """The client gets no card from this reservation."""
        return self._become(ReservationStatus.CANCELLED)

    @property
    def is_open(self) -> bool:
        """Whether the client still waits, for a card or for its issue."""
        return ReservationStatus.CANCELLED in NEXT[self.status]

    def _become(self, following: ReservationStatus) -> Self:
        if following not in NEXT[self.status]:
            raise ReservationMoved(status=self.status.value, wanted=following.value)
        return replace(self, status=following, version=self.version + 1)


def newest_wishes(rises: Iterable[Rise], paths: Mapping[UUID, str]) -> list[Wish]:
    """The wish of each client whose card level rose, the last told counting; a tier that moved alone is no wish."""
    newest: dict[UUID, Rise] = {}
    for rise in rises:
        if rise.level_to.is_above(rise.level_from):
            newest.pop(rise.client_id, None)
            newest[rise.client_id] = rise
    return [
        Wish(
            client_id=rise.client_id,
            level=rise.level_to,
            home_unit_id=rise.home_unit_id,
            home_path=paths.get(rise.home_unit_id),
            decision_id=rise.decision_id,
            cause=rise.cause,
        )
        for rise in newest.values()
    ]


def wants_card(wish: Wish, *, open_reservation: Reservation | None, held: Card | None) -> bool:
    """Whether the rise of level calls for a card: not where one of that level or above is held or on its way."""
    if wish.level is CardLevel.NONE:
        return False
    on_its_way = CardLevel.NONE if open_reservation is None else open_reservation.wish.level
    if wish.cause == RENEWAL:
        # The card in hand comes to its end: it gives way when the new one is issued.
        held = None
    in_hand = level_of(held) if held is not None and held.status is CardStatus.ISSUED else CardLevel.NONE
    return wish.level.is_above(on_its_way) and wish.level.is_above(in_hand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One reservation after the shelves were asked; `card` is None where none of them had one."""

    reservation: Reservation
    card: Card | None


def serve(
    waiting: Sequence[Reservation], shelves: Mapping[tuple[str, CardLevel], Iterable[Card]], *, at: datetime
) -> list[Served]:
    """Gives each reservation, in the order asked, the lowest number of the nearest shelf that holds one.

    `shelves` maps a unit's path and a level to its free cards, lowest number first. The home unit comes first, then each
    unit above it within the branch.
    """
    left = {place: iter(cards) for place, cards in shelves.items()}
    return [_serve_one(reservation, left, at=at) for reservation in waiting]


def _serve_one(
    reservation: Reservation, left: Mapping[tuple[str, CardLevel], Iterable[Card]], *, at: datetime
) -> Served:
    wish = reservation.wish
    for path in line(wish.home_path) if wish.home_path else ():
        card = next(iter(left.get((path, wish.level), ())), None)
        if card is not None:
            kept = card.reserve(wish.client_id)
            return Served(reservation=reservation.served(kept, found_at=path, at=at), card=kept)
    return Served(reservation=reservation, card=None)
