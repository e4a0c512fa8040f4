"""The Chinese lunar calendar as a table a year: which solar day a lunar day is, and which lunar day a solar day is.

Dates that come back every year are decided here (CR-48, CR-90): a lunar 30th falls on the 29th where the month has only
29 days; a day of a leap month falls in the leap month where the year has that one, else in the month of the same number;
29 February falls on 28 February in a common year. So each comes exactly once in its year, and never late.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from lunar_python import LunarYear, Solar

FIRST_YEAR, LAST_YEAR = 1900, 2100
# The longest of each leap month between those years; a test holds it against the tables.
_LONGEST_LEAP = {2: 29, 3: 30, 4: 30, 5: 30, 6: 30, 7: 30, 8: 29, 9: 29, 10: 29, 11: 29}


@dataclass(frozen=True, slots=True, kw_only=True)
class LunarMonth:
    """One month of a lunar year: its number, whether it is the leap one, its first solar day and its length."""

    number: int
    leap: bool
    begins_on: date
    days: int


@dataclass(frozen=True, slots=True, order=True)
class YearlyDay:
    """A day that comes back every year: month and day, solar or lunar, of a leap month or not."""

    lunar: bool
    leap: bool
    month: int
    day: int


@cache
def months_of(year: int) -> tuple[LunarMonth, ...]:
    """The months of a lunar year in order."""
    return tuple(
        LunarMonth(
            number=abs(month.getMonth()),
            leap=month.getMonth() < 0,
            begins_on=_solar(Solar.fromJulianDay(month.getFirstJulianDay())),
            days=month.getDayCount(),
        )
        for month in LunarYear.fromYear(year).getMonthsInYear()
    )


def month_of(year: int, number: int, *, leap: bool) -> LunarMonth | None:
    """That month of a lunar year; None for a leap month that the year does not have."""
    return next((month for month in months_of(year) if (month.number, month.leap) == (number, leap)), None)


def longest(number: int, *, leap: bool) -> int:
    """The most days that month has in any year of the tables; 0 for a leap month that never comes."""
    return _LONGEST_LEAP.get(number, 0) if leap else 30


def falls_on(day: YearlyDay, year: int) -> date:
    """The solar day of a yearly day in that year, solar or lunar as the day is."""
    if not day.lunar:
        if (day.month, day.day) == (2, 29) and not _is_leap(year):
            return date(year, 2, 28)
        return date(year, day.month, day.day)
    month = month_of(year, day.month, leap=day.leap) or month_of(year, day.month, leap=False)
    if month is None:
        raise ValueError(f"no lunar month {day.month}")
    return month.begins_on + timedelta(days=min(day.day, month.days) - 1)


def next_after(day: YearlyDay, today: date) -> date:
    """The first solar day from `today` on, today included, on which that day falls."""
    # A lunar year begins a month or two after the solar one, so last year's may still be running.
    years = range(today.year - 1, today.year + 3)
    return min(found for year in years if (found := falls_on(day, year)) >= today)


def days_that_fall_on(day: date) -> Iterator[YearlyDay]:
    """Every yearly day that comes on this solar day: what a list of a range is searched by."""
    yield YearlyDay(False, False, day.month, day.day)
    if (day.month, day.day) == (2, 28) and not _is_leap(day.year):
        yield YearlyDay(False, False, 2, 29)
    year, month, number = _lunar(day)
    numbers = (29, 30) if number == month.days == 29 else (number,)
    of_leap = (True,) if month.leap else (False,) if month_of(year, month.number, leap=True) else (False, True)
    for leap in of_leap:
        for each in numbers:
            yield YearlyDay(True, leap, month.number, each)


def _lunar(day: date) -> tuple[int, LunarMonth, int]:
    for year in (day.year, day.year - 1):
        for month in reversed(months_of(year)):
            if month.begins_on <= day:
                return year, month, (day - month.begins_on).days + 1
    raise ValueError(f"no lunar day for {day}")


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _solar(solar: Solar) -> date:
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
