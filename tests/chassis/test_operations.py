"""Long work: step by step, resumed where it stood, cancelled between two steps, done once."""

import asyncio
import os
import signal
import sys
import textwrap
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from chassis import operations
from chassis.clock import system_clock
from chassis.db import Database, Tx
from chassis.operations import Operation, Operations, Step
from chassis.operations_worker import OperationsWorker
from chassis.query import prepare
from chassis.refusals import NotFound, RuleBroken
from chassis.texts import Text

from tests.chassis.conftest import until

SEEN = prepare(sa.text("INSERT INTO seen (box_id, version) VALUES (CAST(:box_id AS uuid), :version)"))
NOBODY = UUID(int=0)


class NotThisFile(RuleBroken):
    code = "import.not-this-file"
    text = Text(en="Row {row} is wrong.", zh="第 {row} 行有误。")


def counting(to: int, *, pause_s: float = 0, fail_at: int | None = None) -> Operations:
    """Work that writes 1, 2, 3 … one a step."""
    kinds, failures = Operations(), []

    @kinds("count")
    async def count(tx: Tx, op: Operation, *, now: datetime) -> Step:
        n = op.cursor.get("next", 1)
        await tx.execute(SEEN, box_id=NOBODY, version=n)
        await asyncio.sleep(pause_s)
        if n == fail_at and not failures:
            failures.append(n)
            raise ConnectionError("once")
        return Step(
            done=n, total=to, cursor={"next": n + 1}, finished=n == to, result={"counted": n} if n == to else None
        )

    @kinds("refused")
    async def refused(tx: Tx, op: Operation, *, now: datetime) -> Step:
        raise NotThisFile(row=7)

    @kinds("broken")
    async def broken(tx: Tx, op: Operation, *, now: datetime) -> Step:
        raise LookupError

    return kinds


async def begin(database: Database, kind: str = "count") -> UUID:
    async with database.transaction() as tx:
        op = await operations.start(tx, kind=kind, started_by="staff:1", detail={"a": 1}, now=system_clock())
    return op.id


async def look(database: Database, operation_id: UUID) -> Operation:
    async with database.reading() as tx:
        return await operations.get(tx, operation_id)


async def counted(database: Database) -> list[int]:
    async with database.reading() as tx:
        return [row["version"] for row in await tx.connection.fetch("SELECT version FROM seen ORDER BY n")]


def a_worker(database: Database, kinds: Operations, **settings: Any) -> OperationsWorker:
    return OperationsWorker(database, kinds, clock=system_clock, **settings)


async def test_an_operation_goes_step_by_step_to_its_result(database: Database) -> None:
    worker = a_worker(database, counting(5))
    assert await worker.work_on_one(asyncio.Event()) is False
    operation_id = await begin(database)
    assert (await look(database, operation_id)).status == "queued"
    assert await worker.work_on_one(asyncio.Event()) is True
    op = await look(database, operation_id)
    assert (op.status, op.done, op.total, op.result, op.problem) == ("succeeded", 5, 5, {"counted": 5}, None)
    assert op.finished_at is not None and op.started_at is not None and op.is_finished
    assert await counted(database) == [1, 2, 3, 4, 5]
    assert await worker.work_on_one(asyncio.Event()) is False


async def test_a_refusal_fails_the_operation_with_its_problem(database: Database) -> None:
    operation_id = await begin(database, "refused")
    await a_worker(database, counting(1)).work_on_one(asyncio.Event())
    op = await look(database, operation_id)
    assert op.status == "failed"
    assert op.problem == {
        "code": "import.not-this-file",
        "params": {"row": 7},
        "en": "Row 7 is wrong.",
        "zh": "第 7 行有误。",
    }


async def test_a_step_that_fails_is_undone_and_tried_again(database: Database) -> None:
    operation_id = await begin(database)
    kinds = counting(4, fail_at=3)
    clock_ahead = [timedelta()]
    worker = OperationsWorker(database, kinds, clock=lambda: system_clock() + clock_ahead[0])
    await worker.work_on_one(asyncio.Event())
    assert await counted(database) == [1, 2]
    assert await worker.work_on_one(asyncio.Event()) is False
    clock_ahead[0] = timedelta(seconds=5)
    await worker.work_on_one(asyncio.Event())
    assert (await look(database, operation_id)).status == "succeeded"
    assert await counted(database) == [1, 2, 3, 4]


async def test_five_faults_in_a_row_end_it_with_a_problem_that_tells_nothing_inner(database: Database) -> None:
    operation_id = await begin(database, "broken")
    ahead = timedelta()
    for _ in range(5):
        ahead += timedelta(seconds=5)
        worker = OperationsWorker(database, counting(1), clock=lambda ahead=ahead: system_clock() + ahead)
        assert await worker.work_on_one(asyncio.Event()) is True
    op = await look(database, operation_id)
    assert op.status == "failed" and op.problem is not None and op.problem["code"] == "operation.broken"


