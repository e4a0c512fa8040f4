"""One resumable range of a simulation: evaluated only, never decided."""

from datetime import datetime
from time import perf_counter_ns
from uuid import UUID

from chassis.db import Record, Tx
from chassis.operations import Operation, Step
from chassis.refusals import NotFound

from client_registry.domain.range_sizes import next_size
from client_registry.store import evaluation, manager_loads, simulations

RANGE = 20_000
# How long a range should take; the first is small, for nobody knows how many figures have to be added up.
RANGE_MS = 250
_FIRST_RANGE = 2_000
_FIRST = UUID(int=0)


async def simulate_range(tx: Tx, operation: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next clients by id, then the next managers. The cursor moves in the same transaction, so a killed worker counts
    nobody twice."""
    simulation = await simulations.find(tx, UUID(operation.detail["simulation_id"]))
    if simulation is None:
        raise NotFound()
    cursor, total = operation.cursor, operation.total
    if "manager" in cursor:
        return await _weigh_range(tx, operation, simulation, size=size)
    if total is None:
        total = await evaluation.count_below(tx, unit_path=simulation["unit_path"])
    after = UUID(cursor["after"]) if "after" in cursor else _FIRST
    look = min(cursor.get("look", _FIRST_RANGE), size)
    began = perf_counter_ns()
    tried = await simulations.simulate(tx, simulation=simulation, after=after, size=look)
    took = (perf_counter_ns() - began) // 1_000_000
    moved, done = cursor.get("moved", 0) + tried.moved, operation.done + tried.clients
    look = next_size(look, done=look, milliseconds=took, aim=RANGE_MS, most=size)
    there = {"manager": manager_loads.FIRST} if tried.finished else {}
    return Step(
        done=done,
        total=max(total, done),
        cursor={"after": str(tried.last), "moved": moved, "look": look} | there,
    )


async def _weigh_range(tx: Tx, operation: Operation, simulation: Record, *, size: int) -> Step:
    """Who moves is known: what it asks of the next managers."""
    cursor, done = operation.cursor, operation.done
    look = min(cursor.get("look_managers", _FIRST_RANGE), size)
    began = perf_counter_ns()
    weighed = await manager_loads.weigh(tx, simulation=simulation, after=cursor["manager"], size=look)
    took = (perf_counter_ns() - began) // 1_000_000
    look = next_size(look, done=look, milliseconds=took, aim=RANGE_MS, most=size)
    found = {"simulation_id": str(simulation["id"]), "evaluated": done, "moved": cursor["moved"]}
    return Step(
        done=done,
        total=operation.total,
        cursor=cursor | {"manager": weighed.last, "look_managers": look},
        finished=weighed.finished,
        result=found if weighed.finished else None,
    )
