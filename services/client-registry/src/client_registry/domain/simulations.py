"""What a change of standards would ask of people and cards (EN-1, EN-2, EN-6, CS-2): planning values are data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from client_registry.domain.levels import CardLevel, ServiceTier, card_rank

WEEKS_A_YEAR = 52
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Contacts a year by asset band for everybody who is served, and the price of one card."""

    contacts_a_year: Mapping[str, int]
    card_unit_price: Decimal

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Assumptions":
        """From the stored or delivered values."""
        return cls(
            contacts_a_year={band: int(count) for band, count in given["contacts_a_year"].items()},
            card_unit_price=Decimal(given["card_unit_price"]),
        )

    def as_json(self) -> dict[str, Any]:
        """As they are stored with a simulation."""
        return {"contacts_a_year": dict(self.contacts_a_year), "card_unit_price": str(self.card_unit_price)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many clients below a unit stand here before and there after."""

    unit_id: UUID
    unit_code: str
    card_from: str
    card_to: str
    tier_from: str
    tier_to: str
    asset_band: str
    clients: int

    @property
    def moves(self) -> bool:
        """Whether anything changes for them."""
        return (self.card_from, self.tier_from) != (self.card_to, self.tier_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Contacts a week that the cadence floors ask for, before and after."""

    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """Cards for those who rise, and what they cost."""

    needed: int
    cost: Decimal


def load_of(counts: Iterable[Count], assumptions: Assumptions) -> Load:
    """Everybody with a card level or a tier above mass is contacted at least as often as his band asks."""
    before = after = 0
    for count in counts:
        rate = assumptions.contacts_a_year[count.asset_band] * count.clients
        before += rate * _is_served(count.card_from, count.tier_from)
        after += rate * _is_served(count.card_to, count.tier_to)
    return Load(before=_a_week(before), after=_a_week(after))


def cards_of(counts: Iterable[Count], assumptions: Assumptions) -> Cards:
    """One card for each client whose card level rises (CS-2: the price is a policy value)."""
    needed = sum(
        count.clients for count in counts if card_rank(CardLevel(count.card_to)) > card_rank(CardLevel(count.card_from))
    )
    return Cards(needed=needed, cost=needed * assumptions.card_unit_price)


def _is_served(card: str, tier: str) -> bool:
    return card != CardLevel.NONE.value or tier != ServiceTier.MASS.value


def _a_week(contacts_a_year: int) -> Decimal:
    return (Decimal(contacts_a_year) / WEEKS_A_YEAR).quantize(_TENTH, rounding=ROUND_HALF_UP)
