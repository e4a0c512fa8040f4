"""What falls due when a relationship is over: lists of erasures every night, and their carrying out."""

from datetime import datetime

from chassis.db import Tx
from chassis.due_work import Sweeps
from chassis.operations import Operation, Operations, Step

from client_registry.use_cases.confirm_erasures import KIND
from client_registry.use_cases.erase_clients import erase_clients
from client_registry.use_cases.expire_mergers import expire_mergers
from client_registry.use_cases.prepare_erasures import prepare_erasures


async def prepare(tx: Tx, *, now: datetime) -> None:
    """Nightly: whose retention is over comes onto the list of his branch."""
    await prepare_erasures(tx, now=now)


async def expire_proposals(tx: Tx, *, now: datetime) -> None:
    """Hourly: proposed mergers that nobody decided in time."""
    await expire_mergers(tx, now=now)


async def erase_next(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next range of a confirmed list."""
    return await erase_clients(tx, op, now=now)


def register(sweeps: Sweeps, operations: Operations) -> None:
    """Hangs them into the registry's work."""
    sweeps.recurring("prepare-erasures", cron="40 1 * * *")(prepare)
    sweeps.recurring("expire-mergers", cron="23 * * * *")(expire_proposals)
    operations(KIND)(erase_next)
