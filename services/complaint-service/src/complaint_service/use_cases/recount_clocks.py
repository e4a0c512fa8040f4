"""A new working calendar: count the working-day clocks that still run again."""

from dataclasses import replace
from datetime import datetime

from chassis.calendar import WorkingCalendar
from chassis.db import Tx
from chassis.identity import system
from chassis.ids import new_id

from complaint_service.store import cases, copies, records
from complaint_service.use_cases.set_alarms import set_alarms


async def recount_clocks(tx: Tx, calendar: WorkingCalendar, *, now: datetime) -> None:
    """Clocks that waited for a calendar get their end, provisional ones their certain one; what moved is noted (A9)."""
    await copies.save_calendar(tx, calendar)
    for case_id in await cases.list_cases_counted_by_calendar(tx):
        case = await cases.get_case(tx, case_id)
        clocks = tuple(clock.recount(calendar) for clock in case.clocks)
        moved = {
            after.code: [before.due_at and before.due_at.isoformat(), after.due_at and after.due_at.isoformat()]
            for before, after in zip(case.clocks, clocks, strict=True)
            if before.due_at != after.due_at
        }
        if clocks == case.clocks:
            continue
        recounted = replace(case, clocks=clocks, version=case.version + 1)
        await cases.save_case(tx, recounted)
        await records.add_step(
            tx,
            recounted,
            "clocks-recounted",
            step_id=new_id(),
            by=system("complaint-service").subject,
            at=now,
            detail={"calendar_version": calendar.version, "moved": moved},
        )
        await set_alarms(tx, recounted)
