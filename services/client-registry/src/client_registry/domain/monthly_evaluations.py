"""When a month is evaluated by itself (A5): after its figures were delivered, at the latest on a working day."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chassis.calendar import WorkingCalendar
from chassis.clock import SHANGHAI, business_day

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.domain.figures import month_of, months_back


class MonthlyKind(StrEnum):
    """What is done over everybody each month; classes are found from the decisions, so they come after."""

    QUALIFICATION = "qualification"
    CLASSIFICATION = "classification"


class Because(StrEnum):
    """Why it began when it did."""

    FIGURES_DELIVERED = "figures-delivered"
    LATEST_DAY = "latest-day"
    QUALIFICATION_DONE = "qualification-done"


def month_to_evaluate(now: datetime) -> date:
    """The last closed month."""
    return months_back(month_of(business_day(now)), 1)


def latest_at(policy: EvaluationPolicy, calendar: WorkingCalendar, month: date) -> datetime:
    """When a month is evaluated at the latest: at the hour of the n-th working day of the month after it."""
    day_before = months_back(month, -1) - timedelta(days=1)
    day = calendar.add_working_days(day_before, policy.latest_working_day)
    return datetime.combine(day, time(policy.from_hour), tzinfo=SHANGHAI)


def reason_to_begin(
    policy: EvaluationPolicy, calendar: WorkingCalendar | None, *, month: date, figures_percent: int, now: datetime
) -> Because | None:
    """Why the month is evaluated now; None where it waits. Never before the policy's hour of a day, and without a
    published calendar only for its figures: a working day is never guessed (domain decisions, section 10)."""
    local = now.astimezone(SHANGHAI)
    if local.hour < policy.from_hour:
        return None
    if figures_percent >= policy.figures_percent:
        return Because.FIGURES_DELIVERED
    return Because.LATEST_DAY if calendar is not None and now >= latest_at(policy, calendar, month) else None


def months_between(earlier: date, later: date) -> int:
    """How many months lie between two, neither of them counted."""
    return max(0, (later.year - earlier.year) * 12 + later.month - earlier.month - 1)
