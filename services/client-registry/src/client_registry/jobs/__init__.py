"""Long work of the registry, taken up by the workers."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.use_cases.begin_posting import begin_posting
from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports
from client_registry.use_cases.merge_units import merge_units
from client_registry.use_cases.post_staff import BEGINS
from client_registry.use_cases.receive_client_import import KIND as CLIENT_IMPORT
from client_registry.use_cases.run_client_import import run_client_import
from client_registry.use_cases.start_merger import KIND as UNIT_MERGER
from client_registry.use_cases.start_qualification_run import KIND as QUALIFICATION_RUN

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


@operations(UNIT_MERGER)
async def merge_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of a merger."""
    return await merge_units(tx, op, now=now)


@sweeps(BEGINS)
async def begin_posted(tx: Tx, due: Due, *, now: datetime) -> None:
    """A posting of today is told to everybody."""
    await begin_posting(tx, due.subject_id, now=now)


@sweeps.recurring("forget-stopped-imports", cron="17 * * * *")
async def forget_stopped(tx: Tx, *, now: datetime) -> None:
    """Hourly: uploads of cancelled or broken imports are forgotten."""
    await forget_stopped_imports(tx, now=now)
