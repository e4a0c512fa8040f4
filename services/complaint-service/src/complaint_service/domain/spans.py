"""How long a rule gives: spans of time and the instant they end, counted in Shanghai with make-up working days (调休).

Days, weeks and months are calendar units unless the text says working days (A9). The day a span starts on is not
counted; a span of days ends at 24:00 of its last day, which is 00:00 of the next: at that instant it is too late.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chassis.calendar import WorkingCalendar
from chassis.clock import SHANGHAI


class Unit(StrEnum):
    """What a span counts."""

    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    WORKING_DAYS = "working_days"
    BUSINESS_DAY = "business_day"


@dataclass(frozen=True, slots=True)
class Span:
    """One length of time. `BUSINESS_DAY` with 0 is the working day itself, or the next one where the day is off."""

    unit: Unit
    count: int

    @property
    def needs_calendar(self) -> bool:
        """True where the end depends on which days are worked."""
        return self.unit in (Unit.WORKING_DAYS, Unit.BUSINESS_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When a span ends. `at` is None while no working calendar is known: a deadline is delayed, never guessed."""

    span: Span
    at: datetime | None
    calendar_version: int | None = None
    provisional: bool = False


def midnight_after(day: date) -> datetime:
    """24:00 of a day in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time.min, SHANGHAI)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day where it has none (31 January + 1 = 28 February)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def end_of(span: Span, start: datetime, calendar: WorkingCalendar | None) -> End:
    """The instant a span that starts at `start` ends, with the calendar version where working days were counted."""
    if span.unit is Unit.HOURS:
        return End(span=span, at=start + timedelta(hours=span.count))
    day = start.astimezone(SHANGHAI).date()
    if span.unit is Unit.DAYS:
        return End(span=span, at=midnight_after(day + timedelta(days=span.count)))
    if span.unit is Unit.MONTHS:
        return End(span=span, at=midnight_after(add_months(day, span.count)))
    if calendar is None:
        return End(span=span, at=None)
    last = calendar.add_working_days(day, span.count)
    return End(
        span=span,
        at=midnight_after(last),
        calendar_version=calendar.version,
        provisional=bool(calendar.provisional_years(day, last)),
    )
