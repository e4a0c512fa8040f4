"""Long work of the registry, taken up by the workers."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.use_cases.ask_to_verify import ask_to_verify
from client_registry.use_cases.evaluate_range import evaluate_range
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


@sweeps.recurring("forget-stopped-imports", cron="17 * * * *")
async def forget_stopped(tx: Tx, *, now: datetime) -> None:
    """Hourly: uploads of cancelled or broken imports are forgotten."""
    await forget_stopped_imports(tx, now=now)


@sweeps.recurring("ask-to-verify", cron="20 2 * * *")
async def ask_managers_to_verify(tx: Tx, *, now: datetime) -> None:
    """Nightly: incomplete and stale files become work for their managers (CR-79)."""
    await ask_to_verify(tx, now=now)
