"""What a change of standards would ask of people and cards (EN-1 to EN-6, EN-18, CS-2): planning values are data."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from client_registry.domain.levels import CardLevel, ServiceTier

WEEKS_A_YEAR = 52
# EN-4, EN-5, EN-6; some are not classified yet.
VALUE_CLASSES = ("high", "mid", "low", "unknown")
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Contacts a year for everybody who is served, by asset band and by value class (the stricter counts), the price of
    one card by its level, and what one manager can carry: no document says it, so it is open until the bank sets it."""

    contacts_a_year: Mapping[str, int]
    card_unit_prices: Mapping[str, Decimal]
    contacts_a_year_by_value: Mapping[str, int] = field(default_factory=dict)
    clients_a_manager: int | None = None
    contacts_a_week_a_manager: Decimal | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Assumptions":
        """From the stored values."""
        a_week = given["contacts_a_week_a_manager"]
        return cls(
            contacts_a_year={band: int(count) for band, count in given["contacts_a_year"].items()},
            contacts_a_year_by_value={each: int(count) for each, count in given["contacts_a_year_by_value"].items()},
            card_unit_prices={level: Decimal(price) for level, price in given["card_unit_prices"].items()},
            clients_a_manager=given["clients_a_manager"],
            contacts_a_week_a_manager=None if a_week is None else Decimal(a_week),
        )

    def as_json(self) -> dict[str, Any]:
        """As they are stored with a simulation."""
        a_week = self.contacts_a_week_a_manager
        return {
            "contacts_a_year": dict(self.contacts_a_year),
            "contacts_a_year_by_value": dict(self.contacts_a_year_by_value),
            "card_unit_prices": {level: str(price) for level, price in self.card_unit_prices.items()},
            "clients_a_manager": self.clients_a_manager,
            "contacts_a_week_a_manager": None if a_week is None else str(a_week),
        }

    @property
    def contacts_a_year_a_manager(self) -> Decimal | None:
        """What one manager can carry in a year."""
        a_week = self.contacts_a_week_a_manager
        return None if a_week is None else a_week * WEEKS_A_YEAR

    def is_above(self, *, clients: int, contacts: int) -> bool | None:
        """Whether so many clients or contacts a year are more than one manager can carry; None while nothing is set."""
        a_year = self.contacts_a_year_a_manager
        if self.clients_a_manager is None and a_year is None:
            return None
        too_many = self.clients_a_manager is not None and clients > self.clients_a_manager
        return too_many or (a_year is not None and contacts > a_year)


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
    """Cards of one level: handed out to those without one, in place of one of the other level, taken back for good."""

    level: str
    issue: int
    replace: int
    stop: int
    unit_price: Decimal

    @property
    def needed(self) -> int:
        """Cards to be made."""
        return self.issue + self.replace

    @property
    def cost(self) -> Decimal:
        """What making them costs."""
        return self.needed * self.unit_price


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """So many clients on a level of a ladder under each of both sets."""

    ladder: str
    level: str
    before: int
    after: int


def load_of(counts: Iterable[Count], assumptions: Assumptions) -> Load:
    """Everybody with a card level or a tier above mass is contacted at least as often as his band asks."""
    before = after = 0
    for count in counts:
        rate = assumptions.contacts_a_year[count.asset_band] * count.clients
        before += rate * _is_served(count.card_from, count.tier_from)
        after += rate * _is_served(count.card_to, count.tier_to)
    return Load(before=a_week(before), after=a_week(after))


def cards_of(counts: Iterable[Count], assumptions: Assumptions) -> list[Cards]:
    """The cards of each level (CS-1): whoever comes from no level is issued one, whoever changes level has his replaced
    by one of the new level, whoever falls to none has the one he had stopped. The price is a policy value (CS-2)."""
    levels = [level.value for level in (CardLevel.BRANCH, CardLevel.HEAD_OFFICE)]
    issue, replaced, stop = Counter[str](), Counter[str](), Counter[str]()
    for count in counts:
        if count.card_from == count.card_to:
            continue
        if count.card_from == CardLevel.NONE.value:
            issue[count.card_to] += count.clients
        elif count.card_to == CardLevel.NONE.value:
            stop[count.card_from] += count.clients
        else:
            replaced[count.card_to] += count.clients
    return [
        Cards(
            level=level, issue=issue[level], replace=replaced[level], stop=stop[level],
            unit_price=assumptions.card_unit_prices[level],
        )
        for level in levels
    ]  # fmt: skip


def standings_of(counts: Iterable[Count]) -> list[Standing]:
    """How many would be at which level under each of both sets, on both ladders, lowest level first."""
    before, after = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for count in counts:
        for ladder, start, end in (
            ("card_level", count.card_from, count.card_to), ("service_tier", count.tier_from, count.tier_to),
        ):  # fmt: skip
            before[ladder, start] += count.clients
            after[ladder, end] += count.clients
    order = [("card_level", level.value) for level in CardLevel] + [
        ("service_tier", tier.value) for tier in ServiceTier
    ]
    return [
        Standing(ladder=ladder, level=level, before=before[ladder, level], after=after[ladder, level])
        for ladder, level in order
        if (ladder, level) in before or (ladder, level) in after
    ]


def _is_served(card: str, tier: str) -> bool:
    return card != CardLevel.NONE.value or tier != ServiceTier.MASS.value


def a_week(contacts_a_year: int) -> Decimal:
    """Contacts of a year as contacts a week, with one decimal."""
    return (Decimal(contacts_a_year) / WEEKS_A_YEAR).quantize(_TENTH, rounding=ROUND_HALF_UP)
