"""An import of figures is taken back by ranges of clients: nothing is deleted, what is left is computed and decided anew.

A qualification that was filed on it stands until a person has looked at it: the sweep that decides opens the review.
"""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.operations import Operation, Step

from client_registry.store import figure_families, figure_withdrawals, statements
from client_registry.store import imports as store
from client_registry.use_cases.reevaluate_clients import mark_changed

RANGE = 2_000


async def undo_figure_import(tx: Tx, op: Operation, *, now: datetime) -> Step:
    """The next clients by id. The cursor says who was done, so a step that was broken off is taken up where it stood."""
    found = await store.get_import(tx, UUID(op.detail["import_id"]))
    after = UUID(op.cursor.get("after", str(UUID(int=0))))
    taken = int(op.cursor.get("withdrawn", 0))
    clients = await figure_withdrawals.next_clients(tx, found.id, after=after, size=RANGE)
    if clients:
        await statements.lock_clients(tx, clients)
        gone = await figure_withdrawals.withdraw(tx, found.id, clients, since=found.created_at, now=now)
        counting, several = await figure_families.survivors_of(tx, clients)
        for survivor in several:
            await figure_families.part(tx, survivor=survivor, since=found.created_at, now=now)
        await statements.derive(tx, [(each.client_id, each.month) for each in gone], now=now)
        await figure_families.carry(tx, clients, now=now)
        await mark_changed(tx, counting, now=now)
        held = [each for each in gone if each.held]
        if held:
            months = sorted({each.month for each in held})
            await statements.tell_holdings(tx, [each.client_id for each in held], now=now, ended=months)
        taken += len(gone)
    done = op.done + len(clients)
    if len(clients) == RANGE:
        return Step(done=done, total=None, cursor={"after": str(clients[-1]), "withdrawn": taken})
    await store.set_status(tx, found.id, "undone", finished=True, now=now)
    await audit.record(
        tx, act="figure-import.undone", by=Principal(op.started_by, ()), object_type="figure_import",
        object_id=found.id, detail={"clients": done, "statements": taken}, at=now,
    )  # fmt: skip
    result = {"import_id": str(found.id), "status": "undone", "clients": done, "statements_withdrawn": taken}
    return Step(done=done, total=done, finished=True, result=result)
