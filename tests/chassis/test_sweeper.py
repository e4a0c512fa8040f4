"""Due work: done when its time has come, once, by however many workers, and tried again when it fails."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from chassis import due_work
from chassis.db import Database, Tx
from chassis.due_work import Due, Sweeps
from chassis.metrics import Metrics
from chassis.pruning import prune, prune_hourly
from chassis.query import prepare
from chassis.sweeper import Sweeper

from tests.chassis.conftest import NOON, until

SEEN = prepare(sa.text("INSERT INTO seen (box_id, version) VALUES (:box_id, :version)"))
SEEN_MANY = prepare(sa.text("INSERT INTO seen (box_id, version) SELECT id, 1 FROM unnest(CAST(:ids AS uuid[])) AS id"))


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def ahead(self, **by: int) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_sweeper(database: Database, sweeps: Sweeps, clock: Clock) -> Sweeper:
    return Sweeper(database, sweeps, clock=clock, metrics=Metrics("sweeps"))


async def plan(database: Database, subject_id: UUID, due_at: datetime, *, kind: str = "box.due") -> None:
    async with database.transaction() as tx:
        await due_work.schedule(tx, kind=kind, subject_id=subject_id, due_at=due_at)


async def seen(database: Database) -> list[UUID]:
    async with database.reading() as tx:
        return [row["box_id"] for row in await tx.connection.fetch("SELECT box_id FROM seen ORDER BY n")]


def that_see() -> Sweeps:
    sweeps = Sweeps()

    @sweeps("box.due")
    async def see(tx: Tx, due: Due, *, now: datetime) -> None:
        await tx.execute(SEEN, box_id=due.subject_id, version=due.attempts)

    return sweeps


async def test_what_is_due_is_done_once_and_what_is_not_waits(database: Database, clock: Clock) -> None:
    past, present, future = uuid4(), uuid4(), uuid4()
    await plan(database, present, NOON)
    await plan(database, past, NOON - timedelta(days=3))
    await plan(database, future, NOON + timedelta(seconds=1))
    sweeper = a_sweeper(database, that_see(), clock)
    assert await sweeper.sweep() == 2
    assert await sweeper.sweep() == 0
    assert await seen(database) == [past, present]
    clock.ahead(seconds=1)
    assert await sweeper.sweep() == 1
    assert (await seen(database))[-1] == future


async def test_scheduling_again_moves_it_and_cancelling_ends_it(database: Database, clock: Clock) -> None:
    moved, cancelled = uuid4(), uuid4()
    for due_at in (NOON - timedelta(hours=1), NOON + timedelta(hours=1)):
        await plan(database, moved, due_at)
    await plan(database, cancelled, NOON)
    async with database.transaction() as tx:
        await due_work.cancel(tx, kind="box.due", subject_id=cancelled)
    sweeper = a_sweeper(database, that_see(), clock)
    assert await sweeper.sweep() == 0
    clock.ahead(hours=1)
    await sweeper.sweep()
    assert await seen(database) == [moved]


async def test_many_are_scheduled_in_one_statement(database: Database, clock: Clock) -> None:
    ids = [uuid4() for _ in range(50)]
    async with database.transaction() as tx:
        await due_work.schedule_many(tx, kind="box.due", due=[(id, NOON) for id in ids])
        await due_work.schedule_many(tx, kind="box.due", due=[(ids[0], NOON + timedelta(days=1))])
    assert await a_sweeper(database, that_see(), clock).sweep() == 49


async def test_work_that_makes_itself_due_again_is_kept(database: Database, clock: Clock) -> None:
    sweeps, box = Sweeps(), uuid4()

    @sweeps("box.due")
    async def again(tx: Tx, due: Due, *, now: datetime) -> None:
        await tx.execute(SEEN, box_id=due.subject_id, version=1)
        await due_work.schedule(tx, kind=due.kind, subject_id=due.subject_id, due_at=now + timedelta(hours=1))

    await plan(database, box, NOON)
    sweeper = a_sweeper(database, sweeps, clock)
    for _ in range(3):
        assert await sweeper.sweep() == 1
        assert await sweeper.sweep() == 0
        clock.ahead(hours=1)
    assert await seen(database) == [box] * 3


async def test_a_failing_row_holds_nobody_up_and_is_tried_again(database: Database, clock: Clock) -> None:
    sweeps, sick, well = Sweeps(), uuid4(), [uuid4() for _ in range(5)]

    @sweeps("box.due")
    async def see(tx: Tx, due: Due, *, now: datetime) -> None:
        await tx.execute(SEEN, box_id=due.subject_id, version=due.attempts)
        if due.subject_id == sick and due.attempts < 2:
            raise LookupError("a name that must not be kept")

    for box in (sick, *well):
        await plan(database, box, NOON)
    sweeper = a_sweeper(database, sweeps, clock)
    await sweeper.sweep()
    assert set(await seen(database)) == set(well)
    async with database.reading() as tx:
        (failing,) = await due_work.failing(tx)
    assert (failing["subject_id"], failing["attempts"], failing["due_at"]) == (sick, 1, NOON)
    assert failing["last_error"].startswith("builtins.LookupError") and "a name" not in failing["last_error"]
    assert await sweeper.sweep() == 0
    for _ in range(2):
        clock.ahead(minutes=1)
        await sweeper.sweep()
    assert (await seen(database)).count(sick) == 1
    async with database.reading() as tx:
        assert await due_work.failing(tx) == []


async def test_several_sweepers_do_everything_once(database: Database, clock: Clock) -> None:
    sweeps, ids = Sweeps(), [uuid4() for _ in range(4000)]

    @sweeps("box.due", batch=True)
    async def see_all(tx: Tx, dues: list[Due], *, now: datetime) -> None:
        await tx.execute(SEEN_MANY, ids=[due.subject_id for due in dues])

    @sweeps("box.single")
    async def see(tx: Tx, due: Due, *, now: datetime) -> None:
        await tx.execute(SEEN, box_id=due.subject_id, version=1)

    async with database.transaction() as tx:
        await due_work.schedule_many(tx, kind="box.due", due=[(id, NOON) for id in ids[:3500]])
        await due_work.schedule_many(tx, kind="box.single", due=[(id, NOON) for id in ids[3500:]])

    async def sweep_all() -> int:
        sweeper, taken = a_sweeper(database, sweeps, clock), 0
        while some := await sweeper.sweep():
            taken += some
        return taken

    taken = await asyncio.gather(*(sweep_all() for _ in range(4)))
    assert sum(taken) == 4000
    assert sorted(await seen(database)) == sorted(ids)


async def test_a_recurring_job_runs_by_the_clock_of_shanghai_and_catches_up_once(
    database: Database, clock: Clock
) -> None:
    sweeps, runs = Sweeps(), []

    @sweeps.recurring("nightly", cron="30 2 * * *")
    async def nightly(tx: Tx, *, now: datetime) -> None:
        runs.append(now)

    sweeper = a_sweeper(database, sweeps, clock)
    await sweeper.plan_recurring()
    clock.now = datetime(2026, 11, 22, 18, 29, tzinfo=UTC)
    assert await sweeper.sweep() == 0
    clock.ahead(minutes=1)
    assert await sweeper.sweep() == 1
    await sweeper.plan_recurring()
    assert await sweeper.sweep() == 0
    clock.ahead(days=3)
    assert (await sweeper.sweep(), await sweeper.sweep()) == (1, 0)
    assert runs == [datetime(2026, 11, day, 18, 30, tzinfo=UTC) for day in (22, 25)]
    async with database.reading() as tx:
        due_at = await tx.connection.fetchval("SELECT due_at FROM due_work")
    assert due_at == datetime(2026, 11, 26, 18, 30, tzinfo=UTC)


async def test_a_changed_cron_line_moves_the_job(database: Database, clock: Clock) -> None:
    async def job(tx: Tx, *, now: datetime) -> None:
        raise AssertionError("not yet")

    for cron in ("0 3 * * *", "0 5 * * *"):
        sweeps = Sweeps()
        sweeps.recurring("nightly", cron=cron)(job)
        await a_sweeper(database, sweeps, clock).plan_recurring()
    async with database.reading() as tx:
        rows = await tx.connection.fetch("SELECT due_at FROM due_work")
    assert [row["due_at"] for row in rows] == [datetime(2026, 11, 22, 21, 0, tzinfo=UTC)]


async def test_a_sweeper_runs_until_it_is_told_to_stop(database: Database, clock: Clock) -> None:
    stop, box, metrics = asyncio.Event(), uuid4(), Metrics("sweeps")
    await plan(database, uuid4(), NOON - timedelta(seconds=90), kind="swept-by-nobody")
    running = asyncio.create_task(Sweeper(database, that_see(), clock=clock, metrics=metrics).run(stop))
    await plan(database, box, NOON)

    async def done() -> bool:
        return await seen(database) == [box]

    async def shows_lateness() -> bool:
        return bool(metrics.due_lateness_seconds.labels("swept-by-nobody")._value.get() == 90)

    await until(done, within_s=5)
    await until(shows_lateness, within_s=5)
    stop.set()
    await asyncio.wait_for(running, timeout=2)


async def test_old_rows_are_pruned_and_the_inbox_last(database: Database) -> None:
    async with database.transaction() as tx:
        for days in (1, 8, 15):
            at = NOON - timedelta(days=days)
            await tx.connection.execute("INSERT INTO inbox VALUES ($1, $2)", uuid4(), at)
            await tx.connection.execute(
                "INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data,"
                " published_at) VALUES ('A', 't', 'k', 'a', 'i', 1, $1, '{}', $1)",
                at,
            )
        await tx.connection.execute(
            "INSERT INTO outbox (type, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data)"
            " VALUES ('A', 't', 'k', 'a', 'unsent', 1, $1, '{}')",
            NOON - timedelta(days=90),
        )
        assert await prune(tx, now=NOON) == 3
        assert await tx.connection.fetchval("SELECT count(*) FROM inbox") == 2
        left = await tx.connection.fetch("SELECT published_at FROM outbox ORDER BY id")
    assert [row["published_at"] for row in left] == [NOON - timedelta(days=1), None]
    with pytest.raises(ValueError, match="at least as long"):
        async with database.transaction() as tx:
            await prune(tx, now=NOON, inbox_kept=timedelta(days=1))


async def test_pruning_is_a_recurring_sweep(database: Database, clock: Clock) -> None:
    sweeps = Sweeps()
    prune_hourly(sweeps)
    sweeper = a_sweeper(database, sweeps, clock)
    await sweeper.plan_recurring()
    async with database.transaction() as tx:
        await tx.connection.execute("INSERT INTO inbox VALUES ($1, $2)", uuid4(), NOON - timedelta(days=15))
    clock.ahead(hours=1)
    assert await sweeper.sweep() == 1
    async with database.reading() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM inbox") == 0


def test_two_sweeps_of_one_kind_are_refused() -> None:
    sweeps = that_see()
    with pytest.raises(ValueError, match="swept twice"):
        sweeps("box.due")(sweeps.sweeps["box.due"].call)
