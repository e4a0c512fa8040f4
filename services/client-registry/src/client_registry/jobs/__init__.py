"""Long work of the registry, taken up by the workers."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Due, Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.use_cases.activate_due_policy import activate_due_policy
from client_registry.use_cases.approve_tier_policy import ACTIVATION as POLICY_ACTIVATION
from client_registry.use_cases.carry_rate_correction import carry_rate_correction
from client_registry.use_cases.evaluate_range import evaluate_range
from client_registry.use_cases.forget_stopped_imports import forget_stopped_imports
from client_registry.use_cases.receive_client_import import KIND as CLIENT_IMPORT
from client_registry.use_cases.record_exchange_rates import KIND as RATE_CORRECTION
from client_registry.use_cases.reevaluate_clients import KIND as FIGURES_CHANGED
from client_registry.use_cases.reevaluate_clients import reevaluate_clients
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


@sweeps(FIGURES_CHANGED, batch=True)
async def reevaluate_changed(tx: Tx, due: list[Due], *, now: datetime) -> None:
    """Clients whose figures have changed are decided over again, many at once."""
    await reevaluate_clients(tx, [each.subject_id for each in due], now=now)


@operations(RATE_CORRECTION)
async def correct_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of clients whose figures a corrected exchange rate touches."""
    return await carry_rate_correction(tx, op, now=now)


@sweeps(POLICY_ACTIVATION)
async def activate_policy(tx: Tx, due: Due, *, now: datetime) -> None:
    """CR-13, CR-14: an approved policy comes into force on its first day."""
    await activate_due_policy(tx, due.subject_id, now=now)
