"""Who is near a standard (CR-16, CCB Art. 14): what is missing criterion by criterion, and until when it would count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal

from client_registry.domain.figures import WINDOW_MONTHS, closed_months, month_of, months_back
from client_registry.domain.policies import REPAYMENT_NOT_CLEAN, REPAYMENT_UNKNOWN
from client_registry.domain.policy_metrics import METRICS
from client_registry.domain.shortfalls import Missing

_ZERO = Decimal(0)
_CENT = Decimal("0.01")
# What is averaged is divided by the window, what is summed is not.
_MEANS = frozenset({"deposit_avg_12m"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredMonth:
    """What one month brought to the figures that are measured over several months; None was not delivered."""

    month: date
    deposit: Decimal | None
    card_spend: Decimal | None

    def of(self, metric: str) -> Decimal | None:
        """The month's part of a metric."""
        return self.deposit if metric in _MEANS else self.card_spend


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The way to one bound: the window that was decided by, the month that leaves it next, and what the open month must
    bring so that the next window meets the bound. `undelivered` are the months whose figures are not there."""

    missing: Missing
    window_from: date
    window_to: date
    leaves_month: date
    leaves_on: date
    leaves_amount: Decimal
    open_month_needs: Decimal
    undelivered: tuple[date, ...]

    @property
    def decided(self) -> bool:
        """Whether nothing that could change the amount is missing."""
        return not self.undelivered and self.missing.reason != REPAYMENT_UNKNOWN


def reach_of(
    missing: Missing,
    months: Sequence[DeliveredMonth],
    *,
    month_end: date,
    came: date | None,
    complete: bool,
) -> Reach:
    """How far it is to a criterion's bound. `month_end` is the first day after the window that was decided by."""
    window_months = METRICS[missing.metric].window_months
    window = closed_months(month_end, window_months)
    if window_months < WINDOW_MONTHS:
        undelivered = () if complete else window
        held, leaving = missing.value, missing.value
    else:
        known = {each.month: amount for each in months if (amount := each.of(missing.metric)) is not None}
        held = sum((known.get(month, _ZERO) for month in window), _ZERO)
        leaving = known.get(window[0], _ZERO)
        undelivered = tuple(m for m in window if m not in known and not (came is not None and m < month_of(came)))
    parts = WINDOW_MONTHS if missing.metric in _MEANS else 1
    needs = missing.bound * parts - (held - leaving)
    return Reach(
        missing=missing,
        window_from=window[0],
        window_to=window[-1],
        leaves_month=window[0],
        leaves_on=months_back(month_end, -1),
        leaves_amount=leaving,
        open_month_needs=max(needs, _ZERO).quantize(_CENT, rounding=ROUND_UP),
        undelivered=undelivered,
    )


def within_reach(missing: Sequence[Missing]) -> list[Missing]:
    """The criteria that can still be met by an amount: a bad repayment record or a missing product is not mended by one."""
    return [each for each in missing if each.in_yuan and each.reason != REPAYMENT_NOT_CLEAN]
