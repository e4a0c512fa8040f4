"""Long work of the registry, taken up by the workers."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.find_duplicates import KIND as DUPLICATES
from client_registry.use_cases.find_duplicates import find_duplicates
from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports
from client_registry.use_cases.receive_client_import import KIND as CLIENT_IMPORT
from client_registry.use_cases.run_client_import import run_client_import
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


@sweeps(DUPLICATES)
async def look_for_duplicates(tx: Tx, due: Due, *, now: datetime) -> None:
    """The next range of an import's files is compared with all others."""
    await find_duplicates(tx, due, now=now)


@sweeps.recurring("forget-stopped-imports", cron="17 * * * *")
async def forget_stopped(tx: Tx, *, now: datetime) -> None:
    """Hourly: uploads of cancelled or broken imports are forgotten."""
    await forget_stopped_imports(tx, now=now)
