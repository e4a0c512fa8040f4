"""What a standard may ask beside figures: products held (CR-22, CR-23), and what went wrong with a client (CR-8, CR-18).

A product opened on a day is held on that day; one closed on a day is not held on it any more. Nothing known of a product
means that it is not held: openings and closings are told as they happen, so nothing is missing here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from client_registry.domain.figures import month_of
from client_registry.domain.standing_policy import months_later

HOLDS_PRODUCT = "holds_product"
# Which day a product must be held on: the day of the decision, or the end of the last closed month.
ON_THE_DAY, AT_MONTH_END = 0, 1
PRODUCT_WINDOWS = (ON_THE_DAY, AT_MONTH_END)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldProduct:
    """One product a client holds, and since when as far as that was told."""

    product_code: str
    since_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEvent:
    """One thing that went wrong (CR-18, EN-27)."""

    kind: str
    occurred_on: date
    days_overdue: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was known of a client at a cut-off, beside the figures: holdings by window, risk events up to the day."""

    as_of: date
    holdings: Mapping[int, Collection[HeldProduct]] = field(default_factory=dict)
    risk_events: tuple[RiskEvent, ...] = ()

    def held(self, products: Collection[str], *, window: int) -> HeldProduct | None:
        """Of the products asked for the one that is held longest; None where none is held."""
        found = [each for each in self.holdings.get(window, ()) if each.product_code in products]
        return min(found, key=lambda each: (each.since_on or self.as_of, each.product_code), default=None)

    def latest_event(
        self, kinds: Collection[str], *, within_months: int, days_overdue_min: int | None
    ) -> RiskEvent | None:
        """The newest event of these kinds that still counts: up to the day before the same day so many months later."""
        found = [
            event
            for event in self.risk_events
            if event.kind in kinds
            and event.occurred_on <= self.as_of < months_later(event.occurred_on, within_months)
            and (days_overdue_min is None or (event.days_overdue or 0) >= days_overdue_min)
        ]
        return max(found, key=lambda event: (event.occurred_on, event.kind), default=None)


# Of whom nothing but figures is known.
NOTHING_KNOWN = Circumstances(as_of=date.min)


def window_day(as_of: date, window: int) -> date:
    """The day a window of products looks at."""
    return as_of if window == ON_THE_DAY else month_end_before(as_of)


def month_end_before(as_of: date) -> date:
    """The last day of the last closed month."""
    return month_of(as_of) - timedelta(days=1)
