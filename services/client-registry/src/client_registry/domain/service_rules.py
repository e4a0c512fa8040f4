"""Numbers that the bank sets for emergency cash, away service and priority, read from a version of the catalogue (A17)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from chassis.texts import Text

from client_registry.domain.entitlements import (
    PERIODS_A_YEAR,
    Catalogue,
    Condition,
    Entitlement,
    Family,
    Limits,
    Visibility,
)
from client_registry.domain.levels import CARD_LADDER, TIER_LADDER, CardLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyCashRules:
    """How much within how many days, and how long a request waits for its release (CR-91; A17: the bank's values)."""

    period_max: Decimal
    period: timedelta
    open_for: timedelta
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayRules:
    """Feedback to the home manager and report to the province (CR-96, CR-99, CR-100)."""

    feedback_tiers: frozenset[str]
    follow_up_within: timedelta
    report_tiers: frozenset[str]
    report_within: timedelta
    large_allocation_min: Decimal
    recognised_for: timedelta
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRules:
    """Queue priority (1 first) and the clock of ten minutes (CR-26, CR-101)."""

    tiers: Mapping[str, int]
    card_levels: Mapping[str, int]
    clock_tiers: frozenset[str]
    response_within: timedelta
    article: str

    def of(self, *, service_tier: str, card_level: str) -> int:
        """The better of what tier and card give."""
        return min(self.tiers[service_tier], self.card_levels[card_level])


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """One version: the entitlements and the numbers beside them."""

    catalogue: Catalogue
    emergency_cash: EmergencyCashRules
    away: AwayRules
    priority: PriorityRules


def read_limits(given: Mapping[str, Any]) -> Limits:
    """Typed limits from a document. ValueError for a measure that is unknown, negative, or a count without a period."""
    unknown = set(given) - {"discount_percent", "amount_max", "count_max", "period", "minutes_max"}
    if unknown:
        raise ValueError(f"limits name unknown measures: {sorted(unknown)}")
    limits = Limits(
        discount_percent=_decimal(given.get("discount_percent")),
        amount_max=_decimal(given.get("amount_max")),
        count_max=given.get("count_max"),
        period=given.get("period"),
        minutes_max=given.get("minutes_max"),
    )
    if (limits.count_max is None) != (limits.period is None):
        raise ValueError("a count needs a period, and a period a count")
    if limits.period is not None and limits.period not in PERIODS_A_YEAR:
        raise ValueError("the period is unknown")
    numbers = (limits.discount_percent, limits.amount_max, limits.count_max, limits.minutes_max)
    if any(number is not None and number < 0 for number in numbers) or (limits.discount_percent or 0) > 100:
        raise ValueError("a limit is negative, or a discount above 100")
    return limits


def write_limits(limits: Limits) -> dict[str, Any]:
    """The document form of limits: amounts and percentages as text."""
    found = {
        "discount_percent": None if limits.discount_percent is None else str(limits.discount_percent),
        "amount_max": None if limits.amount_max is None else str(limits.amount_max),
        "count_max": limits.count_max,
        "period": limits.period,
        "minutes_max": limits.minutes_max,
    }
    return {measure: value for measure, value in found.items() if value is not None}


def read_service_rules(document: Mapping[str, Any]) -> ServiceRules:
    """A version of the catalogue as values. KeyError or ValueError where the document is broken.

    A branch level that gives more than head-office level is broken too (CR-19).
    """
    items = tuple(_entitlement(given) for given in document["entitlements"])
    if len({item.code for item in items}) != len(items):
        raise ValueError("a code stands twice in the catalogue")
    for item in items:
        branch = item.limits.get(CardLevel.BRANCH)
        if branch is not None and branch.exceeding(item.limits[CardLevel.HEAD_OFFICE]):
            raise ValueError(f"{item.code}: branch level gives more than head-office level (CR-19)")
    rules = document["rules"]
    return ServiceRules(
        catalogue=Catalogue(
            version=int(document["version"]),
            valid_from=date.fromisoformat(document["valid_from"]),
            entitlements=items,
        ),
        emergency_cash=_emergency_cash(rules["emergency_cash"]),
        away=_away(rules["away_service"]),
        priority=_priority(rules["priority"]),
    )


def _entitlement(given: Mapping[str, Any]) -> Entitlement:
    return Entitlement(
        code=given["code"],
        family=Family(given["family"]),
        article=given["article"],
        title=Text(en=given["title_en"], zh=given["title_zh"]),
        words=Text(en=given["text_en"], zh=given["text_zh"]),
        limits={
            CardLevel(level): read_limits(limits) for level, limits in given["limits"].items() if limits is not None
        },
        tiers=frozenset(given["tiers"]),
        conditions=tuple(Condition(each) for each in given["conditions"]),
        not_away=given["not_away"],
        visibility=Visibility(given["visibility"]),
        status=given["status"],
        effective_on=date.fromisoformat(given["effective_on"]),
    )


def _emergency_cash(given: Mapping[str, Any]) -> EmergencyCashRules:
    return EmergencyCashRules(
        period_max=Decimal(given["period_max"]),
        period=timedelta(days=given["period_days"]),
        open_for=timedelta(hours=given["open_hours"]),
        article=given["article"],
    )


def _away(given: Mapping[str, Any]) -> AwayRules:
    return AwayRules(
        feedback_tiers=frozenset(given["feedback_tiers"]),
        follow_up_within=timedelta(hours=given["follow_up_hours"]),
        report_tiers=frozenset(given["report_tiers"]),
        report_within=timedelta(hours=given["report_hours"]),
        large_allocation_min=Decimal(given["large_allocation_min"]),
        recognised_for=timedelta(hours=given["recognised_for_hours"]),
        article=given["article"],
    )


def _priority(given: Mapping[str, Any]) -> PriorityRules:
    missing = {tier.value for tier in TIER_LADDER} - set(given["tiers"])
    missing |= {level.value for level in CARD_LADDER} - set(given["card_levels"])
    if missing:
        raise ValueError(f"no priority for {sorted(missing)}")
    return PriorityRules(
        tiers=dict(given["tiers"]),
        card_levels=dict(given["card_levels"]),
        clock_tiers=frozenset(given["clock_tiers"]),
        response_within=timedelta(minutes=given["response_minutes"]),
        article=given["article"],
    )


def _decimal(given: str | None) -> Decimal | None:
    return None if given is None else Decimal(given)
