"""One resumable range of a qualification run: lock, decide, follow; all in SQL, never a loop over clients."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.operations import Operation, Step

from client_registry.store import evaluation, feature_rows, run_summaries

# Most clients of a range come out as last time and are only looked at; those who may not are decided over, and that
# takes the time of a transaction: half a second at most.
RANGE = 20_000
DUE = 1_000
_FIRST = UUID(int=0)


async def evaluate_range(tx: Tx, operation: Operation, *, now: datetime, size: int = RANGE) -> Step:
    """The next clients by id. The cursor moves in the same transaction, so a killed worker repeats nothing."""
    detail, cursor = operation.detail, operation.cursor
    unit_path, run_id = detail["unit_path"], UUID(detail["run_id"])
    as_of = date.fromisoformat(detail["as_of"])
    total = operation.total
    if total is None:
        total = await evaluation.count_below(tx, unit_path=unit_path)
    after = UUID(cursor["after"]) if "after" in cursor else _FIRST
    cut_off_at = datetime.fromisoformat(detail["cut_off_at"])
    visited = await feature_rows.next_range(
        tx, unit_path=unit_path, after=after, size=size, due_most=DUE, as_of=as_of, cut_off_at=cut_off_at
    )
    locked = await evaluation.lock_these(tx, visited.due)
    summed_up = detail.get("summed_up", False)
    tiers_before = await run_summaries.tiers_of(tx, locked) if summed_up else {}
    followed = await feature_rows.decide_due(tx, locked, run_id=run_id, as_of=as_of, cut_off_at=cut_off_at, now=now)
    counts: dict[str, Any] = dict(cursor.get("counts", {}))
    counts = {name: counts.get(name, 0) + found for name, found in asdict(followed).items()}
    done = operation.done + visited.clients
    branches: run_summaries.Summary = cursor.get("branches", {})
    if summed_up and visited.last is not None:
        branches = await run_summaries.add_range(
            tx, branches, tiers_before=tiers_before, run_id=run_id, as_of=as_of, unit_path=unit_path, after=after,
            last=visited.last,
        )  # fmt: skip
    if visited.finished and done >= DUE:
        # Thousands of new rows: what is asked next must not be planned with the counts of before.
        await evaluation.count_rows_anew(tx)
    return Step(
        done=done,
        total=max(total, done),
        cursor={"after": str(visited.last or after), "counts": counts, "branches": branches},
        finished=visited.finished,
        result=_result(run_id, done, counts, branches if summed_up else None) if visited.finished else None,
    )


def _result(run_id: UUID, done: int, counts: dict[str, Any], branches: run_summaries.Summary | None) -> dict[str, Any]:
    found = {"run_id": str(run_id), "evaluated": done, **counts}
    return found if branches is None else found | {"branches": branches}
