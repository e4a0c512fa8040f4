"""One resumable range of a rate correction: the figures of the clients it touches are made anew, nobody else's."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.operations import Operation, Step

from client_registry.store import exchange_rates, statements
from client_registry.use_cases.reevaluate_clients import mark_changed

RANGE = 2_000


async def carry_rate_correction(tx: Tx, operation: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next clients by id: corrected figures are later rows, and whose changed is decided over again."""
    pairs = [(currency, date.fromisoformat(month)) for currency, month in operation.detail["pairs"]]
    after = UUID(operation.cursor.get("after", str(UUID(int=0))))
    changed = int(operation.cursor.get("changed", 0))
    places = await exchange_rates.touched(tx, pairs, after=after, size=size)
    clients = sorted({client_id for client_id, _ in places})
    if places:
        await statements.lock_clients(tx, clients)
        moved = await statements.derive(tx, places, now=now)
        await mark_changed(tx, moved, now=now)
        changed += len(moved)
    done = operation.done + len(clients)
    finished = len(clients) < size
    return Step(
        done=done,
        total=done if finished else None,
        cursor={"after": str(clients[-1]) if clients else str(after), "changed": changed},
        finished=finished,
        result={"clients_touched": done, "clients_changed": changed} if finished else None,
    )
