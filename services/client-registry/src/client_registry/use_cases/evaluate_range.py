"""One resumable range of a qualification run: lock, decide, follow; all in SQL, never a loop over clients."""

from dataclasses import asdict, replace
from datetime import date, datetime
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.operations import Operation, Step

from client_registry.domain.range_sizes import next_size
from client_registry.store import evaluation, feature_rows, run_summaries

# Most clients of a range come out as last time and are only looked at; those who may not are decided over. Both take
# their share of the half second that a transaction may last; how many that is, each range learns from the one before.
RANGE = 20_000
DUE = 2_000
# The first is small: it counts everybody too, and nothing is known yet of the machine.
_FIRST_LOOK = 4_000
_FIRST_DUE = 400
LOOK_MS = 150
DECIDE_MS = 250
# Fewer new rows than this among those that were there leave the planner's statistics as good as they were.
_MANY = 1_000
_ONE_IN = 10
_FIRST = UUID(int=0)


async def evaluate_range(tx: Tx, operation: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next clients by id. The cursor moves in the same transaction, so a killed worker repeats nothing."""
    if "uncounted" in operation.cursor:
        return await _count_anew(tx, operation)
    detail, cursor = operation.detail, operation.cursor
    unit_path, run_id = detail["unit_path"], UUID(detail["run_id"])
    as_of = date.fromisoformat(detail["as_of"])
    total = operation.total
    if total is None:
        total = await evaluation.count_below(tx, unit_path=unit_path)
    after = UUID(cursor["after"]) if "after" in cursor else _FIRST
    cut_off_at = datetime.fromisoformat(detail["cut_off_at"])
    look, most = min(cursor.get("look", _FIRST_LOOK), size), min(cursor.get("most", _FIRST_DUE), DUE)
    began = perf_counter_ns()
    visited = await feature_rows.next_range(
        tx, unit_path=unit_path, after=after, size=look, due_most=most, as_of=as_of, cut_off_at=cut_off_at
    )
    looked = perf_counter_ns()
    locked = await evaluation.lock_these(tx, visited.due)
    summed_up = detail.get("summed_up", False)
    tiers_before = await run_summaries.tiers_of(tx, locked) if summed_up else {}
    followed = await feature_rows.decide_due(tx, locked, run_id=run_id, as_of=as_of, cut_off_at=cut_off_at, now=now)
    decided = perf_counter_ns()
    counts: dict[str, Any] = dict(cursor.get("counts", {}))
    counts = {name: counts.get(name, 0) + found for name, found in asdict(followed).items()}
    done = operation.done + visited.clients
    branches: run_summaries.Summary = cursor.get("branches", {})
    if summed_up and visited.last is not None:
        branches = await run_summaries.add_range(
            tx, branches, tiers_before=tiers_before, run_id=run_id, as_of=as_of, unit_path=unit_path, after=after,
            last=visited.last,
        )  # fmt: skip
    total = max(total, done)
    after_this = {
        "after": str(visited.last),
        "counts": counts,
        "branches": branches,
        "decided": cursor.get("decided", 0) + len(locked),
        # Where many are due, most of what is looked at would be looked at again.
        "look": min(size, 2 * max(visited.clients, 1))
        if visited.cut
        else next_size(look, done=look, milliseconds=(looked - began) // 1_000_000, aim=LOOK_MS, most=size),
        "most": next_size(
            most, done=len(locked), milliseconds=(decided - looked) // 1_000_000, aim=DECIDE_MS, most=DUE
        ),
    }
    result = {"run_id": str(run_id), "evaluated": done, **counts} | ({"branches": branches} if summed_up else {})
    step = Step(done=done, total=total, cursor=after_this, finished=visited.finished)
    if not visited.finished:
        return step
    if after_this["decided"] < max(_MANY, total // _ONE_IN):
        return replace(step, result=result)
    # Thousands of new rows: what is asked next must not be planned with the counts of before.
    uncounted = list(evaluation.FILLED_BY_RUNS)
    return replace(step, finished=False, cursor={"uncounted": uncounted, "result": result})


async def _count_anew(tx: Tx, operation: Operation) -> Step:
    """One table in a transaction of its own, which holds up nobody."""
    table, *left = operation.cursor["uncounted"]
    result = operation.cursor["result"]
    await evaluation.count_rows_anew(tx, table)
    return Step(
        done=operation.done,
        total=operation.total,
        cursor={"uncounted": left, "result": result},
        finished=not left,
        result=None if left else result,
    )
