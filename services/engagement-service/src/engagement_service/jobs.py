"""Work that falls due: replanning the book in ranges, return visits that waited for a calendar, missed contacts."""

from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import due_work
from chassis.db import Tx
from chassis.due_work import Due, Sweeps

from engagement_service import use_cases
from engagement_service.use_cases.adopt_calendar import EVERYBODY, REPLAN
from engagement_service.use_cases.plan_visit import PLAN_VISIT

sweeps = Sweeps()

MISSED = "engagement.say-missed"

WAIT_FOR_CALENDAR = timedelta(minutes=1)


@sweeps(REPLAN)
async def replan(tx: Tx, due: Due, *, now: datetime) -> None:
    last = await use_cases.replan_range(tx, UUID(due.detail["after"]), now=now)
    if last is not None:
        await due_work.schedule(tx, kind=REPLAN, subject_id=EVERYBODY, due_at=now, detail={"after": str(last)})


@sweeps(PLAN_VISIT)
async def plan_waiting_visit(tx: Tx, due: Due, *, now: datetime) -> None:
    """Where the calendar is still missing the use case schedules itself again, a minute on."""
    await use_cases.plan_visit(
        tx,
        UUID(due.detail["client_id"]),
        due.subject_id,
        counted_on=date.fromisoformat(due.detail["counted_on"]),
        counted_from=due.detail["counted_from"],
        now=now + WAIT_FOR_CALENDAR,
    )


@sweeps.recurring("engagement.look-for-missed", cron="*/5 * * * *")
async def look_for_missed(tx: Tx, *, now: datetime) -> None:
    await due_work.schedule(tx, kind=MISSED, subject_id=EVERYBODY, due_at=now)


@sweeps(MISSED)
async def say_missed(tx: Tx, due: Due, *, now: datetime) -> None:
    """One batch a transaction; as long as a batch found something, the next follows."""
    if await use_cases.miss_contacts(tx, now=now):
        await due_work.schedule(tx, kind=MISSED, subject_id=EVERYBODY, due_at=now)
