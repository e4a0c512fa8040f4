"""The intervals the banks speak of, and calendar arithmetic on them."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Interval(StrEnum):
    """How often, at the least. Calendar units (A9): a week is seven days, a month is a calendar month."""

    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class _Span:
    days: int = 0
    months: int = 0


_SPANS = {
    Interval.WEEK: _Span(days=7),
    Interval.TWO_WEEKS: _Span(days=14),
    Interval.MONTH: _Span(months=1),
    Interval.QUARTER: _Span(months=3),
    Interval.HALF_YEAR: _Span(months=6),
    Interval.YEAR: _Span(months=12),
}

# Strictest first: the order in which floors beat one another (A7).
STRICTNESS = tuple(Interval)


def after(day: date, interval: Interval) -> date:
    """The last day on which one contact per ``interval`` still holds, counted from ``day``.

    A month that is too short is clamped to its last day: one month after 31 January is 28 or 29 February.
    """
    span = _SPANS[interval]
    if span.days:
        return day + timedelta(days=span.days)
    month_index = day.year * 12 + day.month - 1 + span.months
    year, month = divmod(month_index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def stricter(one: Interval, other: Interval) -> bool:
    """Whether ``one`` asks for more contacts than ``other``."""
    return STRICTNESS.index(one) < STRICTNESS.index(other)
