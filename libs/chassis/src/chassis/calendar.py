"""Working days of mainland China: pure arithmetic over a published list, make-up working days (调休) included.

A calendar is data with a version. A year that no official notice covers is counted by weekdays and marked provisional;
it is never guessed silently: whoever computes a deadline stores the version and asks which years were provisional.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked. `off_days` are holidays, `work_days` are weekend days that are worked all the same."""

    version: int
    off_days: frozenset[date]
    work_days: frozenset[date]
    noticed_years: frozenset[int]

    def __post_init__(self) -> None:
        both = self.off_days & self.work_days
        if both:
            raise ValueError(f"a day cannot be both off and worked: {sorted(both)[0].isoformat()}")

    def is_working_day(self, day: date) -> bool:
        """A make-up day is worked, a holiday is not, and every other day follows the week."""
        if day in self.work_days:
            return True
        return day.weekday() < _SATURDAY and day not in self.off_days

    def add_working_days(self, start: date, count: int) -> date:
        """The `count`-th working day after `start` (before it, where negative); the start itself is not counted.

        Zero gives `start` when it is worked, otherwise the next working day.
        """
        if count == 0:
            return start if self.is_working_day(start) else self.add_working_days(start, 1)
        step = _DAY if count > 0 else -_DAY
        day, left = start, abs(count)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`; 0 where `end` is not later."""
        return sum(self.is_working_day(day) for day in _days(start + _DAY, end))

    def is_provisional(self, year: int) -> bool:
        """True while no official notice of that year is known: weekends only, make-up days unknown."""
        return year not in self.noticed_years

    def provisional_years(self, start: date, end: date) -> tuple[int, ...]:
        """The provisional years that a span touches, for the warning that goes with a computed deadline."""
        first, last = min(start, end).year, max(start, end).year
        return tuple(year for year in range(first, last + 1) if self.is_provisional(year))


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _DAY
