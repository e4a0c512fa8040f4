"""What an open complaint means for the relationship: marketing falls silent and a return visit is due (CM-38)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.calendar import WorkingCalendar

# Working days between the answer (or, until it is given, the answer's limit) and the return visit: a policy value, the
# documents ask for the visit but name no term (CM-38).
RETURN_VISIT_WORKING_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Marketing to a client is silent while one of his cases is open; service contacts go on."""

    client_id: UUID
    case_id: UUID
    muted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnVisit:
    """The visit or call that asks whether the client is content with the handling of one case (CM-38)."""

    client_id: UUID
    case_id: UUID
    due_on: date
    counted_from: str
    provisional: bool


def plan_return_visit(
    client_id: UUID, case_id: UUID, *, counted_on: date, counted_from: str, calendar: WorkingCalendar
) -> ReturnVisit:
    """The return visit of a case: three working days after ``counted_on`` (the answer, or the answer's limit before it)."""
    due = calendar.add_working_days(counted_on, RETURN_VISIT_WORKING_DAYS)
    return ReturnVisit(
        client_id=client_id,
        case_id=case_id,
        due_on=due,
        counted_from=counted_from,
        provisional=any(calendar.is_provisional(year) for year in {(counted_on + timedelta(days=1)).year, due.year}),
    )
