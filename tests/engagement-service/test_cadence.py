"""How often a client is contacted, by which rule, and on which day."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from chassis.calendar import WorkingCalendar
from engagement_service.domain.cadence import CadencePolicy, Floor, Relationship, decide_cadence
from engagement_service.domain.intervals import STRICTNESS, Interval, after, stricter
from engagement_service.domain.plans import plan_next
from hypothesis import given
from hypothesis import strategies as st

FLOORS = (
    Floor(rule="EN-1", attribute="asset_band", value="ge_8m", interval=Interval.WEEK, article="BOC-S Art. 31(2)"),
    Floor(rule="EN-2", attribute="asset_band", value="2m_8m", interval=Interval.TWO_WEEKS, article="BOC-S Art. 31(2)"),
    Floor(rule="EN-4", attribute="value_class", value="high", interval=Interval.WEEK, article="BOC-C"),
    Floor(rule="EN-5", attribute="value_class", value="mid", interval=Interval.MONTH, article="BOC-C"),
    Floor(rule="EN-6", attribute="value_class", value="low", interval=Interval.QUARTER, article="BOC-C"),
)
POLICY = CadencePolicy(version=1, valid_from=date(2026, 1, 1), floors=FLOORS)
CLIENT = UUID(int=7)
# National Day 2026: 1-7 October off, worked on Sunday 20 September and Saturday 10 October.
CALENDAR = WorkingCalendar(
    version=3,
    off_days=frozenset(date(2026, 10, day) for day in range(1, 8)),
    work_days=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
    noticed_years=frozenset({2026}),
)


@pytest.mark.requirement("EN-1", "EN-2", "EN-4", "EN-5", "EN-6", "EN-7")
@pytest.mark.parametrize(
    ("band", "value", "wish", "interval", "rule", "conflict"),
    [
        ("ge_8m", None, None, Interval.WEEK, "EN-1", False),
        ("2m_8m", None, None, Interval.TWO_WEEKS, "EN-2", False),
        ("below", "high", None, Interval.WEEK, "EN-4", False),
        ("below", "mid", None, Interval.MONTH, "EN-5", False),
        ("below", "low", None, Interval.QUARTER, "EN-6", False),
        ("2m_8m", "mid", None, Interval.TWO_WEEKS, "EN-2", False),
        ("2m_8m", "high", None, Interval.WEEK, "EN-4", False),
        ("ge_8m", "high", None, Interval.WEEK, "EN-1", False),
        ("ge_8m", None, "yearly", Interval.WEEK, "EN-1", True),
        ("below", "low", "monthly", Interval.MONTH, "EN-7", False),
        ("below", "low", "quarterly", Interval.QUARTER, "EN-6", False),
        (None, None, "half_yearly", Interval.HALF_YEAR, "EN-7", False),
        ("ge_8m", None, "any_time", Interval.WEEK, "EN-1", False),
    ],
)
def test_the_strictest_floor_wins_and_says_so(band, value, wish, interval, rule, conflict) -> None:
    client = Relationship(asset_band=band, value_class=value, wished_interval=wish)
    cadence = decide_cadence(client, POLICY)
    assert cadence is not None
    assert (cadence.interval, cadence.rule, cadence.wish_conflicts) == (interval, rule, conflict)


def test_a_client_without_floor_and_wish_has_no_cadence() -> None:
    assert decide_cadence(Relationship(asset_band="below"), POLICY) is None
    assert decide_cadence(Relationship(wished_interval="any_time"), POLICY) is None


@given(
    band=st.sampled_from(["ge_8m", "2m_8m", "below", None]),
    value=st.sampled_from(["high", "mid", "low", None]),
    wish=st.sampled_from(["monthly", "quarterly", "half_yearly", "yearly", "any_time", None]),
)
def test_no_applying_rule_is_stricter_than_the_one_that_won(band, value, wish) -> None:
    cadence = decide_cadence(Relationship(asset_band=band, value_class=value, wished_interval=wish), POLICY)
    if cadence is not None:
        assert not any(stricter(losing.interval, cadence.interval) for losing in cadence.losing)


@pytest.mark.parametrize(
    ("day", "interval", "expected"),
    [
        (date(2026, 1, 31), Interval.MONTH, date(2026, 2, 28)),
        (date(2028, 1, 31), Interval.MONTH, date(2028, 2, 29)),
        (date(2026, 11, 30), Interval.QUARTER, date(2027, 2, 28)),
        (date(2026, 12, 15), Interval.MONTH, date(2027, 1, 15)),
        (date(2028, 2, 29), Interval.YEAR, date(2029, 2, 28)),
        (date(2026, 8, 31), Interval.HALF_YEAR, date(2027, 2, 28)),
        (date(2026, 12, 28), Interval.WEEK, date(2027, 1, 4)),
        (date(2026, 11, 20), Interval.TWO_WEEKS, date(2026, 12, 4)),
    ],
)
def test_intervals_are_calendar_units(day, interval, expected) -> None:
    assert after(day, interval) == expected


@given(day=st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_a_stricter_interval_never_ends_later(day: date) -> None:
    ends = [after(day, interval) for interval in STRICTNESS]
    assert ends == sorted(ends)


def _plan(counted_from: date, today: date, interval: str = "ge_8m"):
    cadence = decide_cadence(Relationship(asset_band=interval), POLICY)
    return plan_next(CLIENT, cadence, counted_from=counted_from, today=today, calendar=CALENDAR)


@pytest.mark.requirement("EN-13")
@pytest.mark.parametrize(
    ("counted_from", "today", "latest", "plan"),
    [
        # Friday to Friday.
        (date(2026, 11, 13), date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 20)),
        # The limit is a Saturday: planned on the Friday before.
        (date(2026, 11, 14), date(2026, 11, 16), date(2026, 11, 21), date(2026, 11, 20)),
        # The limit is the make-up working Saturday 10 October: planned on that day.
        (date(2026, 10, 3), date(2026, 10, 8), date(2026, 10, 10), date(2026, 10, 10)),
        # The limit lies in the National Day week: planned before it.
        (date(2026, 9, 28), date(2026, 9, 29), date(2026, 10, 5), date(2026, 9, 30)),
        # Missed already: planned for the next working day.
        (date(2026, 9, 1), date(2026, 10, 1), date(2026, 9, 8), date(2026, 10, 8)),
    ],
)
def test_the_plan_is_a_working_day_on_or_before_the_limit(counted_from, today, latest, plan) -> None:
    planned = _plan(counted_from, today)
    assert (planned.latest_on, planned.plan_on) == (latest, plan)
    assert planned.provisional is False


def test_a_plan_in_a_year_without_notice_is_provisional() -> None:
    planned = _plan(date(2026, 12, 29), date(2026, 12, 30))
    assert planned.latest_on == date(2027, 1, 5)
    assert planned.provisional is True


@given(counted=st.dates(date(2026, 1, 5), date(2026, 12, 1)), waited=st.integers(0, 40))
def test_a_plan_is_never_in_the_past_and_always_a_working_day(counted: date, waited: int) -> None:
    today = counted + timedelta(days=waited)
    planned = _plan(counted, today)
    assert planned.plan_on >= today
    assert CALENDAR.is_working_day(planned.plan_on)
