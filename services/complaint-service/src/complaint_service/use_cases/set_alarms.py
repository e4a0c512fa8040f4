"""Keep a case's due rows in step with its clocks and its quiet window."""

from datetime import timedelta

from chassis import due_work
from chassis.db import Tx

from complaint_service.domain.case import Case
from complaint_service.domain.vocabulary import Status

CLOCK_DUE = "complaint.clock-due"
QUIET_OVER = "complaint.quiet-over"
# When a sweep meets a case that is being changed, it comes back.
AGAIN = timedelta(seconds=1)


async def set_alarms(tx: Tx, case: Case) -> None:
    """One row for each clock that may still be breached, one for the end of the quiet window; others are taken away."""
    waiting = [
        (clock.id, clock.due_at)
        for clock in case.clocks
        if clock.is_running and clock.breached_at is None and clock.due_at is not None
    ]
    await due_work.schedule_many(tx, kind=CLOCK_DUE, due=waiting)
    for clock in case.clocks:
        if not clock.is_running:
            await due_work.cancel(tx, kind=CLOCK_DUE, subject_id=clock.id)
    if case.status is Status.ANSWERED and case.round.quiet_until is not None and case.closing_proposed_at is None:
        await due_work.schedule(tx, kind=QUIET_OVER, subject_id=case.id, due_at=case.round.quiet_until)
    else:
        await due_work.cancel(tx, kind=QUIET_OVER, subject_id=case.id)
