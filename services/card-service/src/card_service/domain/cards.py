"""A card and its whole life (CS-12, CS-25 to CS-29)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.clock import business_day
from chassis.refusals import RuleBroken
from chassis.texts import Text

from card_service.domain.custody import FACTORY, CustodyEntry, Place, at_unit, with_client
from card_service.domain.events import CardCancelled, CardExpired, CardExpiring, CardIssued, CardReplaced
from card_service.domain.levels import CardLevel
from card_service.domain.numbers import CardNumber
from card_service.domain.validity import expiry


class CardStatus(StrEnum):
    """Where a card stands in its life."""

    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    ISSUED = "issued"
    STOPPED = "stopped"
    LOST = "lost"
    EXPIRED = "expired"
    REPLACED = "replaced"
    SPOILED = "spoiled"
    DESTROYED = "destroyed"


# Read a row as: from this status, these are the only next ones. No number ever returns into stock once issued (A16).
NEXT: dict[CardStatus, frozenset[CardStatus]] = {
    CardStatus.IN_STOCK: frozenset({CardStatus.RESERVED, CardStatus.SPOILED, CardStatus.LOST}),
    CardStatus.RESERVED: frozenset({CardStatus.IN_STOCK, CardStatus.ISSUED, CardStatus.SPOILED, CardStatus.LOST}),
    CardStatus.ISSUED: frozenset({CardStatus.STOPPED, CardStatus.LOST, CardStatus.EXPIRED, CardStatus.REPLACED}),
    CardStatus.STOPPED: frozenset({CardStatus.DESTROYED}),
    CardStatus.LOST: frozenset({CardStatus.REPLACED, CardStatus.DESTROYED}),
    CardStatus.EXPIRED: frozenset({CardStatus.DESTROYED}),
    CardStatus.REPLACED: frozenset({CardStatus.DESTROYED}),
    CardStatus.SPOILED: frozenset({CardStatus.DESTROYED}),
    CardStatus.DESTROYED: frozenset(),
}


class IllegalMove(RuleBroken):
    """A step a card's life does not know."""

    code = "card.illegal-move"
    text = Text(en="A card that is {status} cannot become {wanted}.", zh="状态为 {status} 的卡片不能变为 {wanted}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One numbered card. `unit_id` keeps it while in stock and names the issuing unit afterwards; `place` is where the
    plastic is, by the ledger's `custody_step`-th entry."""

    id: UUID
    number: CardNumber
    status: CardStatus
    unit_id: UUID
    place: Place
    custody_step: int
    version: int
    client_id: UUID | None = None
    issued_on: date | None = None
    expires_on: date | None = None
    decision_id: UUID | None = None
    replaced_by: UUID | None = None

    @classmethod
    def received(cls, card_id: UUID, number: CardNumber, *, into: UUID, receipt_id: UUID) -> tuple[Self, CustodyEntry]:
        """A finished card comes in from the factory (CS-12)."""
        card = cls(
            id=card_id,
            number=number,
            status=CardStatus.IN_STOCK,
            unit_id=into,
            place=at_unit(into),
            custody_step=1,
            version=1,
        )
        return card, card._entry(FACTORY, "receipt", receipt_id)

    def reserve(self, client_id: UUID) -> Self:
        """Set aside for a client; the plastic stays where it is."""
        return replace(self._become(CardStatus.RESERVED), client_id=client_id)

    def release(self) -> Self:
        """Back into stock: the client it was set aside for does not get it."""
        return replace(self._become(CardStatus.IN_STOCK), client_id=None)

    def issue(self, *, issue_id: UUID, decision_id: UUID, at: datetime) -> tuple[Self, CardIssued, CustodyEntry]:
        """Handed to its client, valid two years from the business day (CS-10, CS-25); the registry's answer is kept (CS-22)."""
        client_id = self._client()
        issued_on = business_day(at)
        card = replace(
            self._become(CardStatus.ISSUED),
            place=with_client(client_id),
            custody_step=self.custody_step + 1,
            issued_on=issued_on,
            expires_on=expiry(issued_on),
            decision_id=decision_id,
        )
        fact = CardIssued(
            at=at,
            version=card.version,
            client_id=client_id,
            card_id=card.id,
            card_number=str(card.number),
            level=card.number.level.value,
            face=card.number.level.face,
            issued_on=issued_on,
            expires_on=card._expires_on(),
            issuing_unit_id=card.unit_id,
            decision_id=decision_id,
        )
        return card, fact, card._entry(self.place, "issue", issue_id)

    def give_way(self, newer: "Card", *, at: datetime) -> tuple[Self, CardReplaced]:
        """Ends for a newer card of the same client; the old number is terminal (A16)."""
        card = replace(self._become(CardStatus.REPLACED), replaced_by=newer.id)
        return card, CardReplaced(
            at=at,
            version=card.version,
            client_id=self._client(),
            card_id=card.id,
            card_number=str(card.number),
            replaced_by_card_id=newer.id,
            replaced_by_number=str(newer.number),
            replaced_on=business_day(at),
        )

    def stop(self, cause: str, *, decision_id: UUID | None, at: datetime) -> tuple[Self, CardCancelled]:
        """The card's services end at once (CS-29, CCB Art. 18)."""
        card = self._become(CardStatus.STOPPED)
        return card, CardCancelled(
            at=at,
            version=card.version,
            client_id=self._client(),
            card_id=card.id,
            card_number=str(card.number),
            level=card.number.level.value,
            cause=cause,
            decision_id=decision_id,
            cancelled_on=business_day(at),
        )

    def foresee_expiry(self, *, at: datetime) -> tuple[Self, CardExpiring]:
        """Ninety days before its end (CS-26); only an issued card foresees one."""
        if self.status is not CardStatus.ISSUED:
            raise IllegalMove(status=self.status.value, wanted="expiring")
        card = replace(self, version=self.version + 1)
        return card, CardExpiring(
            at=at,
            version=card.version,
            client_id=self._client(),
            card_id=card.id,
            card_number=str(card.number),
            level=card.number.level.value,
            expires_on=self._expires_on(),
        )

    def expire(self, *, at: datetime) -> tuple[Self, CardExpired]:
        """Void when the two years are over (CS-25, CCB Art. 16)."""
        card = self._become(CardStatus.EXPIRED)
        return card, CardExpired(
            at=at,
            version=card.version,
            client_id=self._client(),
            card_id=card.id,
            card_number=str(card.number),
            level=card.number.level.value,
            expired_on=business_day(at),
        )

    def is_good_on(self, day: date) -> bool:
        """Whether the card opens any service on that day: issued and not past its last day (CS-25, CS-29)."""
        return self.status is CardStatus.ISSUED and self.expires_on is not None and day <= self.expires_on

    def _become(self, following: CardStatus) -> Self:
        if following not in NEXT[self.status]:
            raise IllegalMove(status=self.status.value, wanted=following.value)
        return replace(self, status=following, version=self.version + 1)

    def _entry(self, from_place: Place, act: str, act_id: UUID) -> CustodyEntry:
        return CustodyEntry(
            card_id=self.id,
            step=self.custody_step,
            from_place=from_place,
            to_place=self.place,
            act=act,
            act_id=act_id,
        )

    def _client(self) -> UUID:
        if self.client_id is None:
            raise IllegalMove(status=self.status.value, wanted="a client's card")
        return self.client_id

    def _expires_on(self) -> date:
        if self.expires_on is None:
            raise IllegalMove(status=self.status.value, wanted="a card with an end")
        return self.expires_on


def level_of(card: Card | None) -> CardLevel:
    """The level a card stands for; none without a card."""
    return CardLevel.NONE if card is None else card.number.level
