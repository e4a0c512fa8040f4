"""What falls due is swept by the frame's own sweeper, once, however late and however many workers there are."""

import asyncio
from datetime import timedelta

from chassis.metrics import Metrics
from chassis.sweeper import Sweeper
from complaint_service import use_cases
from complaint_service.jobs import sweeps


async def test_a_late_sweep_by_two_workers_marks_each_clock_once_and_proposes_closing_once(
    database, bank, told, now
) -> None:
    client_id = await told.client("wealth")
    async with database.transaction() as tx:
        unanswered = await bank.open(tx, client_id)
        answered = await bank.answer(tx, await bank.open(tx, client_id), now=now)
    moments = [now + timedelta(days=90)]
    workers = [Sweeper(database, sweeps, clock=lambda: moments[-1], metrics=Metrics("complaints")) for _ in range(2)]
    # A worker that met a case in the other's hands comes back a second later.
    while sum(await asyncio.gather(*(worker.sweep() for worker in workers))) or len(moments) < 5:
        moments.append(moments[-1] + timedelta(seconds=2))
    async with database.reading() as tx:
        said = [data["clock"] for type_, data in await bank.said(tx, unanswered.id) if type_ == "ComplaintEscalated"]
        assert sorted(said) == ["process-on-the-spot", "progress", "statutory"]
        marked = await tx.connection.fetchval(
            "SELECT count(*) FROM clocks WHERE case_id = $1 AND breached_at >= $2", unanswered.id, moments[0]
        )
        assert marked == 3
        items = [item["kind"] for item in await bank.items(tx, answered.id)]
        assert items.count("complaint.confirm-closing") == 1
        assert await bank.due(tx, answered.id, *(clock.id for clock in unanswered.clocks)) == {}


async def test_a_sweep_never_waits_for_a_case_that_is_being_changed(database, bank, told, now) -> None:
    client_id = await told.client("wealth")
    async with database.transaction() as tx:
        case = await bank.open(tx, client_id)
    clock = next(clock for clock in case.clocks if clock.code == "process-on-the-spot")
    late = now + timedelta(days=1)
    async with database.transaction() as holder:
        await holder.connection.execute("SELECT 1 FROM cases WHERE id = $1 FOR UPDATE", case.id)
        async with asyncio.timeout(3), database.transaction() as tx:
            await use_cases.breach_clock(tx, clock.id, now=late)
    async with database.reading() as tx:
        due = await bank.due(tx, clock.id)
    assert due == {("complaint.clock-due", clock.id): late + timedelta(seconds=1)}
