"""The working calendar against facts of the State Council's notices, and against counting by hand."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from chassis.calendar import WorkingCalendar
from hypothesis import given
from hypothesis import strategies as st

# National Day 2026 (1-7 October; 20 September and 10 October worked) and New Year 2026 (1-3 January; 4 January worked).
OFF_2026 = frozenset({date(2026, 1, day) for day in (1, 2, 3)} | {date(2026, 10, day) for day in range(1, 8)})
WORKED_2026 = frozenset({date(2026, 1, 4), date(2026, 9, 20), date(2026, 10, 10)})
CALENDAR = WorkingCalendar(version=3, off_days=OFF_2026, work_days=WORKED_2026, noticed_years=frozenset({2026}))

days = st.dates(date(2025, 6, 1), date(2027, 6, 1))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 9, 20), True),  # a Sunday made up for
        (date(2026, 10, 1), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday made up for
        (date(2026, 10, 11), False),
        (date(2026, 11, 20), True),
        (date(2026, 11, 22), False),
    ],
)
def test_make_up_days_are_worked_and_holidays_are_not(day: date, worked: bool) -> None:
    assert CALENDAR.is_working_day(day) is worked


def test_three_working_days_from_the_eve_of_national_day_pass_the_holiday() -> None:
    assert CALENDAR.add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert CALENDAR.add_working_days(date(2026, 10, 10), -3) == date(2026, 9, 30)


def test_no_days_added_gives_the_day_itself_or_the_next_one_worked() -> None:
    assert CALENDAR.add_working_days(date(2026, 11, 20), 0) == date(2026, 11, 20)
    assert CALENDAR.add_working_days(date(2026, 11, 22), 0) == date(2026, 11, 23)


@given(days, st.integers(1, 60))
def test_the_nth_working_day_after_has_n_working_days_up_to_it(start: date, count: int) -> None:
    end = CALENDAR.add_working_days(start, count)
    assert CALENDAR.is_working_day(end)
    assert CALENDAR.working_days_between(start, end) == count
    assert sum(CALENDAR.is_working_day(start + timedelta(n)) for n in range(1, (end - start).days + 1)) == count


def test_a_year_without_a_notice_is_provisional() -> None:
    assert CALENDAR.is_provisional(2027)
    assert not CALENDAR.is_provisional(2026)
    assert CALENDAR.provisional_years(date(2026, 12, 30), date(2027, 1, 5)) == (2027,)


def test_a_day_cannot_be_both_off_and_worked() -> None:
    with pytest.raises(ValueError, match="2026-01-01"):
        WorkingCalendar(1, frozenset({date(2026, 1, 1)}), frozenset({date(2026, 1, 1)}), frozenset())


@pytest.mark.real_data
@pytest.mark.skipif("VIP_REAL_DATA" not in os.environ, reason="VIP_REAL_DATA names no folder of public books")
def test_every_noticed_day_since_2007_is_read_as_the_notice_says() -> None:
    with (Path(os.environ["VIP_REAL_DATA"]) / "cn_holidays" / "holidays.csv").open(encoding="utf-8") as file:
        rows = [(date.fromisoformat(row["date"]), row["is_off_day"] == "true") for row in csv.DictReader(file)]
    calendar = WorkingCalendar(
        1,
        off_days=frozenset(day for day, off in rows if off),
        work_days=frozenset(day for day, off in rows if not off),
        noticed_years=frozenset(range(2007, 2027)),
    )
    assert len(rows) > 600
    listed = dict(rows)
    day = date(2007, 1, 1)
    while day < date(2027, 1, 1):
        assert calendar.is_working_day(day) is (not listed[day] if day in listed else day.weekday() < 5), day
        day += timedelta(1)
