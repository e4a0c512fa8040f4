"""Entitlements as data (CR-86 to CR-93): what a level gives, where it holds, and how two limits compare.

Limits are typed values and are compared as such, never as prose (CR-19, CCB Art. 26). What a measure says where it is
not stated: no discount is the least, no upper bound on amount or count the most, no promise in minutes the least.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self

from chassis.texts import Text

from client_registry.domain.levels import CardLevel

EMERGENCY_CASH = "emergency-cash"
# Times a year, so that counts of different periods compare.
PERIODS_A_YEAR: Mapping[str, int] = {"day": 365, "month": 12, "quarter": 4, "year": 1}


class Family(StrEnum):
    """The five families (CR-86, CCB Art. 20)."""

    PRIORITY = "priority"
    PREFERENTIAL = "preferential"
    ADVISORY = "advisory"
    CARE = "care"
    EMERGENCY = "emergency"


class Visibility(StrEnum):
    """Who is told the standards (CR-93): everybody, or wealth and private channels and whoever serves an eligible client."""

    EVERYBODY = "everybody"
    WEALTH_CHANNELS = "wealth_channels"


class Condition(StrEnum):
    """What must be looked at before the service is given."""

    VALID_ID = "valid_id"
    CREDIT_GRADE = "credit_grade"
    CONTRACTED_MERCHANT = "contracted_merchant"
    CENTRAL_BANK_LIMITS = "central_bank_limits"
    BOOKED_AHEAD = "booked_ahead"
    CARD_LOST_OR_STOLEN = "card_lost_or_stolen"


CONDITION_TEXTS: Mapping[Condition, Text] = {
    Condition.VALID_ID: Text(
        en="Check the client's valid identity document together with the card (CS-27).",
        zh="须核验客户本人有效身份证件与卡片（CS-27）。",
    ),
    Condition.CREDIT_GRADE: Text(en="Check the client's credit grade.", zh="须核对客户信用等级。"),
    Condition.CONTRACTED_MERCHANT: Text(en="Only at a contracted merchant.", zh="仅限特约商户。"),
    Condition.CENTRAL_BANK_LIMITS: Text(
        en="The rate must stay within the central bank's limits.", zh="利率须在人民银行规定的浮动范围内。"
    ),
    Condition.BOOKED_AHEAD: Text(en="Must be booked ahead.", zh="须提前预约。"),
    Condition.CARD_LOST_OR_STOLEN: Text(
        en="The card must be reported lost or stolen.", zh="卡片须已报失（遗失或被盗）。"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of it: a discount in percent, yuan each time, times in a period, minutes until it is given."""

    discount_percent: Decimal | None = None
    amount_max: Decimal | None = None
    count_max: int | None = None
    period: str | None = None
    minutes_max: int | None = None

    def yearly(self) -> int | None:
        """Times a year; None for as often as one likes."""
        return None if self.count_max is None else self.count_max * PERIODS_A_YEAR[self.period or "year"]

    def exceeding(self, ceiling: Self) -> tuple[str, ...]:
        """The measures in which this gives more than the ceiling, in a fixed order (CR-19)."""
        more = {
            "discount_percent": (self.discount_percent or 0) > (ceiling.discount_percent or 0),
            "amount_max": _above(self.amount_max, ceiling.amount_max),
            "count_max": _above(self.yearly(), ceiling.yearly()),
            "minutes_max": self.minutes_max is not None
            and (ceiling.minutes_max is None or self.minutes_max < ceiling.minutes_max),
        }
        return tuple(measure for measure, exceeds in more.items() if exceeds)

    def within(self, ceiling: Self) -> Self:
        """The same, each measure brought down to the ceiling where it gave more."""
        capped = self
        for measure in self.exceeding(ceiling):
            capped = replace(capped, **{measure: getattr(ceiling, measure)})
            if measure == "count_max":
                capped = replace(capped, period=ceiling.period)
        return capped

    def stated(self, measure: str) -> str:
        """One measure in figures, for a refusal that names it."""
        value = getattr(self, measure)
        return "-" if value is None else f"{value}/{self.period}" if measure == "count_max" else f"{value}"


def _above(mine: Decimal | int | None, ceiling: Decimal | int | None) -> bool:
    """Whether an upper bound lies above another; none lies above every one."""
    return ceiling is not None and (mine is None or mine > ceiling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """One item of the catalogue. `limits` by card level; `tiers` have it without a card, as head-office level has it."""

    code: str
    family: Family
    article: str
    title: Text
    words: Text
    limits: Mapping[CardLevel, Limits]
    tiers: frozenset[str]
    conditions: tuple[Condition, ...]
    not_away: bool
    visibility: Visibility
    status: str
    effective_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEntitlement:
    """What one first-level branch says: a service of its own, other limits for its branch level, or a later start."""

    id: str
    kind: str
    code: str
    branch_path: str
    family: Family
    title: Text
    words: Text
    limits: Limits
    conditions: tuple[Condition, ...]
    not_away: bool
    effective_on: date
    effective_until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force that day."""
        return self.effective_on <= day and (self.effective_until is None or day <= self.effective_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One version of the head office's list."""

    version: int
    valid_from: date
    entitlements: tuple[Entitlement, ...]

    def find(self, code: str) -> Entitlement | None:
        """The item of that code, or None."""
        return next((item for item in self.entitlements if item.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedClient:
    """What a decision needs to know of the client, and nothing else: levels, and the branch of the card or the file."""

    card_level: CardLevel
    service_tier: str
    branch_path: str | None


def branch_of(unit_path: str) -> str | None:
    """The first-level branch of a place: "/hq/bj/bj-01/" lies in "/hq/bj/"; head office lies in none."""
    parts = unit_path.strip("/").split("/")
    return f"/{parts[0]}/{parts[1]}/" if len(parts) > 1 else None