async def test_a_queued_operation_is_cancelled_at_once_and_a_running_one_after_its_step(database: Database) -> None:
    queued, worker = await begin(database), a_worker(database, counting(1000, pause_s=0.02))
    async with database.transaction() as tx:
        assert (await operations.cancel(tx, queued, now=system_clock())).status == "cancelled"
    assert await worker.work_on_one(asyncio.Event()) is False
    running = await begin(database)
    working = asyncio.create_task(worker.work_on_one(asyncio.Event()))

    async def begun() -> bool:
        return len(await counted(database)) >= 2

    await until(begun)
    async with database.transaction() as tx:
        assert (await operations.cancel(tx, running, now=system_clock())).cancel_requested
    await asyncio.wait_for(working, timeout=3)
    op = await look(database, running)
    assert op.status == "cancelled" and op.finished_at is not None
    assert await counted(database) == list(range(1, op.done + 1))
    async with database.transaction() as tx:
        assert (await operations.cancel(tx, running, now=system_clock())).finished_at == op.finished_at
        with pytest.raises(NotFound):
            await operations.cancel(tx, NOBODY, now=system_clock())


async def test_a_stop_lets_go_of_the_operation_and_another_worker_goes_on(database: Database) -> None:
    operation_id, stop = await begin(database), asyncio.Event()
    first = asyncio.create_task(a_worker(database, counting(10, pause_s=0.05)).run(stop))

    async def begun() -> bool:
        return len(await counted(database)) >= 3

    await until(begun)
    stop.set()
    await asyncio.wait_for(first, timeout=2)
    assert (await look(database, operation_id)).status == "running"
    assert await a_worker(database, counting(10)).work_on_one(asyncio.Event()) is True
    assert await counted(database) == list(range(1, 11))


async def test_a_worker_that_lost_its_lease_changes_nothing(database: Database) -> None:
    """It was asleep past its lease; another took over meanwhile."""
    operation_id = await begin(database)
    kinds, asleep = Operations(), asyncio.Event()

    @kinds("count")
    async def slow(tx: Tx, op: Operation, *, now: datetime) -> Step:
        await tx.execute(SEEN, box_id=NOBODY, version=99)
        asleep.set()
        await asyncio.sleep(0.6)
        return Step(done=99, finished=True)

    sleeper = asyncio.create_task(a_worker(database, kinds).work_on_one(asyncio.Event()))
    await asleep.wait()
    async with database.transaction() as tx:
        await tx.connection.execute("UPDATE operations SET leased_until = now() - interval '1 s'")
    await a_worker(database, counting(3)).work_on_one(asyncio.Event())
    await sleeper
    op = await look(database, operation_id)
    assert (op.status, op.done) == ("succeeded", 3)
    assert await counted(database) == [1, 2, 3]


async def test_a_long_step_keeps_its_lease(database: Database) -> None:
    await begin(database)
    lease = timedelta(milliseconds=300)
    working = asyncio.create_task(
        a_worker(database, counting(1, pause_s=1.2), lease=lease).work_on_one(asyncio.Event())
    )
    await asyncio.sleep(0.7)
    assert await a_worker(database, counting(1)).work_on_one(asyncio.Event()) is False
    await working
    assert await counted(database) == [1]


KILLED = """
    import asyncio, sys
    from datetime import timedelta
    from chassis.db import Database, Tx
    from chassis.clock import system_clock
    from chassis.operations import Operations, Step
    from chassis.operations_worker import OperationsWorker

    kinds = Operations()

    @kinds("count")
    async def count(tx, op, *, now):
        n = op.cursor.get("next", 1)
        await tx.connection.execute("INSERT INTO seen (box_id, version) VALUES (gen_random_uuid(), $1)", n)
        print(n, flush=True)
        await asyncio.sleep(0.05)
        return Step(done=n, total=40, cursor={"next": n + 1}, finished=n == 40)

    async def main():
        database = await Database.open(sys.argv[1], name="killed", cipher=None)
        await OperationsWorker(database, kinds, clock=system_clock, lease=timedelta(seconds=1)).run(asyncio.Event())

    asyncio.run(main())
"""


@pytest.mark.faults
async def test_killed_workers_leave_work_that_others_finish(database: Database, tmp_path: Path) -> None:
    operation_id = await begin(database)
    program = tmp_path / "worker.py"
    program.write_text(textwrap.dedent(KILLED))
    for _ in range(2):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, str(program), database.url, stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdout is not None
        for _ in range(6):
            await asyncio.wait_for(worker.stdout.readline(), timeout=20)
        os.kill(worker.pid, signal.SIGKILL)
        await worker.wait()
    assert (await look(database, operation_id)).status == "running"
    stop = asyncio.Event()
    finishing = asyncio.create_task(a_worker(database, counting(40)).run(stop))

    async def finished() -> bool:
        return (await look(database, operation_id)).status == "succeeded"

    await until(finished, within_s=10)
    stop.set()
    await finishing
    assert await counted(database) == list(range(1, 41))
