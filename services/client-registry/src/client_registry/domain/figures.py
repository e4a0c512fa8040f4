"""Metrics out of monthly figures (domain decisions, section 2): the meaning both evaluators share.

Months are closed calendar months, named by their first day. A missing figure counts 0 and is remembered as missing;
a month before the client came counts 0 and is not missing.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import lru_cache

WINDOW_MONTHS = 12
REPAYMENT_MONTHS = 24
OVERDUE_DAYS_BAD = 30
_CENT = Decimal("0.01")
_ZERO = Decimal(0)


class Repayment(StrEnum):
    """How the client repaid in the last 24 months; `none` where nothing was to be repaid."""

    NONE = "none"
    CLEAN = "clean"
    NOT_CLEAN = "not_clean"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """One month as delivered, in yuan; None was not delivered."""

    deposit_average: Decimal | None = None
    deposit_month_end: Decimal | None = None
    card_spend: Decimal | None = None
    assets: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanMonth:
    """Personal loans in one month: outstanding at its end, longest overdue in it, overdue at its end (days)."""

    outstanding: Decimal | None = None
    overdue_days_max: int | None = None
    overdue_days_open: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentHistory:
    """A delivered summary that covers `months_covered` months ending with the month it is filed under."""

    months_covered: int
    overdue_days_max: int
    overdue_days_open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """All that is known about one client at a cut-off: the newest delivered figure of each month."""

    months: Mapping[date, MonthFigures] = field(default_factory=dict)
    loans: Mapping[date, LoanMonth] = field(default_factory=dict)
    histories: Mapping[date, RepaymentHistory] = field(default_factory=dict)
    client_since_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The inputs of a decision. `*_months` say how many of the twelve months are known, `*_known` whether one is."""

    deposit_avg_12m: Decimal
    deposit_months: int
    loan_outstanding: Decimal
    loan_known: bool
    repayment: Repayment
    card_spend_12m: Decimal
    card_months: int
    assets: Decimal
    assets_known: bool
    assets_lower_bound: bool
    # Whole months with the bank on the decision day; None where it is not known since when.
    tenure_months: int | None = None

    def value(self, metric: str) -> Decimal:
        """The amount of a metric named as policies name it."""
        return _AMOUNTS[metric](self)

    def is_complete(self, metric: str) -> bool:
        """Whether nothing that could raise the metric is missing."""
        return _COMPLETE[metric](self)


_AMOUNTS: Mapping[str, Callable[[Metrics], Decimal]] = {
    "deposit_avg_12m": lambda found: found.deposit_avg_12m,
    "loan_outstanding": lambda found: found.loan_outstanding,
    "card_spend_12m": lambda found: found.card_spend_12m,
    "assets": lambda found: found.assets,
}
_COMPLETE: Mapping[str, Callable[[Metrics], bool]] = {
    "deposit_avg_12m": lambda found: found.deposit_months == WINDOW_MONTHS,
    "loan_outstanding": lambda found: found.loan_known,
    "card_spend_12m": lambda found: found.card_months == WINDOW_MONTHS,
    "assets": lambda found: found.assets_known and not found.assets_lower_bound,
}


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def months_back(month: date, count: int) -> date:
    """The month `count` months before `month`."""
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


@lru_cache(maxsize=256)
def closed_months(as_of: date, count: int) -> tuple[date, ...]:
    """The last `count` closed months before a decision day, oldest first."""
    return tuple(months_back(month_of(as_of), back) for back in range(count, 0, -1))


def metrics(delivered: Delivered, *, as_of: date) -> Metrics:
    """The metrics of one client on a decision day (CR-7, CR-8, CR-9; CCB Art. 6)."""
    window = closed_months(as_of, WINDOW_MONTHS)
    last = window[-1]
    deposits = [_deposit(delivered.months.get(month)) for month in window]
    spends = [_card_spend(delivered.months.get(month)) for month in window]
    came = None if delivered.client_since_on is None else month_of(delivered.client_since_on)
    absent = [came is not None and month < came for month in window]
    loan = delivered.loans.get(last)
    outstanding = None if loan is None else loan.outstanding
    assets, lower_bound = _assets(delivered.months.get(last))
    return Metrics(
        deposit_avg_12m=_mean(deposits),
        deposit_months=_known_months(deposits, absent),
        loan_outstanding=outstanding or _ZERO,
        loan_known=outstanding is not None,
        repayment=repayment(delivered, as_of=as_of),
        card_spend_12m=sum((spend for spend in spends if spend is not None), _ZERO),
        card_months=_known_months(spends, absent),
        assets=assets or _ZERO,
        assets_known=assets is not None,
        assets_lower_bound=lower_bound,
        tenure_months=_tenure(delivered.client_since_on, as_of),
    )


def repayment(delivered: Delivered, *, as_of: date) -> Repayment:
    """Good repayment without a bad record (CR-8, CCB Art. 6(2)): no overdue of 30 days or more in 24 months, none open.

    An overdue that is open at the last month-end counts however short it is. Every month with a balance must be
    reported on, by itself or by a delivered summary; a summary counts with all it covers, for it names no months.
    """
    window = closed_months(as_of, REPAYMENT_MONTHS)
    last = window[-1]
    loans = {month: loan for month, loan in delivered.loans.items() if month in window}
    histories = {month: history for month, history in delivered.histories.items() if month in window}
    worst = [loan.overdue_days_max or 0 for loan in loans.values()] + [h.overdue_days_max for h in histories.values()]
    open_now = [
        loans[last].overdue_days_open or 0 if last in loans else 0,
        histories[last].overdue_days_open if last in histories else 0,
    ]
    if max(worst, default=0) >= OVERDUE_DAYS_BAD or max(open_now) > 0:
        return Repayment.NOT_CLEAN
    owing = [month for month, loan in loans.items() if (loan.outstanding or _ZERO) > 0]
    if any(loans[month].overdue_days_max is None and not _covered(month, histories) for month in owing):
        return Repayment.UNKNOWN
    return Repayment.CLEAN if owing or histories else Repayment.NONE


def _covered(month: date, histories: Mapping[date, RepaymentHistory]) -> bool:
    return any(months_back(ends, history.months_covered) < month <= ends for ends, history in histories.items())


def _deposit(figures: MonthFigures | None) -> Decimal | None:
    if figures is None:
        return None
    return figures.deposit_month_end if figures.deposit_average is None else figures.deposit_average


def _card_spend(figures: MonthFigures | None) -> Decimal | None:
    return None if figures is None else figures.card_spend


def _assets(figures: MonthFigures | None) -> tuple[Decimal | None, bool]:
    if figures is None:
        return None, False
    if figures.assets is not None:
        return figures.assets, False
    deposits = figures.deposit_average if figures.deposit_month_end is None else figures.deposit_month_end
    return deposits, deposits is not None


def _mean(amounts: list[Decimal | None]) -> Decimal:
    # Cut, not rounded: 499,999.996 is not 500,000.
    total = sum((amount for amount in amounts if amount is not None), _ZERO)
    return (total / len(amounts)).quantize(_CENT, rounding=ROUND_DOWN)


def _known_months(amounts: list[Decimal | None], absent: list[bool]) -> int:
    return sum(amount is not None or away for amount, away in zip(amounts, absent, strict=True))


def _tenure(since: date | None, as_of: date) -> int | None:
    """Whole months; a month is full on the same day, or on its last where it has no such day."""
    if since is None:
        return None
    months = (as_of.year - since.year) * 12 + as_of.month - since.month
    return months - (as_of.day < min(since.day, monthrange(as_of.year, as_of.month)[1]))
