"""The queue of clients whose figures have changed."""

import asyncio
from datetime import timedelta

import pytest
from chassis.metrics import Metrics
from chassis.sweeper import Sweeper
from client_registry.jobs import sweeps
from client_registry.use_cases.reevaluate_clients import KIND, mark_changed


async def _mark(bank, *clients) -> None:
    async with bank.database.transaction() as tx:
        await mark_changed(tx, clients, now=bank.now)


async def _sweep(bank) -> int:
    sweeper = Sweeper(bank.database, sweeps, clock=lambda: bank.now, metrics=Metrics("client-registry"))
    return await sweeper.sweep()


async def test_each_marked_client_is_decided_once_for_a_change(bank) -> None:
    marked, twice, untouched = await bank.add_clients(3)
    for client in (marked, twice, untouched):
        await bank.rich(client)
    await _mark(bank, marked, twice)
    await _mark(bank, twice)
    assert await _sweep(bank) == 2
    assert await _sweep(bank) == 0
    rows = await bank.rows("SELECT client_id FROM qualification_decisions")
    assert sorted(row["client_id"] for row in rows) == sorted([marked, twice])
    assert {fact["client_id"] for fact in await bank.said("ClientQualified")} == {str(marked), str(twice)}
    # A mark without a change decides nothing; the next change is another one.
    for changed in (False, True):
        bank.now += timedelta(minutes=1)
        if changed:
            await bank.deliver(marked, 1, known_at=bank.now, assets=700_000)
        await _mark(bank, marked)
        await _sweep(bank)
    assert len(await bank.rows("SELECT id FROM qualification_decisions WHERE client_id = $1", marked)) == 2


async def test_a_mark_whose_change_is_undone_is_gone_with_it(bank) -> None:
    client = await bank.add_client()
    with pytest.raises(ZeroDivisionError):
        async with bank.database.transaction() as tx:
            await mark_changed(tx, [client], now=bank.now)
            raise ZeroDivisionError
    assert await bank.rows("SELECT * FROM due_work WHERE kind = $1", KIND) == []


async def test_two_workers_share_the_marks_and_decide_nobody_twice(bank) -> None:
    clients = await bank.add_clients(40)
    for client in clients:
        await bank.deliver(client, 1, assets=9_000_000)
    await _mark(bank, *clients)
    await asyncio.gather(*(_sweep(bank) for _ in range(4)))
    rows = await bank.rows("SELECT client_id FROM qualification_decisions")
    assert sorted(row["client_id"] for row in rows) == sorted(clients)
    assert len(await bank.said("ClientUpgraded")) == 40
