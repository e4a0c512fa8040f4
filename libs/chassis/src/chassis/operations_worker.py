"""The worker of long operations: one step after another, each in a transaction of its own, resumed by whoever lives.

An operation is leased while a worker is at it; a step becomes true only if the lease still holds when it commits.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from chassis.clock import Clock
from chassis.db import Database, DatabaseAway
from chassis.handling import describe
from chassis.ids import new_id
from chassis.operations import OPERATION_COLUMNS, Operation, Operations, Step, operation_of
from chassis.query import prepare
from chassis.refusals import Invalid, Refusal, TryLater
from chassis.texts import Language, Text
from chassis.waiting import Pace, wait_for_stop

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=15)
_IDLE_S = (0.05, 1.0)
_STEP_TIMEOUT_MS = 300_000
_TRIES = 5

# Leases are measured by the database's clock: workers on several machines need not agree on the time.
_TAKE = prepare(
    sa.text(
        f"""
        UPDATE operations SET status = 'running', lease = :lease, leased_until = now() + CAST(:long AS interval),
               started_at = coalesce(started_at, :now)
        WHERE id = (
            SELECT id FROM operations
            WHERE status IN ('queued', 'running') AND try_at <= :now AND kind = ANY (CAST(:kinds AS text[]))
              AND (leased_until IS NULL OR leased_until < now())
            ORDER BY try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING {OPERATION_COLUMNS}
        """  # noqa: S608 - our own column names
    )
)
_HOLD = prepare(
    sa.text("UPDATE operations SET leased_until = now() + CAST(:long AS interval) WHERE id = :id AND lease = :lease")
)
_REACHED = prepare(
    sa.text(
        f"""
        UPDATE operations SET done = :done, total = coalesce(:total, total), cursor = :cursor, attempts = 0,
               last_error = NULL, leased_until = now() + CAST(:long AS interval)
        WHERE id = :id AND lease = :lease
        RETURNING {OPERATION_COLUMNS}
        """  # noqa: S608 - our own column names
    )
)
_END = prepare(
    sa.text(
        "UPDATE operations SET status = :status, result = :result, problem = :problem, finished_at = :now, "
        "lease = NULL, leased_until = NULL WHERE id = :id AND lease = :lease"
    )
)
_LATER = prepare(
    sa.text(
        "UPDATE operations SET attempts = attempts + CAST(:counts AS int), last_error = :error, try_at = :try_at, "
        "lease = NULL, leased_until = NULL WHERE id = :id AND lease = :lease RETURNING attempts"
    )
)
_BREAK = prepare(
    sa.text("UPDATE operations SET status = 'failed', problem = :problem, finished_at = :now WHERE id = :id")
)
_LET_GO = prepare(sa.text("UPDATE operations SET lease = NULL, leased_until = NULL WHERE id = :id AND lease = :lease"))


class OperationBroken(Refusal):
    code = "operation.broken"
    text = Text(
        en="The work could not be finished because of a fault on our side; operations staff have been told.",
        zh="系统故障，任务未能完成，已通知运维人员。",
    )


class _LeaseLost(Exception):
    """Another worker has taken the operation over; what this step did is undone."""


class OperationsWorker:
    """Does a service's operations for as long as it runs, one at a time; run more workers for more at once."""

    def __init__(self, database: Database, operations: Operations, *, clock: Clock, lease: timedelta = LEASE) -> None:
        self._database = database
        self._steps = operations.steps
        self._clock = clock
        self._lease_for = lease

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; the step in hand is finished and the operation let go of."""
        pace = Pace(*_IDLE_S)
        while not stop.is_set():
            try:
                if await self.work_on_one(stop):
                    pace.reset()
                    continue
            except DatabaseAway as away:
                log.warning("operations.database-away", reason=str(away))
            await wait_for_stop(stop, pace.slower())

    async def work_on_one(self, stop: asyncio.Event) -> bool:
        """Take up the operation that has waited longest and do it as far as it goes; False when there is none."""
        lease = new_id()
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(
                _TAKE, lease=lease, long=self._lease_for, now=self._clock(), kinds=list(self._steps)
            )
        if row is None:
            return False
        holding = asyncio.create_task(self._hold(row["id"], lease))
        try:
            await self._carry_on(operation_of(row), lease, stop)
        except _LeaseLost:
            log.warning("operations.lease-lost", operation_id=str(row["id"]))
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)
        return True

    async def _hold(self, operation_id: UUID, lease: UUID) -> None:
        """Renew the lease while a step runs, however long it takes."""
        while True:
            await asyncio.sleep(self._lease_for.total_seconds() / 3)
            try:
                async with self._database.transaction() as tx:
                    await tx.execute(_HOLD, id=operation_id, lease=lease, long=self._lease_for)
            except DatabaseAway as away:
                log.warning("operations.lease-not-renewed", reason=str(away))

    async def _carry_on(self, op: Operation, lease: UUID, stop: asyncio.Event) -> None:
        while True:
            if op.cancel_requested:
                await self._end(op, lease, "cancelled")
                return
            if stop.is_set():
                async with self._database.transaction() as tx:
                    await tx.execute(_LET_GO, id=op.id, lease=lease)
                return
            try:
                op, finished = await self._step(op, lease)
            except (DatabaseAway, _LeaseLost):
                raise
            except TryLater as later:
                await self._later(op, lease, later, counts=False)
                return
            except Refusal as refusal:
                await self._end(op, lease, "failed", problem=problem_of(refusal))
                return
            except Exception as failed:
                await self._later(op, lease, failed, counts=True)
                return
            if finished:
                return

    async def _step(self, op: Operation, lease: UUID) -> tuple[Operation, bool]:
        async with self._database.transaction(statement_timeout_ms=_STEP_TIMEOUT_MS) as tx:
            step: Step = await self._steps[op.kind](tx, op, now=self._clock())
            row = await tx.fetchrow(
                _REACHED,
                id=op.id,
                lease=lease,
                long=self._lease_for,
                done=step.done,
                total=step.total,
                cursor=step.cursor,
            )
            if row is None:
                raise _LeaseLost
            if step.finished:
                await tx.execute(
                    _END,
                    id=op.id,
                    lease=lease,
                    status="succeeded",
                    result=step.result,
                    problem=None,
                    now=self._clock(),
                )
        return operation_of(row), step.finished

    async def _end(self, op: Operation, lease: UUID, status: str, *, problem: dict[str, Any] | None = None) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                _END, id=op.id, lease=lease, status=status, result=None, problem=problem, now=self._clock()
            )

    async def _later(self, op: Operation, lease: UUID, failed: Exception, *, counts: bool) -> None:
        """Try the step again after a while; after five faults in a row the operation has failed."""
        error = describe(failed)
        log.error("operations.step-failed", operation_id=str(op.id), kind=op.kind, reason=error, exc_info=failed)
        async with self._database.transaction() as tx:
            attempts = await tx.fetchval(
                _LATER,
                id=op.id,
                lease=lease,
                counts=int(counts),
                error=error,
                try_at=self._clock() + timedelta(seconds=2),
            )
            if attempts is not None and attempts >= _TRIES:
                await tx.execute(_BREAK, id=op.id, problem=problem_of(OperationBroken()), now=self._clock())


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """A refusal as it is kept: code, params, the sentence in both languages, and which fields were wrong."""
    problem: dict[str, Any] = {
        "code": refusal.code,
        "params": refusal.params,
        "en": refusal.say(Language.EN),
        "zh": refusal.say(Language.ZH),
    }
    if isinstance(refusal, Invalid):
        problem["errors"] = [
            {
                "pointer": error.pointer,
                "code": error.code,
                "en": error.say(Language.EN),
                "zh": error.say(Language.ZH),
            }
            for error in refusal.errors
        ]
    return problem
