"""Note that the client was told how things stand."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id

from complaint_service.domain.case import Case
from complaint_service.domain.clocks import Purpose, restart
from complaint_service.store import cases, copies, records
from complaint_service.use_cases.set_alarms import set_alarms


async def report_progress(tx: Tx, case_id: UUID, told: str, *, by: Principal, now: datetime) -> Case:
    """The progress clock is met and starts anew (CM-21, BOC-S Art. 34(3); CM-35). Raises NotTheHandler, IllegalMove."""
    case = await cases.get_case(tx, case_id)
    running = next((c for c in case.clocks if c.purpose is Purpose.PROGRESS and c.is_running), None)
    following = None
    if running is not None:
        rule = (await copies.get_policy(tx, running.policy_version)).clock(running.code)
        following = restart(running, rule, clock_id=new_id(), at=now, calendar=await copies.find_calendar(tx))
    reported = case.report_progress(by.subject, following, at=now)
    await cases.save_case(tx, reported)
    await records.add_text(tx, reported, "progress", told, text_id=new_id(), by=by.subject, at=now)
    await records.add_step(tx, reported, "progress-reported", step_id=new_id(), by=by.subject, at=now)
    await set_alarms(tx, reported)
    return reported
