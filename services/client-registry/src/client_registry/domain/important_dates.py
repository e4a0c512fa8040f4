"""Family members' birthdays and other dates that come back every year (CR-48, CR-90): what can be one, and what is said."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.lunar_calendar import FIRST_YEAR, YearlyDay, longest, month_of
from client_registry.domain.profile_events import FamilyOccasion
from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import Source

MOST = 50
# Days of the solar months; 29 February is a day that comes back.
_SOLAR_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NO_DAY = Text(en="Month {month} has no day {day}.", zh="{month}月没有{day}日。")
_NO_DAY_THAT_YEAR = Text(en="Month {month} has no day {day} in that year.", zh="该年{month}月没有{day}日。")
_NO_LEAP = Text(en="There is no leap month {month}.", zh="没有闰{month}月。")
_NO_LEAP_THAT_YEAR = Text(en="That year has no leap month {month}.", zh="该年没有闰{month}月。")
_SOLAR_LEAP = Text(en="Only a lunar month can be a leap month.", zh="只有农历月份才有闰月。")
_FUTURE = Text(en="The year cannot lie in the future.", zh="年份不能晚于今年。")
_OLD = Text(
    en="Lunar years are known from {first} on; leave the year out.", zh="农历年份须不早于{first}年，或不填年份。"
)
_WORDS = Text(en="Say in words what this date is.", zh="请说明该日期的含义。")
_OTHERS = Text(en="This person is not in the client's household.", zh="该人员不在此客户的家庭中。")


class TooManyDates(RuleBroken):
    code = "important-date.too-many"
    text = Text(en="A client has at most {most} important dates.", zh="每位客户最多登记{most}个重要日期。")


class DateKnown(RuleBroken):
    code = "important-date.known"
    text = Text(en="This date stands on the file already.", zh="该日期已登记。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportantDate:
    """One date of the client or of a person of his household; `member_id` is None for the client's own."""

    id: UUID
    client_id: UUID
    member_id: UUID | None
    kind: str
    day: YearlyDay
    year: int | None
    words: str | None
    source: Source
    version: int

    def occasion(self, relation: str | None) -> FamilyOccasion:
        """What others are told: never the year, never whose name."""
        return FamilyOccasion(
            occasion_id=self.id,
            kind=self.kind,
            relation=relation or "self",
            month_day=f"{self.day.month:02d}-{self.day.day:02d}",
            lunar=self.day.lunar,
            leap_month=self.day.leap,
        )


def check_day(day: YearlyDay, year: int | None, *, today: date) -> None:
    """Raises Invalid naming what cannot be: a day no such month has, a leap month that never comes, a year to come."""
    error = _lunar_fault(day, year) if day.lunar else _solar_fault(day, year)
    if error is None and year is not None and year > today.year:
        error = FieldError("/year", "important-date.future", _FUTURE)
    if error is not None:
        raise Invalid([error])


def check_kind(kind: str, words: str | None, kinds: OptionSet) -> None:
    """Raises Invalid for a kind that is not offered, or for "other" without words."""
    if error := kinds.refuse("/kind", kind):
        raise Invalid([error])
    if kind == "other" and words is None:
        raise Invalid([FieldError("/words", "important-date.words-missing", _WORDS)])


def not_a_member() -> Invalid:
    """The refusal of a date for a person who is not of the client's household."""
    return Invalid([FieldError("/member_id", "household.no-member", _OTHERS)])


def _no_day(day: YearlyDay, *, that_year: bool = False) -> FieldError:
    text = _NO_DAY_THAT_YEAR if that_year else _NO_DAY
    return FieldError("/day", "important-date.no-such-day", text, {"month": day.month, "day": day.day})


def _solar_fault(day: YearlyDay, year: int | None) -> FieldError | None:
    if day.leap:
        return FieldError("/leap_month", "important-date.solar-leap-month", _SOLAR_LEAP)
    if day.day > _SOLAR_DAYS[day.month - 1]:
        return _no_day(day)
    if year is not None and (day.month, day.day) == (2, 29) and not _has_29_february(year):
        return _no_day(day, that_year=True)
    return None


def _lunar_fault(day: YearlyDay, year: int | None) -> FieldError | None:
    most = longest(day.month, leap=day.leap)
    if most == 0:
        return FieldError("/leap_month", "important-date.no-leap-month", _NO_LEAP, {"month": day.month})
    if day.day > most:
        return _no_day(day)
    if year is None:
        return None
    if year < FIRST_YEAR:
        return FieldError("/year", "important-date.too-old", _OLD, {"first": FIRST_YEAR})
    month = month_of(year, day.month, leap=day.leap)
    if month is None:
        return FieldError("/leap_month", "important-date.no-leap-month", _NO_LEAP_THAT_YEAR, {"month": day.month})
    return _no_day(day, that_year=True) if day.day > month.days else None


def _has_29_february(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
