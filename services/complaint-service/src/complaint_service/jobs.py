"""What falls due in complaint handling."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps

from complaint_service.use_cases.breach_clock import breach_clock
from complaint_service.use_cases.propose_closing import propose_closing
from complaint_service.use_cases.set_alarms import CLOCK_DUE, QUIET_OVER

sweeps = Sweeps()


@sweeps(CLOCK_DUE)
async def clock_due(tx: Tx, due: Due, *, now: datetime) -> None:
    """The end of a clock has come."""
    await breach_clock(tx, due.subject_id, now=now)


@sweeps(QUIET_OVER)
async def quiet_over(tx: Tx, due: Due, *, now: datetime) -> None:
    """The client has been quiet for the whole window."""
    await propose_closing(tx, due.subject_id, now=now)
