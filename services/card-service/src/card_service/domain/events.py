"""Facts this service says. A VIP card number is a business number and may travel; nothing personal does.

A `level` here is `branch` or `head_office`: no card is of level none.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact

from card_service.domain.levels import CardFace

CARDS = "vip.cards.v1"
CLIENTS = "vip.clients.v1"
ORGANISATION = "vip.organisation.v1"


@dataclass(frozen=True, kw_only=True)
class CardIssued(Fact):
    """A card was handed to its client; the registry writes the number on the file (CS-10, CS-11, CS-24)."""

    topic: ClassVar[str] = CARDS
    aggregate: ClassVar[str] = "card"
    aggregate_id_field: ClassVar[str] = "card_id"

    client_id: UUID
    card_id: UUID
    card_number: str
    level: str
    face: CardFace
    issued_on: date
    expires_on: date
    issuing_unit_id: UUID
    decision_id: UUID


@dataclass(frozen=True, kw_only=True)
class CardReplaced(Fact):
    """A card ended because its client holds a newer one; its number is never used again (CS-28, A16)."""

    topic: ClassVar[str] = CARDS
    aggregate: ClassVar[str] = "card"
    aggregate_id_field: ClassVar[str] = "card_id"

    client_id: UUID
    card_id: UUID
    card_number: str
    replaced_by_card_id: UUID
    replaced_by_number: str
    replaced_on: date


@dataclass(frozen=True, kw_only=True)
class CardCancelled(Fact):
    """A card's services stopped during its validity (CS-29)."""

    topic: ClassVar[str] = CARDS
    aggregate: ClassVar[str] = "card"
    aggregate_id_field: ClassVar[str] = "card_id"

    client_id: UUID
    card_id: UUID
    card_number: str
    level: str
    cause: str
    decision_id: UUID | None
    cancelled_on: date


@dataclass(frozen=True, kw_only=True)
class CardExpiring(Fact):
    """A card ends in ninety days; the registry verifies the client again (CS-26)."""

    topic: ClassVar[str] = CARDS
    aggregate: ClassVar[str] = "card"
    aggregate_id_field: ClassVar[str] = "card_id"

    client_id: UUID
    card_id: UUID
    card_number: str
    level: str
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class CardExpired(Fact):
    """A card's two years are over; it is void (CS-25)."""

    topic: ClassVar[str] = CARDS
    aggregate: ClassVar[str] = "card"
    aggregate_id_field: ClassVar[str] = "card_id"

    client_id: UUID
    card_id: UUID
    card_number: str
    level: str
    expired_on: date


@dataclass(frozen=True, kw_only=True)
class StockLow(Fact):
    """A unit's stock of a level fell to its reorder point, or a client found none (A15)."""

    topic: ClassVar[str] = CARDS
    aggregate: ClassVar[str] = "shelf"
    aggregate_id_field: ClassVar[str] = "shelf_id"
    key_field: ClassVar[str] = "unit_id"

    shelf_id: UUID
    unit_id: UUID
    level: str
    in_stock: int
    reorder_point: int
