"""Days that come back every year, by the sun and by the moon, against days known from published almanacs (CR-48)."""

from datetime import date, timedelta

import pytest
from chassis.refusals import Invalid
from client_registry.domain.important_dates import check_day
from client_registry.domain.lunar_calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    YearlyDay,
    days_that_fall_on,
    falls_on,
    longest,
    months_of,
    next_after,
)

TODAY = date(2026, 11, 22)


def solar(month: int, day: int) -> YearlyDay:
    return YearlyDay(False, False, month, day)


def lunar(month: int, day: int, *, leap: bool = False) -> YearlyDay:
    return YearlyDay(True, leap, month, day)


@pytest.mark.parametrize(
    ("day", "year", "expected"),
    [
        (lunar(1, 1), 2024, date(2024, 2, 10)),  # Spring Festival
        (lunar(1, 1), 2026, date(2026, 2, 17)),
        (lunar(5, 5), 2025, date(2025, 5, 31)),  # Dragon Boat
        (lunar(8, 15), 2023, date(2023, 9, 29)),  # Mid-Autumn, after a leap 2nd month
        (lunar(8, 15), 2026, date(2026, 9, 25)),
        (lunar(8, 15), 1978, date(1978, 9, 17)),  # a table of Hong Kong is a day off here
        (lunar(12, 30), 2023, date(2024, 2, 9)),  # New Year's Eve on a 30th
        (lunar(12, 30), 2025, date(2026, 2, 16)),  # and on the 29th of a shorter month
        (lunar(6, 15, leap=True), 2025, date(2025, 8, 8)),  # the year has that leap month
        (lunar(6, 15), 2025, date(2025, 7, 9)),  # who was born in the regular one keeps it
        (lunar(6, 15, leap=True), 2026, date(2026, 7, 28)),  # else the month of the same number
        (lunar(2, 30), 2023, date(2023, 3, 21)),
        (lunar(2, 30, leap=True), 2023, date(2023, 4, 19)),  # leap month of 29 days
        (solar(2, 29), 2024, date(2024, 2, 29)),
        (solar(2, 29), 2026, date(2026, 2, 28)),
        (solar(11, 30), 2026, date(2026, 11, 30)),
    ],
)
def test_a_yearly_day_falls_on_the_day_that_the_almanac_says(day: YearlyDay, year: int, expected: date) -> None:
    assert falls_on(day, year) == expected
    assert day in set(days_that_fall_on(expected))


def test_searching_by_day_finds_what_computing_by_year_says() -> None:
    """Two ways to the same: what a range is searched by must find every day, in leap years and in others."""
    found: dict[YearlyDay, list[date]] = {}
    day = date(2024, 1, 1)
    while day < date(2027, 3, 1):
        for yearly in days_that_fall_on(day):
            found.setdefault(yearly, []).append(day)
        day += timedelta(days=1)
    every = [
        lunar(month, number, leap=leap) for month in range(1, 13) for number in range(1, 31) for leap in (False, True)
    ]
    for year in (2024, 2025, 2026):
        for yearly in [*every, solar(2, 28), solar(2, 29), solar(12, 31)]:
            if falls_on(yearly, year) < date(2027, 3, 1):
                assert falls_on(yearly, year) in found[yearly], (yearly, year)
    # Exactly once in each lunar year: 2024, 2025 and the last days of 2023.
    assert found[lunar(6, 15, leap=True)] == [date(2024, 7, 20), date(2025, 8, 8), date(2026, 7, 28)]


def test_the_next_day_may_be_today_and_may_belong_to_last_lunar_year() -> None:
    assert next_after(solar(11, 22), TODAY) == TODAY
    assert next_after(solar(11, 21), TODAY) == date(2027, 11, 21)
    assert next_after(lunar(12, 8), date(2027, 1, 1)) == date(2027, 1, 15)  # Laba of lunar 2026


def test_the_longest_leap_months_are_those_of_the_tables() -> None:
    lengths: dict[int, int] = {}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in months_of(year):
            if month.leap:
                lengths[month.number] = max(month.days, lengths.get(month.number, 0))
    assert {number: longest(number, leap=True) for number in range(1, 13)} == {
        number: lengths.get(number, 0) for number in range(1, 13)
    }


@pytest.mark.parametrize(
    ("day", "year", "pointer", "code"),
    [
        (solar(11, 31), None, "/day", "important-date.no-such-day"),
        (solar(2, 30), None, "/day", "important-date.no-such-day"),
        (solar(2, 29), 1981, "/day", "important-date.no-such-day"),
        (lunar(8, 31), None, "/day", "important-date.no-such-day"),
        (lunar(2, 30, leap=True), None, "/day", "important-date.no-such-day"),  # a month that never has it
        (lunar(2, 30), 1979, "/day", "important-date.no-such-day"),  # a month of 29 days in that year
        (lunar(12, 1, leap=True), None, "/leap_month", "important-date.no-leap-month"),
        (lunar(6, 1, leap=True), 2026, "/leap_month", "important-date.no-leap-month"),
        (YearlyDay(False, True, 6, 1), None, "/leap_month", "important-date.solar-leap-month"),
        (lunar(1, 1), 1850, "/year", "important-date.too-old"),
        (solar(1, 1), 2027, "/year", "important-date.future"),
    ],
)
def test_a_day_that_cannot_be_is_refused_where_it_is_wrong(
    day: YearlyDay, year: int | None, pointer: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_day(day, year, today=TODAY)
    (error,) = refused.value.errors
    assert (error.pointer, error.code) == (pointer, code)
    assert error.text.zh and error.text.en


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (solar(2, 29), None),
        (solar(2, 29), 1980),
        (lunar(2, 30), None),
        (lunar(6, 30, leap=True), None),
        (lunar(2, 30), 2023),
    ],
)
def test_a_day_that_some_year_has_is_taken(day: YearlyDay, year: int | None) -> None:
    check_day(day, year, today=TODAY)
