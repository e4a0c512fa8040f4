"""Due work among many rows of later: claimed, done and told in batches of 500."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis import outbox
from chassis.clock import system_clock
from chassis.db import Database, Tx
from chassis.due_work import Due, Sweeps
from chassis.events import Fact
from chassis.metrics import Metrics
from chassis.sweeper import Sweeper
from client_registry.app import SERVICE
from ground import Ground
from measuring import Measure, Reading

LATER = 200_000
DUE = 10_000
KIND = "bench.due"
_FILL = """
    INSERT INTO due_work (kind, subject_id, due_at, try_at, detail)
    SELECT $1, gen_random_uuid(), t.at, t.at, '{}' FROM (
        SELECT now() + CAST(CAST($3 AS text) AS interval) + n * interval '1 millisecond' AS at
        FROM generate_series(1, $2::int) n) AS t
"""
_ONE_STATEMENT = """
    WITH due AS (
        SELECT kind, subject_id FROM due_work WHERE try_at <= now() AND kind = $1
        ORDER BY try_at LIMIT 500 FOR UPDATE SKIP LOCKED
    ), done AS (
        DELETE FROM due_work d USING due WHERE d.kind = due.kind AND d.subject_id = due.subject_id
        RETURNING d.subject_id, d.due_at
    )
    INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data)
    SELECT 'DueReached', 'bench', subject_id, 'subject', subject_id, 1, due_at,
           jsonb_build_object('subject_id', subject_id) FROM done
"""


@dataclass(frozen=True, kw_only=True)
class DueReached(Fact):
    """What the sweep says of each row."""

    topic: ClassVar[str] = "bench"
    aggregate: ClassVar[str] = "subject"
    aggregate_id_field: ClassVar[str] = "subject_id"
    key_field: ClassVar[str] = "subject_id"
    subject_id: UUID


class Sweeping:
    """Floor: one raw statement a batch. Ours: the sweeper, its rows as objects, the facts by the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database
        sweeps = Sweeps()

        @sweeps(KIND, batch=True)
        async def tell(tx: Tx, dues: list[Due], *, now: datetime) -> None:
            await outbox.add(tx, *(DueReached(at=due.due_at, version=1, subject_id=due.subject_id) for due in dues))

        self._sweeper = Sweeper(database, sweeps, clock=system_clock, metrics=Metrics("bench"))

    async def floor(self) -> Reading:
        await self._fill()
        done, began = 0, time.perf_counter()
        while True:
            async with self._database.transaction() as tx:
                told = await tx.connection.execute(_ONE_STATEMENT, KIND)
            count = int(told.rpartition(" ")[2])
            if not count:
                break
            done += count
        return Reading(done / (time.perf_counter() - began))

    async def ours(self) -> Reading:
        await self._fill()
        done, began = 0, time.perf_counter()
        while count := await self._sweeper.sweep():
            done += count
        took = time.perf_counter() - began
        assert done == DUE, f"{done} of {DUE} rows were swept"
        began = time.perf_counter()
        for _ in range(50):
            await self._sweeper.sweep()
        return Reading(done / took, {"idle poll ms": (time.perf_counter() - began) / 50 * 1000})

    async def _fill(self) -> None:
        async with self._database.transaction() as tx:
            await tx.connection.execute("TRUNCATE outbox")
            await tx.connection.execute(_FILL, KIND, DUE, "-1 hour")


@asynccontextmanager
async def sweeping(ground: Ground) -> AsyncIterator[Sweeping]:
    async with ground.open(await ground.database_of(SERVICE)) as database:
        async with database.transaction() as tx:
            await tx.connection.execute(_FILL, KIND, LATER, "1 day")
            await tx.connection.execute("ANALYZE due_work")
        yield Sweeping(database)


MEASURES = (
    Measure(
        name="sweep", work="due-work sweep, rows", goal="≥ 0.6, idle poll ≤ 1 ms", least=0.6, prepare=sweeping, rounds=5
    ),
)  # fmt: skip
