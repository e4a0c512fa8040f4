"""One resumable range of a simulation: evaluated only, never decided."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.operations import Operation, Step
from chassis.refusals import NotFound

from client_registry.store import evaluation, simulations

RANGE = 1_000
_FIRST = UUID(int=0)


async def simulate_range(tx: Tx, operation: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next clients by id. The cursor moves in the same transaction, so a killed worker counts nobody twice."""
    simulation = await simulations.find(tx, UUID(operation.detail["simulation_id"]))
    if simulation is None:
        raise NotFound()
    unit_path = simulation["unit_path"]
    total = operation.total
    if total is None:
        total = await evaluation.count_below(tx, unit_path=unit_path)
    after = UUID(operation.cursor["after"]) if "after" in operation.cursor else _FIRST
    clients = await simulations.list_range(tx, unit_path=unit_path, after=after, size=size)
    moved = operation.cursor.get("moved", 0)
    if clients:
        moved += await simulations.simulate(tx, clients, simulation=simulation)
    done, finished = operation.done + len(clients), len(clients) < size
    return Step(
        done=done,
        total=max(total, done),
        cursor={"after": str(clients[-1] if clients else after), "moved": moved},
        finished=finished,
        result={"simulation_id": str(simulation["id"]), "evaluated": done, "moved": moved} if finished else None,
    )
