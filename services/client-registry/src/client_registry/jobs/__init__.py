"""Long work of the registry, taken up by the workers."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.use_cases.alarm_away_service import FOLLOW_UP_OVERDUE, REPORT_OVERDUE, alarm_away_service
from client_registry.use_cases.escalate_service_request import escalate_service_request
from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.expire_emergency_cash import expire_emergency_cash
from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports
from client_registry.use_cases.receive_client_import import KIND as CLIENT_IMPORT
from client_registry.use_cases.record_away_service import FOLLOW_UP_DUE, REPORT_DUE
from client_registry.use_cases.request_emergency_cash import EXPIRES
from client_registry.use_cases.run_client_import import run_client_import
from client_registry.use_cases.start_qualification_run import KIND as QUALIFICATION_RUN
from client_registry.use_cases.take_service_request import RESPONSE_DUE

operations = Operations()
sweeps = Sweeps()


@operations(QUALIFICATION_RUN)
async def evaluate_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of clients of a qualification run."""
    return await evaluate_range(tx, op, now=now)


@operations(CLIENT_IMPORT)
async def import_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next step of a client import."""
    return await run_client_import(tx, op, now=now)


@sweeps.recurring("forget-stopped-imports", cron="17 * * * *")
async def forget_stopped(tx: Tx, *, now: datetime) -> None:
    """Hourly: uploads of cancelled or broken imports are forgotten."""
    await forget_stopped_imports(tx, now=now)


@sweeps(FOLLOW_UP_DUE)
async def follow_up_overdue(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-99: the home manager did not follow up in time."""
    await alarm_away_service(tx, due.subject_id, kind=FOLLOW_UP_OVERDUE, now=now)


@sweeps(REPORT_DUE)
async def report_overdue(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-100: no report reached the province within 24 hours."""
    await alarm_away_service(tx, due.subject_id, kind=REPORT_OVERDUE, now=now)


@sweeps(EXPIRES)
async def emergency_cash_expired(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-91: nobody released it in time."""
    await expire_emergency_cash(tx, due.subject_id, now=now)


@sweeps(RESPONSE_DUE)
async def response_overdue(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-101: nobody responded within ten minutes."""
    await escalate_service_request(tx, due.subject_id, now=now)
