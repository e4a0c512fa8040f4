"""Deadlines by hand: the published clock table against dates counted on paper, and what must hold for any date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chassis.calendar import WorkingCalendar
from chassis.clock import SHANGHAI
from complaint_service.domain.policy import HandlingPolicy
from complaint_service.domain.spans import Span, Unit, add_months, end_of, midnight_after
from hypothesis import given
from hypothesis import strategies as st


def days(*spans: str) -> frozenset[date]:
    """`2026-10-01..07` as seven days."""
    found = set()
    for span in spans:
        first, _, last = span.partition("..")
        start = date.fromisoformat(first)
        end = start.replace(day=int(last)) if last else start
        found |= {start + timedelta(days=n) for n in range((end - start).days + 1)}
    return frozenset(found)


# As noticed for the autumn of 2025 and for 2026; 2027 and later have no notice.
CALENDAR = WorkingCalendar(
    version=7,
    off_days=days(
        "2025-10-01..08", "2026-01-01..03", "2026-02-15..23", "2026-04-04..06", "2026-05-01..05",
        "2026-06-19..21", "2026-09-25..27", "2026-10-01..07",
    ),
    work_days=days(
        "2025-09-28", "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"
    ),
    noticed_years=frozenset({2025, 2026}),
)  # fmt: skip

# clock | started (Shanghai) | last moment (Shanghai): a bare day means 24:00 of it
GOLDEN = """
process-on-the-spot | 2026-11-20T10:00 | 2026-11-20        Friday
process-on-the-spot | 2026-11-20T23:59 | 2026-11-20        one minute before the day ends
process-on-the-spot | 2026-11-21T09:00 | 2026-11-23        Saturday: the next working day
process-on-the-spot | 2026-11-22T09:00 | 2026-11-23        Sunday
process-on-the-spot | 2026-10-10T09:00 | 2026-10-10        a Saturday that is worked
process-on-the-spot | 2026-10-01T09:00 | 2026-10-08        National Day, seven days off
process-on-the-spot | 2026-10-11T09:00 | 2026-10-12        Sunday after the worked Saturday
process-on-the-spot | 2026-09-20T09:00 | 2026-09-20        a Sunday that is worked
process-on-the-spot | 2026-09-25T09:00 | 2026-09-28        Mid-Autumn
process-on-the-spot | 2026-02-14T09:00 | 2026-02-14        a Saturday worked before Spring Festival
process-on-the-spot | 2026-02-15T09:00 | 2026-02-24        nine days of Spring Festival
process-on-the-spot | 2026-02-28T09:00 | 2026-02-28        a Saturday worked after it
process-on-the-spot | 2026-01-01T09:00 | 2026-01-04        New Year: the Sunday is worked
process-on-the-spot | 2026-01-03T09:00 | 2026-01-04
process-on-the-spot | 2026-05-09T09:00 | 2026-05-09        a Saturday worked after Labour Day
process-on-the-spot | 2026-05-01T09:00 | 2026-05-06
process-on-the-spot | 2026-04-04T09:00 | 2026-04-07        Qingming falls on a weekend and a Monday
process-on-the-spot | 2026-06-19T09:00 | 2026-06-22        Dragon Boat
process-on-the-spot | 2026-12-31T20:00 | 2026-12-31        year end
progress            | 2026-11-16T10:00 | 2026-11-19        Monday to Thursday
progress            | 2026-11-20T10:00 | 2026-11-25        over a weekend
progress            | 2026-11-21T10:00 | 2026-11-25        begun on a Saturday
progress            | 2026-09-30T10:00 | 2026-10-10        8th, 9th and the worked Saturday
progress            | 2026-10-09T10:00 | 2026-10-13        worked Saturday, Monday, Tuesday
progress            | 2026-10-05T10:00 | 2026-10-10        begun inside the holiday
progress            | 2026-09-18T10:00 | 2026-09-22        worked Sunday, Monday, Tuesday
progress            | 2026-09-24T10:00 | 2026-09-30        over Mid-Autumn
progress            | 2026-02-13T10:00 | 2026-02-25        worked Saturday, then after Spring Festival
progress            | 2026-02-27T10:00 | 2026-03-03        worked Saturday, Monday, Tuesday
progress            | 2025-12-31T10:00 | 2026-01-06        over the year: worked Sunday, Monday, Tuesday
progress            | 2025-12-30T10:00 | 2026-01-05
progress            | 2026-04-30T10:00 | 2026-05-08        over Labour Day
progress            | 2026-05-08T10:00 | 2026-05-12        worked Saturday, Monday, Tuesday
progress            | 2026-06-18T10:00 | 2026-06-24
progress            | 2026-04-03T10:00 | 2026-04-09
progress            | 2025-09-30T10:00 | 2025-10-11        Thursday, Friday, worked Saturday
opinion-book        | 2026-11-16T10:00 | 2026-11-19        three days and three working days agree
opinion-book        | 2026-11-20T10:00 | 2026-11-23        three days come first
opinion-book        | 2026-09-30T10:00 | 2026-10-03        not 10 October
opinion-book        | 2026-02-14T10:00 | 2026-02-17        not 26 February
opinion-book        | 2026-12-30T10:00 | 2027-01-02        over the year
opinion-book        | 2028-02-27T10:00 | 2028-03-01        leap day inside
opinion-book        | 2027-02-27T10:00 | 2027-03-02        no leap day
attitude-visit      | 2026-11-20T10:00 | 2026-11-21T10:00  24 hours run over a weekend
attitude-visit      | 2026-12-31T18:30 | 2027-01-01T18:30  year end
attitude-visit      | 2028-02-28T09:15 | 2028-02-29T09:15  leap day
attitude-visit      | 2027-02-28T09:15 | 2027-03-01T09:15
attitude-visit      | 2026-10-01T00:00 | 2026-10-02T00:00  holidays do not stop it
attitude-visit      | 2026-11-20T23:59 | 2026-11-21T23:59
product-loss-plan   | 2026-11-20T10:00 | 2026-11-27        one week
product-loss-plan   | 2026-12-28T10:00 | 2027-01-04        over the year
product-loss-plan   | 2028-02-25T10:00 | 2028-03-03        leap day inside
product-loss-plan   | 2027-02-25T10:00 | 2027-03-04
product-loss-plan   | 2026-09-28T10:00 | 2026-10-05        calendar days: holidays count
product-loss-plan   | 2026-11-20T00:00 | 2026-11-27        the first minute of the day
product-loss-plan   | 2026-11-20T23:59 | 2026-11-27        and its last
outside-institution | 2026-01-31T10:00 | 2026-02-28        clamped
outside-institution | 2028-01-31T10:00 | 2028-02-29        clamped to the leap day
outside-institution | 2026-01-29T10:00 | 2026-02-28
outside-institution | 2028-01-29T10:00 | 2028-02-29
outside-institution | 2026-01-28T10:00 | 2026-02-28        the day itself
outside-institution | 2026-03-31T10:00 | 2026-04-30        clamped
outside-institution | 2026-05-31T10:00 | 2026-06-30
outside-institution | 2026-08-31T10:00 | 2026-09-30
outside-institution | 2026-12-31T10:00 | 2027-01-31        over the year
outside-institution | 2026-12-15T10:00 | 2027-01-15
outside-institution | 2026-02-28T10:00 | 2026-03-28        the last day does not stay the last
outside-institution | 2028-02-29T10:00 | 2028-03-29
outside-institution | 2026-11-30T10:00 | 2026-12-30
outside-institution | 2026-07-31T10:00 | 2026-08-31
statutory           | 2026-11-22T10:00 | 2026-12-07        fifteen days
statutory           | 2026-12-20T10:00 | 2027-01-04        over the year
statutory           | 2028-02-20T10:00 | 2028-03-06        leap day inside
statutory           | 2027-02-20T10:00 | 2027-03-07
statutory           | 2026-09-20T10:00 | 2026-10-05        holidays count
re-investigation    | 2026-11-22T10:00 | 2026-12-02        ten natural days
re-investigation    | 2026-12-25T10:00 | 2027-01-04
re-investigation    | 2028-02-20T10:00 | 2028-03-01        leap day inside
re-investigation    | 2027-02-20T10:00 | 2027-03-02
re-investigation    | 2026-10-01T10:00 | 2026-10-11        holidays count
prompt-reply        | 2026-11-20T10:00 | 2026-11-25        three working days
prompt-reply        | 2026-02-13T10:00 | 2026-02-25
prompt-reply        | 2026-09-30T10:00 | 2026-10-10
"""


def rows() -> list[tuple[str, datetime, datetime]]:
    found = []
    for line in GOLDEN.strip().splitlines():
        code, started, rest = (part.strip() for part in line.split("|"))
        last = rest.split(" ")[0]
        due = (
            datetime.fromisoformat(last).replace(tzinfo=SHANGHAI)
            if "T" in last
            else midnight_after(date.fromisoformat(last))
        )
        found.append((code, datetime.fromisoformat(started).replace(tzinfo=SHANGHAI), due))
    return found


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(rows()) >= 60


@pytest.mark.requirement("CM-22", "CM-23", "CM-24", "CM-25", "CM-28")
@pytest.mark.parametrize(("code", "started", "due"), rows(), ids=[f"{c}@{s:%F}T{s:%H%M}" for c, s, _ in rows()])
def test_a_deadline_is_what_was_counted_by_hand(
    policy: HandlingPolicy, code: str, started: datetime, due: datetime
) -> None:
    ends = policy.clock(code).ends(started, CALENDAR)
    assert min(end.at for end in ends if end.at is not None) == due


def test_the_opinion_book_keeps_both_limits_visible(policy: HandlingPolicy) -> None:
    natural, working = policy.clock("opinion-book").ends(datetime(2026, 9, 30, 10, 0, tzinfo=SHANGHAI), CALENDAR)
    assert natural.at == midnight_after(date(2026, 10, 3))
    assert working.at == midnight_after(date(2026, 10, 10))
    assert (natural.calendar_version, working.calendar_version) == (None, 7)


def test_half_past_midnight_in_shanghai_is_already_the_next_day(policy: HandlingPolicy) -> None:
    (end,) = policy.clock("product-loss-plan").ends(datetime(2026, 11, 20, 16, 30, tzinfo=UTC), CALENDAR)
    assert end.at == midnight_after(date(2026, 11, 28))


@pytest.mark.parametrize(
    ("started", "last", "provisional"),
    [
        (datetime(2026, 12, 28, 10, 0, tzinfo=SHANGHAI), date(2026, 12, 31), False),
        (datetime(2026, 12, 30, 10, 0, tzinfo=SHANGHAI), date(2027, 1, 4), True),
        (datetime(2027, 3, 1, 10, 0, tzinfo=SHANGHAI), date(2027, 3, 4), True),
    ],
)
def test_working_days_of_a_year_without_notice_are_provisional(
    policy: HandlingPolicy, started: datetime, last: date, provisional: bool
) -> None:
    (end,) = policy.clock("progress").ends(started, CALENDAR)
    assert (end.at, end.provisional) == (midnight_after(last), provisional)


def test_without_a_calendar_working_days_wait_and_natural_days_do_not(policy: HandlingPolicy) -> None:
    started = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
    natural, working = policy.clock("opinion-book").ends(started, None)
    assert natural.at == midnight_after(date(2026, 11, 23))
    assert working.at is None


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 12, 31), timezones=st.just(SHANGHAI))
SPANS = st.one_of(
    st.builds(Span, st.just(Unit.HOURS), st.integers(1, 200)),
    st.builds(Span, st.just(Unit.DAYS), st.integers(0, 90)),
    st.builds(Span, st.just(Unit.MONTHS), st.integers(0, 24)),
    st.builds(Span, st.just(Unit.WORKING_DAYS), st.integers(1, 30)),
    st.just(Span(Unit.BUSINESS_DAY, 0)),
)


def ended(span: Span, at: datetime, calendar: WorkingCalendar = CALENDAR) -> datetime:
    found = end_of(span, at, calendar).at
    assert found is not None
    return found


@given(SPANS, MOMENTS)
def test_a_deadline_lies_after_its_start_and_is_the_same_in_every_time_zone(span: Span, at: datetime) -> None:
    assert ended(span, at) > at
    assert ended(span, at) == ended(span, at.astimezone(UTC))


@given(SPANS, MOMENTS, st.integers(0, 60 * 24 * 40))
def test_who_complains_later_is_never_due_earlier(span: Span, at: datetime, minutes: int) -> None:
    assert ended(span, at) <= ended(span, (at.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(SHANGHAI))


@given(MOMENTS, st.integers(1, 30), st.dates(date(2025, 1, 1), date(2031, 3, 1)))
def test_one_more_holiday_never_brings_a_working_day_deadline_forward(at: datetime, count: int, day: date) -> None:
    more = WorkingCalendar(
        version=8,
        off_days=CALENDAR.off_days | ({day} - CALENDAR.work_days),
        work_days=CALENDAR.work_days,
        noticed_years=CALENDAR.noticed_years,
    )
    span = Span(Unit.WORKING_DAYS, count)
    assert ended(span, at, more) >= ended(span, at)


@given(MOMENTS, st.integers(1, 30))
def test_exactly_so_many_working_days_lie_between(at: datetime, count: int) -> None:
    last = (ended(Span(Unit.WORKING_DAYS, count), at) - timedelta(seconds=1)).astimezone(SHANGHAI).date()
    assert CALENDAR.is_working_day(last)
    assert CALENDAR.working_days_between(at.date(), last) == count


@given(st.dates(date(2024, 1, 1), date(2040, 12, 31)), st.integers(0, 36))
def test_a_month_later_is_the_same_day_or_that_months_last(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
