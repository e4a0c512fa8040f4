"""The contact plan of one client: the latest day of the next contact and the working day it is planned on."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from chassis.calendar import WorkingCalendar

from engagement_service.domain.cadence import Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPlan:
    """When the manager must have been in touch (``latest_on``) and the working day set aside for it (``plan_on``)."""

    client_id: UUID
    counted_from: date
    latest_on: date
    plan_on: date
    cadence: Cadence
    calendar_version: int
    provisional: bool


def plan_next(
    client_id: UUID, cadence: Cadence, *, counted_from: date, today: date, calendar: WorkingCalendar
) -> ContactPlan:
    """The next contact of a client, counted from the last one that qualified (EN-13) or from the day the relationship began.

    The plan is the last working day on or before the limit, never before today: a limit already missed is planned for the
    next working day. A year without an official notice makes the plan provisional.
    """
    latest = cadence.latest_on(counted_from)
    plan = _working_day_on_or_before(latest, calendar)
    if plan < today:
        plan = _working_day_on_or_after(today, calendar)
    return ContactPlan(
        client_id=client_id,
        counted_from=counted_from,
        latest_on=latest,
        plan_on=plan,
        cadence=cadence,
        calendar_version=calendar.version,
        provisional=calendar.is_provisional(plan.year),
    )


def _working_day_on_or_before(day: date, calendar: WorkingCalendar) -> date:
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return day


def _working_day_on_or_after(day: date, calendar: WorkingCalendar) -> date:
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day
